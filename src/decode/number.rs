//! Numbers as they are written.

use super::bounds::TEXT_BYTES_MAX;
use super::sample::{EXACT_MAX, Value};

/// The value of a text that is exactly a JSON number (RFC 8259 section 6); `None` where it is not,
/// or is longer than any text that is kept.
/// What a double can't hold keeps its digits: beside the nearest double, or as a text where the
/// number is beyond the range of a double, or too small for it.
pub(super) fn exact(text: &str) -> Option<Value> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let shape = Shape::of(text)?;
    if shape.form != NumberForm::Exact {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    let vanished = number == 0.0 && shape.has_digits_but_zero;
    if !number.is_finite() || vanished {
        return Some(Value::Text(text.to_owned()));
    }
    let is_held = if shape.is_integer {
        let whole = || text.parse::<i64>();
        number.abs() < EXACT_MAX as f64
            || whole().is_ok_and(|number| number.unsigned_abs() <= EXACT_MAX)
    } else {
        text.len() <= DIGITS_ALWAYS_HELD || has_digits(number, text)
    };
    Some(if is_held {
        Value::Number(number)
    } else {
        Value::Long(number, text.to_owned())
    })
}

/// So many significant digits come back from a double as they were.
pub(super) const DIGITS_ALWAYS_HELD: usize = 15;

/// Whether a double, rounded to as many digits as the decimal `text` has, is what that says; zeros
/// at its end say nothing.
#[cold]
fn has_digits(number: f64, text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit);
    let mut digits: Vec<u8> = digits.skip_while(|digit| *digit == b'0').collect();
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    if digits.len() <= DIGITS_ALWAYS_HELD {
        return true;
    }
    let written = format!("{:.*e}", digits.len() - 1, number.abs());
    let written = written.split('e').next().unwrap_or_default().bytes();
    written.filter(u8::is_ascii_digit).eq(digits)
}

/// The number that a text means which is not quite one of JSON: `+5`, `131.`, `.5`. With a zero in
/// front it is rather a code than a number.
pub(super) fn loose(text: &str) -> Option<f64> {
    let shape = Shape::of(text)?;
    let number: f64 = text.parse().ok()?;
    let held = number.is_finite() && (number != 0.0 || !shape.has_digits_but_zero);
    (held && shape.form != NumberForm::Code).then_some(number)
}

/// Whether a text says that there is no number: `NaN`, an infinity, or how the C library of
/// Windows writes them.
pub(super) fn is_none(text: &str) -> bool {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    let named = ["nan", "inf", "infinity", "nan(ind)", "nan(snan)"];
    let windows = ["1.#QNAN", "1.#SNAN", "1.#IND", "1.#INF"];
    named.iter().any(|name| bare.eq_ignore_ascii_case(name))
        || windows.iter().any(|name| {
            bare.strip_prefix(name)
                .is_some_and(|rest| rest.bytes().all(|byte| byte == b'0'))
        })
}

/// What a run of digits, signs, points and exponents consists of.
struct Shape {
    form: NumberForm,
    is_integer: bool,
    has_digits_but_zero: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum NumberForm {
    /// As JSON has it.
    Exact,
    /// A plus in front, or no digit before or behind the point.
    Loose,
    /// A zero in front, as barcodes have it.
    Code,
}

impl Shape {
    fn of(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let plus = bytes.first() == Some(&b'+');
        let mut at = usize::from(plus || bytes.first() == Some(&b'-'));
        let digits = |from: usize| {
            let run = bytes[from..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit());
            from + run.count()
        };
        let whole = at..digits(at);
        at = whole.end;
        let mut fraction = at..at;
        let has_point = bytes.get(at) == Some(&b'.');
        if has_point {
            fraction = at + 1..digits(at + 1);
            at = fraction.end;
        }
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let has_exponent = matches!(bytes.get(at), Some(b'e' | b'E'));
        if has_exponent {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            let end = digits(at);
            if end == at {
                return None;
            }
            at = end;
        }
        let lacks_digit = whole.is_empty() || has_point && fraction.is_empty();
        let form = if whole.len() > 1 && bytes[whole.start] == b'0' {
            NumberForm::Code
        } else if plus || lacks_digit {
            NumberForm::Loose
        } else {
            NumberForm::Exact
        };
        let zero = |digits: &[u8]| digits.iter().all(|digit| *digit == b'0');
        (at == bytes.len()).then_some(Self {
            form,
            is_integer: !has_point && !has_exponent,
            has_digits_but_zero: !zero(&bytes[whole]) || !zero(&bytes[fraction]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exactly_a_number_is_one_and_no_digit_is_lost() {
        let integer = |number, digits: &str| Some(Value::Long(number, digits.into()));
        let text = |text: &str| Some(Value::Text(text.into()));
        let long = "9".repeat(310);
        for (given, value) in [
            ("0", Some(Value::Number(0.0))),
            ("-0", Some(Value::Number(-0.0))),
            ("-12.50e-1", Some(Value::Number(-1.25))),
            ("1e5", Some(Value::Number(1e5))),
            // What programs write of doubles is held, however long.
            ("0.30000000000000004", Some(Value::Number(0.1 + 0.2))),
            (
                "21.299999237060546875",
                Some(Value::Number(f64::from(21.3_f32))),
            ),
            ("0.10000000000000000", Some(Value::Number(0.1))),
            ("1.7976931348623157e308", Some(Value::Number(f64::MAX))),
            ("5e-324", Some(Value::Number(5e-324))),
            // Other decimals have more digits than a double.
            (
                "123456789.123456789",
                integer(123_456_789.123_456_79, "123456789.123456789"),
            ),
            (
                "-0.12345678901234567890123",
                integer(-0.123_456_789_012_345_68, "-0.12345678901234567890123"),
            ),
            (
                "1.2345678901234567890e-5",
                integer(1.234_567_890_123_456_8e-5, "1.2345678901234567890e-5"),
            ),
            ("0.000", Some(Value::Number(0.0))),
            ("0e99", Some(Value::Number(0.0))),
            (
                "9007199254740992",
                Some(Value::Number(9_007_199_254_740_992.0)),
            ),
            (
                "9007199254740993",
                integer(9_007_199_254_740_992.0, "9007199254740993"),
            ),
            (
                "-9007199254740993",
                integer(-9_007_199_254_740_992.0, "-9007199254740993"),
            ),
            (
                "18446744073709551616",
                integer(18_446_744_073_709_551_616.0, "18446744073709551616"),
            ),
            ("1e20", Some(Value::Number(1e20))),
            (&long, text(&long)),
            ("12E34567", text("12E34567")),
            ("-1e400", text("-1e400")),
            ("1e-400", text("1e-400")),
            ("12E-34567", text("12E-34567")),
            ("", None),
            ("-", None),
            ("+5", None),
            (".5", None),
            ("5.", None),
            ("007", None),
            ("00", None),
            ("-01", None),
            ("1e", None),
            ("1e+", None),
            ("1.2.3", None),
            ("1_000", None),
            ("0x1F", None),
            ("21,5", None),
            (" 5", None),
            ("\u{661}\u{662}", None),
            ("NaN", None),
            ("inf", None),
        ] {
            assert_eq!(exact(given), value, "{given}");
        }
    }

    #[test]
    fn what_means_a_number_is_told_from_a_code() {
        for (given, number) in [
            ("+5", Some(5.0)),
            ("131.", Some(131.0)),
            (".5", Some(0.5)),
            ("-.5e1", Some(-5.0)),
            ("+0", Some(0.0)),
            ("007", None),
            ("+49301234567", Some(49_301_234_567.0)),
            ("+1e400", None),
            (".", None),
            ("+", None),
            ("1.2.3", None),
            ("inf", None),
        ] {
            assert_eq!(loose(given), number, "{given}");
        }
    }

    #[test]
    fn no_number_has_many_names() {
        for none in [
            "NaN",
            "nan",
            "-nan",
            "Infinity",
            "-inf",
            "+INF",
            "1.#QNAN",
            "-1.#IND00",
        ] {
            assert!(is_none(none), "{none}");
        }
        for other in ["", "-", "nano", "info", "1.#", "1.#INFO", "none", "NaNo"] {
            assert!(!is_none(other), "{other}");
        }
    }
}
