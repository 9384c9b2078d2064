//! Instants and durations as people type them.

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;

use super::Timestamp;

/// Why a text is no instant or no duration; says what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    #[error(
        "expected RFC 3339 (2026-11-22T06:00:00Z), seconds, milliseconds or microseconds since \
         1970, or relative to now (-1h, now-6h, now)"
    )]
    Time,
    #[error("expected a number and a unit: ms, s, m, h, d or w, such as 30s or 1m")]
    Duration,
}

/// Epoch numbers below this are seconds (until the year 5138), below its thousandfold
/// milliseconds, else microseconds.
const SECONDS_BELOW: f64 = 1e11;

/// Reads an instant: RFC 3339; seconds, milliseconds or microseconds since 1970, told apart by
/// their magnitude; `now`, `now-6h`, `now+5m`, or `-1h`.
pub fn parse_time(text: &str, now: Timestamp) -> Result<Timestamp, WhenError> {
    let text = text.trim();
    let relative = text.strip_prefix("now").unwrap_or(text);
    if relative.is_empty() && !text.is_empty() {
        return Ok(now);
    }
    for (sign, factor) in [('-', -1), ('+', 1)] {
        if let Some(span) = relative.strip_prefix(sign)
            && let Ok(micros) = parse_duration(span)
        {
            return Ok(Timestamp(now.0.saturating_add(factor * micros)));
        }
    }
    if let Some(at) = epoch(text) {
        return Ok(at);
    }
    // A space before the offset is what is left of a plus sign in a query string.
    Timestamp::parse_rfc3339(&text.replace(' ', "+"))
        .or_else(|| Timestamp::parse_rfc3339(text))
        .ok_or(WhenError::Time)
}

fn epoch(text: &str) -> Option<Timestamp> {
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    let micros = if number < SECONDS_BELOW {
        number * 1e6
    } else if number < SECONDS_BELOW * 1e3 {
        number * 1e3
    } else {
        number
    };
    // The year 9999, where RFC 3339 ends.
    #[allow(clippy::cast_possible_truncation)] // checked here
    (micros < 253_402_300_800e6).then_some(Timestamp(micros.round() as i64))
}

/// Reads a duration such as `500ms`, `30s`, `1m`, `6h`, `1d`, `2w`, or several together (`1h30m`),
/// in microseconds; at least one. Days have 24 hours; months and years have no one length.
pub fn parse_duration(text: &str) -> Result<i64, WhenError> {
    if text.contains(['.', ',']) {
        return Err(WhenError::Duration);
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
            ("0", 0),
            ("now", NOW.0),
            ("now-6h", NOW.0 - 6 * 3_600_000_000),
            ("-1h", NOW.0 - 3_600_000_000),
            ("-1h30m", NOW.0 - 5_400_000_000),
            ("now+5m", NOW.0 + 300_000_000),
        ] {
            assert_eq!(parse_time(text, NOW), Ok(Timestamp(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "yesterday",
            "now-",
            "-",
            "1h",
            "-1y",
            "2026-13-01T00:00:00Z",
            "1e5",
            ".",
        ] {
            assert_eq!(parse_time(text, NOW), Err(WhenError::Time), "{text}");
        }
        assert!(parse_time("99999999999999999999", NOW).is_err());
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
            "1.5h",
            "9223372036854775807w",
            "1é",
        ] {
            assert_eq!(parse_duration(text), Err(WhenError::Duration), "{text}");
        }
    }
}
