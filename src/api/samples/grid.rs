//! Where the buckets of an answer begin.

use jiff::tz::TimeZone;

use crate::api::calendar::CalendarWidth;
use crate::api::params::{TimeSpan, Width};
use crate::api::problem::{Kind, Problem};
use crate::message::Timestamp;
use crate::store::Grid;

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;

/// The most points, buckets or samples of one series in an answer.
pub(crate) const POINTS_MAX: usize = 20_000;
/// The most edges that are made before it shows that there are too many.
const EDGES_MAX: usize = POINTS_MAX + 2;

/// Buckets of a width that reach over a range of time, shifted by an offset. Those of the calendar
/// begin at midnight in the time zone; so do those whose width divides a day, all other at whole
/// multiples of their width.
pub(super) fn grid(
    width: Width,
    range: (Timestamp, Timestamp),
    zone: &TimeZone,
    offset: Option<TimeSpan>,
) -> Result<Grid, Problem> {
    let offset = offset.map_or(0, |offset| offset.0);
    if offset >= about(width) {
        return Err(Problem::parameter(
            Kind::BadTime,
            "offset",
            "must be less than every",
        ));
    }
    let edges = match width {
        Width::Calendar(calendar) => calendar.edges(range, zone, offset, EDGES_MAX),
        Width::Micros(every) if is_of_days(every, zone) => {
            parts_of_days(every, range, zone, offset)
        }
        Width::Micros(every) => {
            let at = jiff::Timestamp::from_microsecond(range.0.0).unwrap_or_default();
            let ahead = i64::from(zone.to_offset(at).seconds()) * 1_000_000;
            let phase = (offset - ahead).rem_euclid(every);
            return Ok(Grid::Even { every, phase });
        }
    };
    let edges = edges.ok_or_else(|| too_many(range, width))?;
    Ok(Grid::Edges(edges.into()))
}

/// About how wide, in microseconds.
pub(super) fn about(width: Width) -> i64 {
    match width {
        Width::Micros(every) => every,
        Width::Calendar(width) => width.micros(),
    }
}

/// There would be more buckets than an answer may have.
pub(super) fn too_many((from, to): (Timestamp, Timestamp), width: Width) -> Problem {
    let buckets = to.0.saturating_sub(from.0) / about(width);
    let most = POINTS_MAX;
    Problem::parameter(
        Kind::BadTime,
        "every",
        format!("would make {buckets} buckets, the most is {most}"),
    )
}

/// Whether the clock of a zone may be turned between buckets that divide a day.
fn is_of_days(every: i64, zone: &TimeZone) -> bool {
    every > HOUR_US && DAY_US % every == 0 && zone.to_fixed_offset().is_err()
}

/// Each day begins anew: when the clock is turned, one bucket is longer or shorter.
fn parts_of_days(
    every: i64,
    (from, to): (Timestamp, Timestamp),
    zone: &TimeZone,
    offset: i64,
) -> Option<Vec<i64>> {
    let day = CalendarWidth::parse("1d")?;
    let mut edges = Vec::new();
    let of_day = usize::try_from(DAY_US / every).ok()?;
    for part in 0..DAY_US / every {
        let days = (Timestamp(from.0.saturating_sub(DAY_US)), to);
        let shifted = part * every + offset;
        edges.extend(day.edges(days, zone, shifted, EDGES_MAX / of_day + 2)?);
    }
    edges.sort_unstable();
    edges.dedup();
    let first = edges
        .partition_point(|edge| *edge <= from.0)
        .checked_sub(1)?;
    let last = edges.partition_point(|edge| *edge < to.0).max(first + 1);
    edges.truncate(last + 1);
    edges.drain(..first);
    (edges.len() > 1).then_some(edges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::params::{Param as _, Zone};

    fn starts(
        every: &str,
        zone: &str,
        offset: Option<&str>,
        from: &str,
        hours: i64,
    ) -> Vec<String> {
        let zone = Zone::or_utc(Some(Zone::parse(zone).unwrap()));
        let from = Timestamp::parse_rfc3339(from).unwrap();
        let to = Timestamp(from.0 + hours * HOUR_US);
        let offset = offset.map(|it| TimeSpan::parse(it).unwrap());
        let grid = grid(Width::parse(every).unwrap(), (from, to), &zone, offset).unwrap();
        let (mut at, mut starts) = (from, Vec::new());
        while at < to {
            let (start, end) = grid.bucket_of(at);
            assert!(start <= at && at < end, "{grid:?} {at}");
            starts.push(start.to_string());
            at = end;
        }
        starts
    }

    #[test]
    fn shifts_begin_where_a_plant_begins_them() {
        assert_eq!(
            starts("8h", "UTC", Some("6h"), "2026-11-24T05:00:00Z", 10),
            [
                "2026-11-23T22:00:00Z",
                "2026-11-24T06:00:00Z",
                "2026-11-24T14:00:00Z"
            ]
        );
        // Six in the morning, summer and winter; the night shift of the change is an hour longer.
        assert_eq!(
            starts(
                "8h",
                "Europe/Berlin",
                Some("6h"),
                "2026-10-24T12:30:00Z",
                24
            ),
            [
                "2026-10-24T12:00:00Z",
                "2026-10-24T20:00:00Z",
                "2026-10-25T05:00:00Z"
            ]
        );
        assert_eq!(
            starts("12h", "Europe/Berlin", None, "2026-03-28T22:00:00Z", 24),
            [
                "2026-03-28T11:00:00Z",
                "2026-03-28T23:00:00Z",
                "2026-03-29T10:00:00Z"
            ]
        );
        assert_eq!(
            starts("1h", "Asia/Kathmandu", None, "2026-03-28T22:00:00Z", 1),
            ["2026-03-28T21:15:00Z", "2026-03-28T22:15:00Z"]
        );
        assert_eq!(
            starts(
                "1d",
                "Europe/Berlin",
                Some("6h"),
                "2026-10-25T03:00:00Z",
                24
            ),
            ["2026-10-24T04:00:00Z", "2026-10-25T05:00:00Z"]
        );
    }

    #[test]
    fn an_offset_is_a_part_of_the_width() {
        let range = (Timestamp(0), Timestamp(HOUR_US));
        let grid = |every, offset| {
            let offset = Some(TimeSpan::parse(offset).unwrap());
            grid(Width::parse(every).unwrap(), range, &TimeZone::UTC, offset)
        };
        assert!(grid("1h", "1h").is_err());
        assert!(grid("1d", "23h").is_ok());
    }
}
