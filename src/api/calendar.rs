//! Buckets by the calendar of a time zone: days, weeks from Monday, months, years.
//!
//! The store knows buckets of one width, aligned to absolute time. Those of a calendar are put
//! together from hours, or from quarters of one where the zone's offset has them.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Unit, Zoned};

use crate::message::Timestamp;
use crate::store::Bucket;

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// A width of so many units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CalendarWidth {
    count: i64,
    unit: Unit,
}

impl CalendarWidth {
    /// Reads `1d`, `2w`, `3mo` or `1M`, `1y`; seven days are a week.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (count, unit) = text.split_at(digits);
        let unit = match unit {
            "d" => Unit::Day,
            "w" => Unit::Week,
            "mo" | "M" => Unit::Month,
            "y" => Unit::Year,
            _ => return None,
        };
        let count = count
            .parse()
            .ok()
            .filter(|count| (1..=1000).contains(count))?;
        Some(match (count, unit) {
            (days, Unit::Day) if days % 7 == 0 => Self {
                count: days / 7,
                unit: Unit::Week,
            },
            (count, unit) => Self { count, unit },
        })
    }

    /// The width that is nearest to what people think in, where a plot wants at least so much.
    pub(super) fn of(micros: i64) -> Option<Self> {
        let (count, unit) = match micros / DAY_US {
            days if micros % DAY_US != 0 || days < 1 => return None,
            days @ 1..7 => (days, Unit::Day),
            days @ 7..30 => (days / 7, Unit::Week),
            days => (days / 30, Unit::Month),
        };
        Some(Self { count, unit })
    }

    /// About how long it is.
    pub(super) fn micros(self) -> i64 {
        let days = match self.unit {
            Unit::Week => 7,
            Unit::Month => 30,
            Unit::Year => 365,
            _ => 1,
        };
        self.count * days * DAY_US
    }

    /// Where the bucket begins that `at` is in.
    fn start(self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        self.start_zoned(at, zone)
            .map_or(at, |start| Timestamp(start.timestamp().as_microsecond()))
    }

    fn start_zoned(self, at: Timestamp, zone: &TimeZone) -> Option<Zoned> {
        let at = jiff::Timestamp::from_microsecond(at.0).ok()?;
        let day = at.to_zoned(zone.clone()).date();
        let month = |months: i64| -> Option<Date> {
            let year = i16::try_from(months.div_euclid(12)).ok()?;
            Date::new(year, i8::try_from(months.rem_euclid(12)).ok()? + 1, 1).ok()
        };
        let floor = |n: i64| n.div_euclid(self.count) * self.count;
        let first = match self.unit {
            Unit::Year => month(floor(i64::from(day.year())) * 12)?,
            Unit::Month => month(floor(
                i64::from(day.year()) * 12 + i64::from(day.month()) - 1,
            ))?,
            unit => {
                let (days, base) = match unit {
                    // A Monday.
                    Unit::Week => (7 * self.count, date(1969, 12, 29)),
                    _ => (self.count, date(1970, 1, 1)),
                };
                let since = i64::from(day.since(base).ok()?.get_days());
                base.checked_add((since.div_euclid(days) * days).days())
                    .ok()?
            }
        };
        first.to_zoned(zone.clone()).ok()
    }

    /// Puts the store's buckets of `part_us` microseconds, in their order, together. What was last held
    /// on through parts without samples, up to `until`.
    pub(super) fn together(
        self,
        parts: Vec<Bucket>,
        part_us: i64,
        until: Timestamp,
        zone: &TimeZone,
    ) -> Vec<Bucket> {
        let mut whole: Vec<Bucket> = Vec::new();
        let mut held = Held::default();
        for part in parts {
            let start = self.start(part.start, zone);
            if whole.last().is_none_or(|last| last.start != start) {
                if let Some(last) = whole.last_mut() {
                    held.hold_on(last, self.end(last.start, zone));
                    held.from = start;
                }
                whole.push(Bucket::empty(start));
            }
            if let Some(last) = whole.last_mut() {
                held.hold_on(last, part.start);
                held.is_now(&part, Timestamp(part.start.0 + part_us));
                add(last, part);
            }
        }
        if let Some(last) = whole.last_mut() {
            held.hold_on(last, self.end(last.start, zone).min(until));
        }
        whole
    }

    /// Where the bucket ends that begins then: the next one has begun when half of it is over.
    fn end(self, start: Timestamp, zone: &TimeZone) -> Timestamp {
        self.start(
            Timestamp(start.0.saturating_add(self.micros() / 2 * 3)),
            zone,
        )
    }
}

/// The last number and text, and up to when it is counted that they held.
#[derive(Default)]
struct Held {
    from: Timestamp,
    number: Option<f64>,
    state: Option<String>,
}

impl Held {
    /// Counts that they held in a bucket until then.
    fn hold_on(&mut self, bucket: &mut Bucket, until: Timestamp) {
        let more = until.0.saturating_sub(self.from.0);
        if more > 0 {
            let last = (self.number, self.state.as_deref());
            bucket.hold(last, more as f64 / 1e6);
            self.from = until;
        }
    }

    fn is_now(&mut self, part: &Bucket, end: Timestamp) {
        self.from = end;
        self.number = (part.count > 0).then_some(part.last).or(self.number);
        if part.last_state.is_some() {
            self.state.clone_from(&part.last_state);
        }
    }
}

/// Adds a part to the bucket that it is of.
fn add(whole: &mut Bucket, part: Bucket) {
    if part.count > 0 {
        if whole.count == 0 {
            (whole.min, whole.max, whole.first) = (part.min, part.max, part.first);
        }
        whole.min = whole.min.min(part.min);
        whole.max = whole.max.max(part.max);
        whole.last = part.last;
    }
    whole.count += part.count;
    whole.sum += part.sum;
    whole.integral += part.integral;
    whole.seconds += part.seconds;
    for (state, seconds) in part.states {
        whole.hold((None, Some(&state)), seconds);
    }
    whole.last_state = part.last_state.or(whole.last_state.take());
}

/// The width of the store's buckets that fit into the days of `zone`, or so wide that there are
/// no more than so many of them in the range.
pub(super) fn part_of_days(
    (from, to): (Timestamp, Timestamp),
    zone: &TimeZone,
    parts_max: usize,
) -> i64 {
    let quarter = 15 * MINUTE_US;
    let width = match zone.to_fixed_offset() {
        Ok(offset) if offset.seconds() == 0 => DAY_US,
        _ if has_quarters(from, zone) || has_quarters(to, zone) => quarter,
        _ => HOUR_US,
    };
    let parts_max = i64::try_from(parts_max).unwrap_or(i64::MAX).max(1);
    let least = to.0.saturating_sub(from.0) / parts_max;
    [width, HOUR_US, DAY_US]
        .into_iter()
        .find(|part| *part >= width && *part >= least)
        .unwrap_or(DAY_US)
}

fn has_quarters(at: Timestamp, zone: &TimeZone) -> bool {
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    i64::from(zone.to_offset(at).seconds()) * 1_000_000 % HOUR_US != 0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn buckets_begin_where_people_begin_them() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let kathmandu = TimeZone::get("Asia/Kathmandu").unwrap();
        for (width, zone, at, start) in [
            (
                "1d",
                &TimeZone::UTC,
                "2026-03-29T12:00:00Z",
                "2026-03-29T00:00:00Z",
            ),
            (
                "1d",
                &berlin,
                "2026-03-29T12:00:00Z",
                "2026-03-28T23:00:00Z",
            ),
            // The day after summer time has begun.
            (
                "1d",
                &berlin,
                "2026-03-30T12:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
            (
                "1d",
                &kathmandu,
                "2026-03-29T18:14:00Z",
                "2026-03-28T18:15:00Z",
            ),
            // A Sunday.
            (
                "1w",
                &TimeZone::UTC,
                "2026-11-22T12:00:00Z",
                "2026-11-16T00:00:00Z",
            ),
            (
                "7d",
                &TimeZone::UTC,
                "2026-11-22T12:00:00Z",
                "2026-11-16T00:00:00Z",
            ),
            (
                "1w",
                &berlin,
                "2026-11-22T23:30:00Z",
                "2026-11-22T23:00:00Z",
            ),
            (
                "1M",
                &berlin,
                "2026-07-31T23:00:00Z",
                "2026-07-31T22:00:00Z",
            ),
            (
                "3mo",
                &TimeZone::UTC,
                "2026-11-22T12:00:00Z",
                "2026-10-01T00:00:00Z",
            ),
            (
                "1y",
                &TimeZone::UTC,
                "2026-11-22T12:00:00Z",
                "2026-01-01T00:00:00Z",
            ),
            (
                "1w",
                &TimeZone::UTC,
                "1969-12-28T12:00:00Z",
                "1969-12-22T00:00:00Z",
            ),
        ] {
            let width = CalendarWidth::parse(width).unwrap();
            let at = Timestamp::parse_rfc3339(at).unwrap();
            assert_eq!(width.start(at, zone).to_string(), start, "{width:?} {at}");
        }
        for text in ["", "d", "0d", "1h", "1001d", "1.5d", "-1d", "1day"] {
            assert_eq!(CalendarWidth::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_put_together_is_what_would_have_been_counted() {
        // One that holds from its start to its end.
        let part = |hour: i64, count, value: f64| Bucket {
            start: Timestamp(hour * HOUR_US),
            count,
            min: value,
            max: value + 1.0,
            sum: value * count as f64,
            first: value,
            last: value + 1.0,
            integral: value * 3600.0,
            seconds: 3600.0,
            states: BTreeMap::from([("run".to_owned(), 3600.0)]),
            last_state: Some("idle".to_owned()),
        };
        let parts = vec![part(1, 2, 5.0), part(23, 1, 3.0), part(24, 1, 9.0)];
        let width = CalendarWidth::parse("1d").unwrap();
        let until = Timestamp(26 * HOUR_US);
        let whole = width.together(parts, HOUR_US, until, &TimeZone::UTC);
        assert_eq!(whole.len(), 2);
        let day = &whole[0];
        assert_eq!((day.start, day.count), (Timestamp(0), 3));
        assert_eq!((day.min, day.max, day.sum), (3.0, 6.0, 13.0));
        assert_eq!((day.first, day.last), (5.0, 4.0));
        // The first part left 6.0, which held for 21 hours.
        let held = |bucket: &Bucket, state| bucket.states[state] / 3600.0;
        for (found, expected) in [
            (day.integral / 3600.0, 5.0 + 21.0 * 6.0 + 3.0),
            (day.seconds / 3600.0, 23.0),
            (held(day, "run"), 2.0),
            (held(day, "idle"), 21.0),
            (whole[1].integral / 3600.0, 9.0 + 10.0),
        ] {
            assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
        }
    }
}
