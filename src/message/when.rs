//! Instants and durations as people type them.

use jiff::civil::DateTime;
use jiff::fmt::friendly::SpanParser;
use jiff::tz::TimeZone;
use jiff::{RoundMode, Span, SpanRelativeTo, ToSpan as _, Unit, Zoned, ZonedRound};

use super::Timestamp;

/// Why a text is no instant or no duration; says what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    #[error(
        "expected RFC 3339 (2026-11-22T06:00:00Z), a date or local time (2026-11-22, \
         2026-11-22T07:00), today, yesterday, relative to now (-1h, now-6h, now-1d/d), seconds, \
         milliseconds, microseconds or nanoseconds since 1970, or infinity"
    )]
    Time,
    #[error("expected a number and a unit: ms, s, m, h, d, w, M or y, such as 30s, 1.5h or 1M")]
    Duration,
}

/// Epoch numbers below this are seconds (until the year 5138), below its thousandfold
/// milliseconds, below [`YEAR_9999_US`] microseconds, else nanoseconds.
const SECONDS_BELOW: f64 = 1e11;
/// Where RFC 3339 ends, in microseconds since 1970.
const YEAR_9999_US: i64 = 253_402_300_800_000_000;
/// What many write for "no end": jiff's own range ends a day before.
const LAST_DAY: &str = "9999-12-31";

/// Reads an instant, as [`WhenError::Time`] lists them; what has no offset of its own is meant in
/// `zone`, where days, weeks, months and years also begin. Units are ms, s, m, h, d, w, M and y;
/// `/d` goes back to where the day began. No end is [`Timestamp::NO_END`].
pub fn parse_time(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, WhenError> {
    let text = text.trim();
    if matches!(text, "infinity" | "+infinity") || text.starts_with(LAST_DAY) {
        return Ok(Timestamp::NO_END);
    }
    if text == "-infinity" {
        return Ok(Timestamp(0));
    }
    absolute(text, zone)
        .or_else(|| relative(text, now, zone))
        .ok_or(WhenError::Time)
}

fn absolute(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return epoch(text);
    }
    // A space before the offset is what is left of a plus sign in a query string.
    Timestamp::parse_rfc3339(&text.replace(' ', "+"))
        .or_else(|| Timestamp::parse_rfc3339(text))
        .or_else(|| {
            let local: DateTime = text.parse().ok()?;
            Some(instant(&local.to_zoned(zone.clone()).ok()?))
        })
}

fn epoch(text: &str) -> Option<Timestamp> {
    let number: f64 = text.parse().ok()?;
    let micros = if number < SECONDS_BELOW {
        number * 1e6
    } else if number < SECONDS_BELOW * 1e3 {
        number * 1e3
    } else if number < YEAR_9999_US as f64 {
        number
    } else {
        let nanos: i64 = text.parse().ok()?;
        return Some(Timestamp(nanos / 1000));
    };
    #[allow(clippy::cast_possible_truncation)] // below the year 9999
    Some(Timestamp(micros.round() as i64))
}

/// `now`, `today` and the like, or nothing for now; then a span; then a unit to go back to.
fn relative(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let (text, unit) = match text.split_once('/') {
        Some((text, unit)) => (text, Some(unit)),
        None => (text, None),
    };
    let now = jiff::Timestamp::from_microsecond(now.0).ok()?;
    let now = now.to_zoned(zone.clone());
    let today = || now.start_of_day().ok();
    let names = ["now", "today", "yesterday", "tomorrow"];
    let name = names.into_iter().find(|name| text.starts_with(*name));
    let from = match name {
        None | Some("now") => now.clone(),
        Some("today") => today()?,
        Some("yesterday") => today()?.yesterday().ok()?,
        Some(_) => today()?.tomorrow().ok()?,
    };
    let rest = &text[name.map_or(0, str::len)..];
    let at = match rest.as_bytes().first() {
        None if name.is_some() => from,
        Some(b'-') => from.checked_sub(span(&rest[1..])?).ok()?,
        // A space is what is left of a plus sign in a query string.
        Some(b'+' | b' ') => from.checked_add(span(&rest[1..])?).ok()?,
        _ => return None,
    };
    match unit {
        None => Some(instant(&at)),
        Some(unit) => Some(instant(&beginning(&at, unit)?)),
    }
}

/// The last beginning of a unit at or before `at`.
fn beginning(at: &Zoned, unit: &str) -> Option<Zoned> {
    let round = |unit| {
        let down = ZonedRound::new().smallest(unit).mode(RoundMode::Trunc);
        at.round(down).ok()
    };
    match unit {
        "s" => round(Unit::Second),
        "m" => round(Unit::Minute),
        "h" => round(Unit::Hour),
        "d" => at.start_of_day().ok(),
        "w" => {
            let days = i64::from(at.weekday().to_monday_zero_offset());
            at.checked_sub(days.days()).ok()?.start_of_day().ok()
        }
        "M" => at.first_of_month().ok()?.start_of_day().ok(),
        "y" => at.first_of_year().ok()?.start_of_day().ok(),
        _ => None,
    }
}

/// A span without a sign, in the notation that jiff calls friendly, in which `M` is a month.
fn span(text: &str) -> Option<Span> {
    if let Some(micros) = fraction(text.trim()) {
        return Span::new().try_microseconds(micros).ok();
    }
    let text = text.replace('M', "mo");
    let span = SpanParser::new().parse_span(text.trim()).ok()?;
    span.is_positive().then_some(span)
}

/// A number with a fraction, and one unit, in microseconds.
fn fraction(text: &str) -> Option<i64> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(at);
    let (whole, part) = number.split_once('.')?;
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unit = match unit {
        "ms" => 1e3,
        "s" => 1e6,
        "m" => 60e6,
        "h" => 3600e6,
        "d" => 86_400e6,
        "w" => 7.0 * 86_400e6,
        _ => return None,
    };
    let micros = number.parse::<f64>().ok()? * unit;
    #[allow(clippy::cast_possible_truncation)] // the range is checked
    (is_digits(whole) && is_digits(part) && (1.0..9e18).contains(&micros))
        .then(|| micros.round() as i64)
}

fn instant(at: &Zoned) -> Timestamp {
    Timestamp(at.timestamp().as_microsecond())
}

/// Reads a duration such as `500ms`, `30s`, `1m`, `1.5h`, `1d`, `2w`, or several together (`1h30m`),
/// in microseconds; at least one. Days have 24 hours; months and years have no one length.
pub fn parse_duration(text: &str) -> Result<i64, WhenError> {
    if text.contains(['.', ',']) {
        return fraction(text.trim()).ok_or(WhenError::Duration);
    }
    let micros = || {
        let span = SpanParser::new().parse_span(text.trim()).ok()?;
        let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        i64::try_from(duration.as_micros()).ok()
    };
    micros()
        .filter(|micros| *micros > 0)
        .ok_or(WhenError::Duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_763_848_053_293_142);

    #[test]
    fn instants_are_read_as_people_type_them() {
        for (text, micros) in [
            ("2026-11-22T06:00:00Z", 1_795_327_200_000_000),
            ("2026-11-22T07:00:00.5+01:00", 1_795_327_200_500_000),
            ("2026-11-22T07:00:00.5 01:00", 1_795_327_200_500_000),
            ("1795327200", 1_795_327_200_000_000),
            ("1795327200.25", 1_795_327_200_250_000),
            ("1795327200123", 1_795_327_200_123_000),
            ("1795327200123456", 1_795_327_200_123_456),
            ("1795327200123456789", 1_795_327_200_123_456),
            ("0", 0),
            ("now", NOW.0),
            ("now-6h", NOW.0 - 6 * 3_600_000_000),
            ("-1h", NOW.0 - 3_600_000_000),
            ("-1h30m", NOW.0 - 5_400_000_000),
            ("-1.5h", NOW.0 - 5_400_000_000),
            ("now-0.5d", NOW.0 - 43_200_000_000),
            ("now+5m", NOW.0 + 300_000_000),
            ("now 5m", NOW.0 + 300_000_000),
            ("-1w", NOW.0 - 7 * 86_400_000_000),
            ("infinity", i64::MAX),
            ("9999-12-31T23:59:59Z", i64::MAX),
            ("-infinity", 0),
        ] {
            let at = parse_time(text, NOW, &TimeZone::UTC);
            assert_eq!(at, Ok(Timestamp(micros)), "{text}");
        }
    }

    #[test]
    fn dates_days_and_months_are_those_of_the_time_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        // 2025-11-22T21:47:33.293142Z, a Saturday.
        for (text, utc, there) in [
            ("2025-11-22", "2025-11-22T00:00:00Z", "2025-11-21T23:00:00Z"),
            (
                "2025-07-01T08:30",
                "2025-07-01T08:30:00Z",
                "2025-07-01T06:30:00Z",
            ),
            (
                "2025-07-01 08:30:05",
                "2025-07-01T08:30:05Z",
                "2025-07-01T06:30:05Z",
            ),
            ("today", "2025-11-22T00:00:00Z", "2025-11-21T23:00:00Z"),
            ("yesterday", "2025-11-21T00:00:00Z", "2025-11-20T23:00:00Z"),
            ("tomorrow", "2025-11-23T00:00:00Z", "2025-11-22T23:00:00Z"),
            ("today+8h", "2025-11-22T08:00:00Z", "2025-11-22T07:00:00Z"),
            ("now-1d/d", "2025-11-21T00:00:00Z", "2025-11-20T23:00:00Z"),
            ("now/h", "2025-11-22T21:00:00Z", "2025-11-22T21:00:00Z"),
            ("now/w", "2025-11-17T00:00:00Z", "2025-11-16T23:00:00Z"),
            ("now/M", "2025-11-01T00:00:00Z", "2025-10-31T23:00:00Z"),
            ("now/y", "2025-01-01T00:00:00Z", "2024-12-31T23:00:00Z"),
            // Across the end of summer time.
            (
                "-1M",
                "2025-10-22T21:47:33.293142Z",
                "2025-10-22T20:47:33.293142Z",
            ),
            (
                "-1y",
                "2024-11-22T21:47:33.293142Z",
                "2024-11-22T21:47:33.293142Z",
            ),
        ] {
            for (zone, expected) in [(&TimeZone::UTC, utc), (&berlin, there)] {
                let at = parse_time(text, NOW, zone).map(|at| at.to_string());
                assert_eq!(at.as_deref(), Ok(expected), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "someday",
            "now-",
            "-",
            "1h",
            "-1x",
            "--1h",
            "now/",
            "now/x",
            "2026-11-22/d",
            "2026-13-01T00:00:00Z",
            "2026-02-30",
            "1e5",
            ".",
            "-99999y",
        ] {
            let at = parse_time(text, NOW, &TimeZone::UTC);
            assert_eq!(at, Err(WhenError::Time), "{text}");
        }
        assert!(parse_time("99999999999999999999", NOW, &TimeZone::UTC).is_err());
    }

    #[test]
    fn durations_are_read_as_people_type_them() {
        for (text, micros) in [
            ("500ms", 500_000),
            ("30s", 30_000_000),
            ("1m", 60_000_000),
            ("1h30m", 5_400_000_000),
            ("1d", 86_400_000_000),
            ("2w", 1_209_600_000_000),
            ("1.5h", 5_400_000_000),
            ("0.5d", 43_200_000_000),
            ("0.001ms", 1),
        ] {
            assert_eq!(parse_duration(text), Ok(micros), "{text}");
        }
        for text in [
            "",
            "1",
            "m",
            "0s",
            "1y",
            "-1m",
            "1,5h",
            "1.h",
            ".5h",
            "1.5y",
            "1e3.5s",
            "0.0001ms",
            "9223372036854775807w",
            "9223372036854775807.5w",
            "1é",
        ] {
            assert_eq!(parse_duration(text), Err(WhenError::Duration), "{text}");
        }
    }
}
