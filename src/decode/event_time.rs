//! When a payload says that its values were true.

use std::ops::Range;

use super::number::exact;
use super::sample::Value;
use crate::message::Timestamp;

/// The first and last plausible event times in seconds, 1980-01-01 and 2200-01-01: a device whose
/// clock was never set must not put its values where nobody looks. A number is plausible in one
/// unit only, which therefore need not be said.
const PLAUSIBLE_S: Range<f64> = 315_532_800.0..7_258_118_400.0;

/// The first and last times of a number that is one by its name alone, 2010-01-01 and 2100-01-01: a
/// counter is rarely in between, in whichever unit.
const LIKELY_S: Range<f64> = 1_262_304_000.0..4_102_444_800.0;

/// The longest text that is a time, in bytes: with nanoseconds, an offset and the name of a zone.
const TEXT_BYTES_MAX: usize = 80;

/// The day of the last instant that many systems have, and write where there is none. It is beyond
/// what is read here as an instant.
const LAST_DAY: &str = "9999-12-31";

/// How many there are in a second.
const UNITS: [(f64, TimeForm); 4] = [
    (1e3, TimeForm::Millis),
    (1.0, TimeForm::Other("in seconds")),
    (1e6, TimeForm::Other("in microseconds")),
    (1e9, TimeForm::Other("in nanoseconds")),
];

/// How an event time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeForm {
    /// As it should be.
    Millis,
    Other(&'static str),
}

/// What a member says that is called as if it were a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FoundTime {
    At(Timestamp),
    /// Surely a time, and none that can be meant.
    Absurd,
    /// No time, or one of a place that nobody knows: a text without a zone is not guessed.
    Nothing,
}

/// What the value of a member says that is called as if it were a time.
pub(super) fn told(value: &Value) -> FoundTime {
    let likely = |number: f64| {
        let at = from_number(number).map(|(at, _)| at);
        let at = at.filter(|at| LIKELY_S.contains(&(at.0 as f64 / 1e6)));
        at.map_or(FoundTime::Nothing, FoundTime::At)
    };
    match value {
        Value::Number(number) | Value::Long(number, _) => likely(*number),
        Value::Bool(_) => FoundTime::Nothing,
        Value::Text(text) => {
            let text = text.trim();
            let begins = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
            if !begins || text.len() > TEXT_BYTES_MAX {
                return FoundTime::Nothing;
            }
            match (exact(text), Timestamp::parse_rfc3339(text)) {
                (Some(Value::Number(number) | Value::Long(number, _)), _) => likely(number),
                (_, Some(at)) if is_plausible(at) => FoundTime::At(at),
                (_, Some(_)) => FoundTime::Absurd,
                (_, None) if text.starts_with(LAST_DAY) => FoundTime::Absurd,
                (_, None) => FoundTime::Nothing,
            }
        }
    }
}

/// The instant that `value` names, if it is plausible.
pub(super) fn from_value(value: &Value) -> Option<(Timestamp, TimeForm)> {
    match value {
        Value::Number(number) | Value::Long(number, _) => from_number(*number),
        Value::Text(text) => from_text(text.trim()),
        Value::Bool(_) => None,
    }
}

/// The instant of a number of milliseconds, if it is plausible as one.
pub(super) fn from_millis(millis: u64) -> Option<Timestamp> {
    let at = Timestamp::from_millis(i64::try_from(millis).ok()?);
    is_plausible(at).then_some(at)
}

/// Fractions of a unit count.
fn from_number(number: f64) -> Option<(Timestamp, TimeForm)> {
    let (in_a_second, form) = UNITS
        .into_iter()
        .find(|(in_a_second, _)| PLAUSIBLE_S.contains(&(number / in_a_second)))?;
    // One rounding, not two: each of these factors is a whole number.
    let micros = if in_a_second <= 1e6 {
        number * (1e6 / in_a_second)
    } else {
        number / (in_a_second / 1e6)
    };
    #[allow(clippy::cast_possible_truncation)] // the range is checked
    Some((Timestamp(micros.round() as i64), form))
}

/// The instant that a whole number names, in whichever unit it is plausible, without a rounding
/// but that down to microseconds.
pub(super) fn from_integer(number: i64) -> Option<Timestamp> {
    let in_a_second = [1_000_000_000, 1_000_000, 1000, 1];
    let is_meant = |unit: &i64| PLAUSIBLE_S.contains(&(number as f64 / *unit as f64));
    let in_a_second = in_a_second.into_iter().find(is_meant)?;
    let micros = i128::from(number) * 1_000_000 / i128::from(in_a_second);
    i64::try_from(micros).ok().map(Timestamp)
}

fn from_text(text: &str) -> Option<(Timestamp, TimeForm)> {
    let at = match exact(text) {
        Some(Value::Number(number) | Value::Long(number, _)) => from_number(number)?.0,
        _ => Timestamp::parse_rfc3339(text).filter(|at| is_plausible(*at))?,
    };
    Some((at, TimeForm::Other("a text")))
}

fn is_plausible(at: Timestamp) -> bool {
    PLAUSIBLE_S.contains(&(at.0 as f64 / 1e6))
}
