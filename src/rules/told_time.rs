//! When a member says that the values of a message were true, as a rule says how to read it.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use super::bounds::TEXT_BYTES_MAX;
use super::error::RuleError;
use crate::decode::{Value, instant_of};
use crate::message::Timestamp;

/// An instant to try a format with.
const SAMPLE: &str = "2026-11-24T14:03:00Z";

/// Whether the zone is known, and the format can be read.
pub(super) fn check(zone: Option<&str>, format: Option<&str>) -> Result<(), RuleError> {
    zone_of(zone).ok_or(RuleError::TimeZone)?;
    let Some(format) = format else {
        return Ok(());
    };
    if format.len() > TEXT_BYTES_MAX {
        return Err(RuleError::LongText("time_format"));
    }
    let wrong = |why: String| RuleError::TimeFormat(why);
    let at: jiff::Timestamp = SAMPLE.parse().map_err(|_| RuleError::TimeZone)?;
    let written = jiff::fmt::strtime::format(format, &at.to_zoned(TimeZone::UTC))
        .map_err(|error| wrong(error.to_string()))?;
    parse(format, &written, &TimeZone::UTC)
        .map(drop)
        .ok_or_else(|| wrong("a date is needed in it".into()))
}

/// The instant that `value` names, if it is one.
pub(super) fn read(value: &Value, zone: Option<&str>, format: Option<&str>) -> Option<Timestamp> {
    let (Value::Text(text), zone) = (value, zone_of(zone)?) else {
        return instant_of(value);
    };
    let text = text.trim();
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    if let Some(at) = format.and_then(|format| parse(format, text, &zone)) {
        return Some(at);
    }
    instant_of(value).or_else(|| local(text.parse().ok()?, &zone))
}

fn parse(format: &str, text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let parts = BrokenDownTime::parse(format, text).ok()?;
    match parts.to_timestamp() {
        Ok(at) => instant(at),
        // Neither an offset nor seconds since 1970 are in it.
        Err(_) => local(parts.to_datetime().ok()?, zone),
    }
}

/// Of a time that there is twice, when clocks are set back, the first.
fn local(at: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    instant(zone.to_timestamp(at).ok()?)
}

fn instant(at: jiff::Timestamp) -> Option<Timestamp> {
    // It must be plausible as every other.
    instant_of(&Value::Text(Timestamp(at.as_microsecond()).to_string()))
}

fn zone_of(name: Option<&str>) -> Option<TimeZone> {
    name.map_or(Some(TimeZone::UTC), |name| TimeZone::get(name).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_the_rule_says() {
        let (berlin, german) = (Some("Europe/Berlin"), Some("%d.%m.%Y %H:%M:%S"));
        for (text, zone, format, expected) in [
            ("2026-11-24T14:03:00Z", None, None, "2026-11-24T14:03:00Z"),
            ("2026-11-24T14:03:00", None, None, "2026-11-24T14:03:00Z"),
            (
                "2026-11-24 14:03:00.5",
                berlin,
                None,
                "2026-11-24T13:03:00.5Z",
            ),
            ("2026-07-24 14:03:00", berlin, None, "2026-07-24T12:03:00Z"),
            // Twice, and never.
            ("2026-10-25T02:30:00", berlin, None, "2026-10-25T00:30:00Z"),
            ("2026-03-29T02:30:00", berlin, None, "2026-03-29T01:30:00Z"),
            (
                "24.11.2026 14:03:00",
                berlin,
                german,
                "2026-11-24T13:03:00Z",
            ),
            (
                "24.11.2026 14:03 +0200",
                berlin,
                Some("%d.%m.%Y %H:%M %z"),
                "2026-11-24T12:03:00Z",
            ),
            (
                "2026-11-24T14:03:00Z",
                berlin,
                german,
                "2026-11-24T14:03:00Z",
            ),
            ("1763993000", berlin, None, "2025-11-24T14:03:20Z"),
            (
                "24.11.2026",
                berlin,
                Some("%d.%m.%Y"),
                "2026-11-23T23:00:00Z",
            ),
            ("soon", berlin, german, ""),
            ("0001-01-01T00:00:00", None, None, ""),
        ] {
            let at = read(&Value::Text(text.into()), zone, format);
            let at = at.map_or(String::new(), |at| at.to_string());
            assert_eq!(at, expected, "{text}");
        }
        assert_eq!(
            read(&Value::Number(1_763_993_000.0), berlin, german),
            Timestamp::parse_rfc3339("2025-11-24T14:03:20Z")
        );
    }

    #[test]
    fn a_format_must_name_a_day() {
        for format in ["%m.%Y", "%H:%M", "%", "%Q?", "at"] {
            assert!(check(None, Some(format)).is_err(), "{format}");
        }
        assert_eq!(check(Some("Mars/Base"), None), Err(RuleError::TimeZone));
        for format in ["%d.%m.%Y %H:%M:%S", "%Y%m%dT%H%M%S%.f", "%s", "%F %T %z"] {
            assert_eq!(
                check(Some("Europe/Berlin"), Some(format)),
                Ok(()),
                "{format}"
            );
        }
    }
}
