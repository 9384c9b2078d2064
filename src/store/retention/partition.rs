//! The partitions of what is sealed, by name.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use sqlx::{PgConnection, Row as _};

use crate::message::{DAY_US, Timestamp};
use crate::store::error::StoreError;
use crate::store::wire::Instant;

/// An hour in microseconds.
const HOUR_US: i64 = DAY_US / 24;

/// The number of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(in crate::store) struct ClassId(pub(in crate::store) i16);

impl ClassId {
    /// The class of all topics that have none of their own.
    pub(in crate::store) const REST: Self = Self(0);
}

/// What is sealed, and what is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sealed {
    /// By the time of receipt.
    Messages,
    /// By the time of the event.
    Samples,
    /// What samples come to, by hour and day of the event.
    Rollups,
}

impl Sealed {
    pub(in crate::store) const ALL: [Self; 3] = [Self::Messages, Self::Samples, Self::Rollups];

    /// Those that are in hypertables where TimescaleDB is used; rollups are few, and have a partition
    /// for each month.
    pub(in crate::store) const OF_TIMESCALE: [Self; 2] = [Self::Messages, Self::Samples];

    /// The column that partitions are by.
    pub(in crate::store) fn key(self) -> &'static str {
        match self {
            Self::Messages => "received_at",
            Self::Samples => "t_min",
            Self::Rollups => "start",
        }
    }

    /// Whether it has a default partition, since its times are what devices say.
    pub(in crate::store) fn has_default(self) -> bool {
        self != Self::Messages
    }

    /// The table of a class, as it is called in the schema.
    pub(in crate::store) fn table(self, class: ClassId) -> String {
        let table = match self {
            Self::Messages => "message_sealed",
            Self::Samples => "sample_block",
            Self::Rollups => "rollup",
        };
        match class {
            ClassId::REST => table.to_owned(),
            ClassId(id) => format!("{table}_c{id}"),
        }
    }
}

/// The time that a partition is for: an hour, a day or a month of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct PartRange {
    pub(in crate::store) from: Timestamp,
    /// The first instant behind it.
    pub(in crate::store) to: Timestamp,
}

impl PartRange {
    /// The hour that an instant is in.
    pub(in crate::store) fn hour(at: Timestamp) -> Option<Self> {
        Self::of(&digits(at, 10))
    }

    /// Its day.
    pub(in crate::store) fn day(at: Timestamp) -> Option<Self> {
        Self::of(&digits(at, 8))
    }

    /// Its month.
    pub(in crate::store) fn month(at: Timestamp) -> Option<Self> {
        Self::of(&digits(at, 6))
    }

    /// From the digits in a name: year, month, and day and hour where they are there.
    fn of(digits: &str) -> Option<Self> {
        let number = |at: std::ops::Range<usize>| digits.get(at)?.parse::<i16>().ok();
        let part = |at| number(at).and_then(|number| i8::try_from(number).ok());
        let (year, month) = (number(0..4)?, part(4..6)?);
        let (from, to) = match digits.len() {
            6 => {
                let first = Date::new(year, month, 1).ok()?;
                let next = first.last_of_month().tomorrow().ok()?;
                (first.at(0, 0, 0, 0), next.at(0, 0, 0, 0))
            }
            8 => {
                let day = Date::new(year, month, part(6..8)?).ok()?;
                (day.at(0, 0, 0, 0), day.tomorrow().ok()?.at(0, 0, 0, 0))
            }
            10 => {
                let day = Date::new(year, month, part(6..8)?).ok()?;
                let hour = part(8..10).filter(|hour| (0..24).contains(hour))?;
                let from = day.at(hour, 0, 0, 0);
                (from, from.checked_add(jiff::Span::new().hours(1)).ok()?)
            }
            _ => return None,
        };
        Some(Self {
            from: instant(from)?,
            to: instant(to)?,
        })
    }

    pub(in crate::store) fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    pub(in crate::store) fn holds(self, at: Timestamp) -> bool {
        (self.from..self.to).contains(&at)
    }

    /// As it stands in a name.
    fn digits(self) -> String {
        let length = match self.to.0 - self.from.0 {
            HOUR_US => 10,
            DAY_US => 8,
            _ => 6,
        };
        digits(self.from, length)
    }
}

fn instant(at: DateTime) -> Option<Timestamp> {
    let at = at.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp(at.timestamp().as_microsecond()))
}

/// The first digits of an instant in UTC.
fn digits(at: Timestamp, length: usize) -> String {
    let text = at.to_string();
    text.chars()
        .filter(char::is_ascii_digit)
        .take(length)
        .collect()
}

/// What a partition of `table` is called.
pub(in crate::store) fn part_name(table: &str, range: PartRange) -> String {
    format!("{table}_{}", range.digits())
}

/// A partition that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct SealedPart {
    pub(in crate::store) kind: Sealed,
    pub(in crate::store) class: ClassId,
    /// `None` for the default one, which has what no other is for.
    pub(in crate::store) range: Option<PartRange>,
    /// As it is written in a statement.
    pub(in crate::store) name: String,
    /// Whether it is one of TimescaleDB's.
    pub(in crate::store) is_chunk: bool,
    /// On disk, with indexes and what is stored out of line.
    pub(in crate::store) bytes: u64,
}

impl SealedPart {
    /// By the name of a relation; `None` where it is none.
    fn of(name: &str, bytes: u64) -> Option<Self> {
        let (kind, rest) = None
            .or_else(|| Some((Sealed::Messages, name.strip_prefix("message_sealed_")?)))
            .or_else(|| Some((Sealed::Samples, name.strip_prefix("sample_block_")?)))
            .or_else(|| Some((Sealed::Rollups, name.strip_prefix("rollup_")?)))?;
        let (class, rest) = match rest.strip_prefix('c') {
            Some(numbered) => {
                let (id, rest) = numbered.split_once('_')?;
                (ClassId(id.parse().ok()?), rest)
            }
            None => (ClassId::REST, rest),
        };
        let range = match rest {
            "default" => None,
            digits => Some(PartRange::of(digits)?),
        };
        Some(Self {
            kind,
            class,
            range,
            name: format!("unspool.{name}"),
            is_chunk: false,
            bytes,
        })
    }

    /// Whether it is one of ours of what is in hypertables where these are used.
    pub(super) fn is_to_be_moved(&self) -> bool {
        !self.is_chunk && Sealed::OF_TIMESCALE.contains(&self.kind)
    }

    /// All that there are, and what everything in the schema takes.
    pub(in crate::store) async fn all(
        connection: &mut PgConnection,
    ) -> Result<(Vec<Self>, Vec<(String, u64)>), StoreError> {
        let rows = sqlx::query(
            "select relname::text, pg_catalog.pg_total_relation_size(c.oid)
             from pg_catalog.pg_class c
             join pg_catalog.pg_namespace n on n.oid = c.relnamespace
             where n.nspname = 'unspool' and c.relkind = 'r'
             order by relname",
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(StoreError::while_doing("measure what history takes"))?;
        let (mut parts, mut others) = (Vec::new(), Vec::new());
        for row in &rows {
            let name: &str = row.get(0);
            // One that is dropped meanwhile takes nothing.
            let bytes = row.get::<Option<i64>, _>(1).unwrap_or_default();
            let bytes = bytes.unsigned_abs();
            match Self::of(name, bytes) {
                Some(part) => parts.push(part),
                None => others.push((name.to_owned(), bytes)),
            }
        }
        parts.extend(chunks(connection).await?);
        Ok((parts, others))
    }
}

/// The chunks of our hypertables. TimescaleDB says for which times they are.
async fn chunks(connection: &mut PgConnection) -> Result<Vec<SealedPart>, StoreError> {
    let failed = StoreError::while_doing("look for chunks");
    let there: bool =
        sqlx::query_scalar("select to_regclass('timescaledb_information.chunks') is not null")
            .fetch_one(&mut *connection)
            .await
            .map_err(&failed)?;
    if !there {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "select hypertable_name::text, format('%I.%I', chunk_schema, chunk_name), range_start,
            range_end, pg_catalog.pg_total_relation_size(
                to_regclass(format('%I.%I', chunk_schema, chunk_name))
            )
         from timescaledb_information.chunks where hypertable_schema = 'unspool'",
    )
    .fetch_all(connection)
    .await
    .map_err(&failed)?;
    let part = |row: &sqlx::postgres::PgRow| {
        let range = PartRange {
            from: row.get::<Instant, _>(2).0,
            to: row.get::<Instant, _>(3).0,
        };
        let bytes = row.get::<Option<i64>, _>(4).unwrap_or_default();
        // A name of ours would say the same.
        let like = part_name(row.get(0), range);
        SealedPart::of(&like, bytes.unsigned_abs()).map(|part| SealedPart {
            range: Some(range),
            name: row.get(1),
            is_chunk: true,
            ..part
        })
    };
    Ok(rows.iter().filter_map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_in_a_partition() {
        for (name, kind, class, from, to) in [
            (
                "message_sealed_20261231",
                Sealed::Messages,
                0,
                "2026-12-31T00:00:00Z",
                "2027-01-01T00:00:00Z",
            ),
            (
                "message_sealed_c7_2026022823",
                Sealed::Messages,
                7,
                "2026-02-28T23:00:00Z",
                "2026-03-01T00:00:00Z",
            ),
            (
                "sample_block_202402",
                Sealed::Samples,
                0,
                "2024-02-01T00:00:00Z",
                "2024-03-01T00:00:00Z",
            ),
        ] {
            let part = SealedPart::of(name, 5).unwrap();
            let range = part.range.unwrap();
            assert_eq!((part.kind, part.class.0), (kind, class));
            assert_eq!(Timestamp::parse_rfc3339(from), Some(range.from));
            assert_eq!(Timestamp::parse_rfc3339(to), Some(range.to));
            assert_eq!(part_name(&kind.table(part.class), range), name);
        }
        let default = SealedPart::of("sample_block_c3_default", 0).unwrap();
        assert_eq!((default.class.0, default.range), (3, None));
        for name in [
            "message_hot_0",
            "message_sealed",
            "message_sealed_old",
            "message_sealed_c3",
            "message_sealed_20261301",
            "message_sealed_2026010124",
            "sample_block_cx_20260101",
            "sample_block_2026",
        ] {
            assert_eq!(SealedPart::of(name, 0), None, "{name}");
        }
    }

    #[test]
    fn an_instant_has_its_hour_its_day_and_its_month() {
        let at = Timestamp::parse_rfc3339("2026-12-31T23:59:59.999Z").unwrap();
        let ranges = [
            PartRange::hour(at),
            PartRange::day(at),
            PartRange::month(at),
        ];
        for range in ranges {
            assert!(range.unwrap().holds(at));
            assert_eq!(range.unwrap().to.to_string(), "2027-01-01T00:00:00Z");
        }
    }
}
