//! Values without quotes: numbers, literals, and words that firmware forgot to quote.

use crate::decode::number;
use crate::decode::sample::Value;

/// A value without quotes that is not a word.
pub(super) enum Literal {
    Null,
    NoNumber,
    Value(Value),
}

/// What `text` is, if it is a number or a literal, and whether of JSON.
pub(super) fn literal(text: &str) -> Option<(Literal, bool)> {
    let bool = |value| Literal::Value(Value::Bool(value));
    Some(match text {
        "true" => (bool(true), true),
        "false" => (bool(false), true),
        "null" => (Literal::Null, true),
        "True" | "TRUE" => (bool(true), false),
        "False" | "FALSE" => (bool(false), false),
        "None" | "Null" | "NULL" | "nil" | "undefined" => (Literal::Null, false),
        _ if number::is_none(text) => (Literal::NoNumber, false),
        _ => match number::exact(text) {
            Some(value) => (Literal::Value(value), true),
            None => (Literal::Value(Value::Number(number::loose(text)?)), false),
        },
    })
}

/// Whether a text without quotes can be meant as one.
pub(super) fn is_word(token: &str) -> bool {
    let begins = |c: char| c.is_alphanumeric() || "_-+.$%°µ".contains(c);
    let breaks = |c: char| c.is_control() || "()<>=\\".contains(c);
    token.starts_with(begins) && !token.contains(breaks)
}

/// Where a comment begins in a value without quotes; an address has two slashes behind a colon.
pub(super) fn comment(token: &str) -> Option<usize> {
    let line = token.match_indices("//").map(|(at, _)| at);
    let line = line.into_iter().find(|at| !token[..*at].ends_with(':'));
    [line, token.find("/*")].into_iter().flatten().min()
}

/// How long the number at the beginning of `text` is if its first `length` bytes are whole and
/// a fraction comes behind a comma, as in `{"temp":21,5}`: no member begins with a digit.
pub(super) fn with_decimal_comma(text: &str, length: usize) -> Option<usize> {
    let (whole, rest) = text.split_at(length);
    let whole = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let fraction = rest.strip_prefix(',')?;
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let is_whole = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    let behind = fraction[digits..].trim_ascii_start();
    (is_whole && digits > 0 && behind.starts_with([',', '}'])).then_some(length + 1 + digits)
}
