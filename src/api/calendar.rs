//! Buckets by the calendar of a time zone: days, weeks from Monday, months, years.

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, ToSpan as _, Unit};

use crate::message::Timestamp;

const DAY_US: i64 = 86_400_000_000;

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

    /// Where its buckets begin in the calendar of `zone` from the one on that `from` is in, up to the
    /// one behind `to`; each so much later than the calendar has it, in microseconds. At most so many.
    pub(super) fn edges(
        self,
        (from, to): (Timestamp, Timestamp),
        zone: &TimeZone,
        offset: i64,
        edges_max: usize,
    ) -> Option<Vec<i64>> {
        let first = jiff::Timestamp::from_microsecond(from.0.checked_sub(offset)?).ok()?;
        // Where a clock is turned, what lies an offset behind a day's start may be of the day before.
        let mut date = self.first_date(first.to_zoned(zone.clone()).date().yesterday().ok()?)?;
        let offset = SignedDuration::from_micros(offset);
        let mut edges = Vec::new();
        loop {
            let begins = DateTime::from(date).checked_add(offset).ok()?;
            let edge = begins.to_zoned(zone.clone()).ok()?;
            let edge = edge.timestamp().as_microsecond();
            if edge <= from.0 {
                edges.clear();
            }
            edges.push(edge);
            if edge >= to.0 && edges.len() > 1 {
                return Some(edges);
            }
            if edges.len() > edges_max {
                return None;
            }
            date = date.checked_add(self.span()).ok()?;
        }
    }

    fn span(self) -> Span {
        match self.unit {
            Unit::Year => self.count.years(),
            Unit::Month => self.count.months(),
            Unit::Week => self.count.weeks(),
            _ => self.count.days(),
        }
    }

    /// The first day of the bucket that a day is in.
    fn first_date(self, day: Date) -> Option<Date> {
        let month = |months: i64| -> Option<Date> {
            let year = i16::try_from(months.div_euclid(12)).ok()?;
            Date::new(year, i8::try_from(months.rem_euclid(12)).ok()? + 1, 1).ok()
        };
        let floor = |n: i64| n.div_euclid(self.count) * self.count;
        match self.unit {
            Unit::Year => month(floor(i64::from(day.year())) * 12),
            Unit::Month => month(floor(
                i64::from(day.year()) * 12 + i64::from(day.month()) - 1,
            )),
            unit => {
                let (days, base) = match unit {
                    // A Monday.
                    Unit::Week => (7 * self.count, date(1969, 12, 29)),
                    _ => (self.count, date(1970, 1, 1)),
                };
                let since = i64::from(day.since(base).ok()?.get_days());
                base.checked_add((since.div_euclid(days) * days).days())
                    .ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_US: i64 = 3_600_000_000;

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
            let edges = width.edges((at, at), zone, 0, 10).unwrap();
            let found = Timestamp(edges[0]).to_string();
            assert_eq!(found, start, "{width:?} {at}");
            assert!(edges[1] > at.0);
        }
        for text in ["", "d", "0d", "1h", "1001d", "1.5d", "-1d", "1day"] {
            assert_eq!(CalendarWidth::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_have_as_many_hours_as_the_calendar_says() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let day = CalendarWidth::parse("1d").unwrap();
        for (from, offset, hours) in [
            ("2026-03-28T12:00:00Z", 0, [24, 23, 24]),
            ("2026-10-24T12:00:00Z", 0, [24, 25, 24]),
            ("2026-10-24T12:00:00Z", 6, [24, 25, 24]),
        ] {
            let from = Timestamp::parse_rfc3339(from).unwrap();
            let to = Timestamp(from.0 + 2 * DAY_US);
            let edges = day.edges((from, to), &berlin, offset * HOUR_US, 10);
            let edges = edges.unwrap();
            let found = edges.windows(2).map(|edge| (edge[1] - edge[0]) / HOUR_US);
            let found: Vec<i64> = found.collect();
            // The night of the change belongs to the day before where days begin at six.
            let hours = if offset > 0 { [25, 24, 24] } else { hours };
            assert_eq!(found, hours, "{from} {offset}");
        }
        let far = (Timestamp(0), Timestamp(100 * DAY_US));
        assert_eq!(day.edges(far, &berlin, 0, 20), None);
    }
}
