//! Making the partitions of what is sealed, when they are needed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use foldhash::fast::FixedState;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row as _};

use crate::message::{DAY_US, Keep, Timestamp};
use crate::store::error::{StoreError, is_lock_timeout};
use crate::store::retention::{
    ClassId, PartRange, Retention, Sealed, SealedClasses, SealedPart, has_chunk, make_chunk,
    part_name,
};
use crate::store::wire;

/// How far from today an event may be to get a partition of its day, in days: a clock that is off
/// must not make partitions without end. What is longer ago shares one with its month, and what is
/// further away still is in the default partition.
const DAYS_BACK: i64 = 62;
const DAYS_AHEAD: i64 = 1;

/// The first month that may have a partition, 2010-01: no device tells the truth about an earlier one.
const MONTHS_FROM: Timestamp = Timestamp(1_262_304_000_000_000);

/// The partition of a day becomes those of its hours where it would take more than this: history is
/// to go in parts that are a small part of it.
const DAY_BYTES_MAX: u64 = 16 << 30;

/// Where there is a limit in bytes, which part of it one partition may take.
const SHARE_MAX: u64 = 16;

/// What a message takes beside its payload, about.
const MESSAGE_BYTES: i64 = 100;

/// How long a partition is put off that could not be made for the readers.
const PUT_OFF: Duration = Duration::from_secs(60);

/// The partitions that are known to be there, by their tables.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    known: Option<HashMap<(Sealed, ClassId), Vec<PartRange>, FixedState>>,
    put_off_to: Option<Instant>,
}

/// What a slot has for one table: in which hours messages were received, or on which days events
/// were, and about how many bytes that comes to.
struct Need {
    kind: Sealed,
    class: ClassId,
    at: Timestamp,
    bytes: u64,
}

impl Partitions {
    /// Forgets what is known, where others may have changed it.
    pub(super) fn forget(&mut self) {
        self.known = None;
    }

    /// Makes the partitions that a slot's rows need, and answers whether it made one. Not in the
    /// transaction that moves them: the locks that this takes are to be short.
    pub(super) async fn make_for(
        &mut self,
        connection: &mut PgConnection,
        slot: i16,
        classes: &SealedClasses,
        retention: &Retention,
    ) -> Result<bool, StoreError> {
        let needs = needs(connection, slot, classes).await?;
        if self.known.is_none() {
            self.know(connection).await?;
        }
        let now = Timestamp::now();
        let mut is_any_new = false;
        for need in &needs {
            let has_hypertables = retention.has_hypertables();
            let wanted = || {
                if has_hypertables {
                    return chunk(need.kind, need.at, now);
                }
                let most = part_bytes_max(retention, need.kind, need.class);
                candidates(need.kind, need.at, now, rate(&needs, need) > most)
            };
            let Some(range) = self.missing((need.kind, need.class), need.at, wanted) else {
                continue;
            };
            is_any_new |= self
                .make(connection, (need.kind, need.class), range, has_hypertables)
                .await?;
        }
        Ok(is_any_new)
    }

    /// Makes the partition that rollups of an hour of a class need; answers whether it did.
    pub(super) async fn make_for_rollups(
        &mut self,
        connection: &mut PgConnection,
        class: ClassId,
        hour: Timestamp,
    ) -> Result<bool, StoreError> {
        if self.known.is_none() {
            self.know(connection).await?;
        }
        let table = (Sealed::Rollups, class);
        let wanted = || candidates(Sealed::Rollups, hour, Timestamp::now(), false);
        match self.missing(table, hour, wanted) {
            Some(range) => self.make(connection, table, range, false).await,
            None => Ok(false),
        }
    }

    /// The first of the wanted ranges that is free, where there is none yet for an instant.
    fn missing(
        &self,
        table: (Sealed, ClassId),
        at: Timestamp,
        wanted: impl FnOnce() -> [Option<PartRange>; 2],
    ) -> Option<PartRange> {
        let known = self.known.as_ref().and_then(|known| known.get(&table));
        let ranges = known.map_or(&[][..], Vec::as_slice);
        if ranges.iter().any(|range| range.holds(at)) {
            return None;
        }
        let is_free = |wanted: &PartRange| !ranges.iter().any(|range| range.overlaps(*wanted));
        wanted().into_iter().flatten().find(is_free)
    }

    async fn know(&mut self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let (parts, _) = SealedPart::all(connection).await?;
        let mut known: HashMap<_, Vec<PartRange>, _> = HashMap::default();
        // What is being moved to hypertables takes nothing new.
        let is_moving = parts.iter().any(|part| part.is_chunk);
        let takes = |it: &SealedPart| it.is_chunk || !is_moving || it.kind == Sealed::Rollups;
        for part in parts.into_iter().filter(takes) {
            let ranges = known.entry((part.kind, part.class)).or_default();
            ranges.extend(part.range);
        }
        self.known = Some(known);
        Ok(())
    }

    async fn make(
        &mut self,
        connection: &mut PgConnection,
        (kind, class): (Sealed, ClassId),
        range: PartRange,
        has_hypertables: bool,
    ) -> Result<bool, StoreError> {
        if has_hypertables {
            make_chunk(connection, kind, class, range).await?;
        } else if !self.create(connection, (kind, class), range).await? {
            return Ok(false);
        }
        let known = self.known.get_or_insert_default();
        known.entry((kind, class)).or_default().push(range);
        Ok(true)
    }

    /// Makes a partition of ours; answers whether it did.
    async fn create(
        &mut self,
        connection: &mut PgConnection,
        (kind, class): (Sealed, ClassId),
        range: PartRange,
    ) -> Result<bool, StoreError> {
        let has_default = kind.has_default();
        if has_default && self.put_off_to.is_some_and(|then| then > Instant::now()) {
            return Ok(false);
        }
        match create(connection, (kind, class), range).await {
            Ok(()) => Ok(true),
            // Somebody reads the default partition, which takes the rows for now: what it has
            // of that time is moved when the partition is made.
            Err(error) if has_default && is_lock_timeout(&error) => {
                self.put_off_to = Some(Instant::now() + PUT_OFF);
                Ok(false)
            }
            Err(error) => {
                self.forget();
                Err(StoreError::while_doing("make a partition")(error))
            }
        }
    }
}

/// What the partitions have to be there for.
async fn needs(
    connection: &mut PgConnection,
    slot: i16,
    classes: &SealedClasses,
) -> Result<Vec<Need>, StoreError> {
    let (topics, of_messages, of_samples) = classes.columns();
    let statement = format!(
        "with classed as (
            select h.received_at, h.payload, h.series is not null as has_samples, h.times,
                coalesce(c.messages, 0::smallint) as messages,
                coalesce(c.samples, 0::smallint) as samples
            from unspool.message_hot_{slot} h
            left join unnest($1::integer[], $2::smallint[], $3::smallint[])
                as c (topic_id, messages, samples) on c.topic_id = h.topic_id
         )
         select 0, messages, date_trunc('hour', received_at, 'UTC'),
            sum(octet_length(payload) + {MESSAGE_BYTES})::bigint
         from classed group by 2, 3
         union all
         select 1, samples, date_trunc('day', received_at, 'UTC'), 0
         from classed where has_samples and times is null group by 2, 3
         union all
         select 1, samples, date_trunc('day', time, 'UTC'), 0
         from classed, unnest(times) as time group by 2, 3"
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(topics)
        .bind(of_messages)
        .bind(of_samples)
        .fetch_all(connection)
        .await
        .map_err(StoreError::while_doing("find the times of a slot"))?;
    let need = |row: &sqlx::postgres::PgRow| Need {
        kind: Sealed::OF_TIMESCALE[usize::from(row.get::<i32, _>(0) == 1)],
        class: ClassId(row.get(1)),
        at: row.get::<wire::Instant, _>(2).0,
        bytes: row.get::<i64, _>(3).unsigned_abs(),
    };
    Ok(rows.iter().map(need).collect())
}

/// How many bytes a day comes to of what one need is of, at the rate of the busiest hour of the slot.
fn rate(needs: &[Need], need: &Need) -> u64 {
    let same = needs
        .iter()
        .filter(|other| (other.kind, other.class) == (need.kind, need.class));
    same.map(|other| other.bytes)
        .max()
        .unwrap_or_default()
        .saturating_mul(24)
}

/// How many bytes a partition may come to.
fn part_bytes_max(retention: &Retention, kind: Sealed, class: ClassId) -> u64 {
    let share = |keep: Keep| keep.bytes.map_or(DAY_BYTES_MAX, |bytes| bytes / SHARE_MAX);
    let own = retention.keep_of(kind, class).map_or(DAY_BYTES_MAX, share);
    own.min(share(retention.whole())).min(DAY_BYTES_MAX)
}

/// The partitions that an instant may have, the one that is wanted most first.
fn candidates(
    kind: Sealed,
    at: Timestamp,
    now: Timestamp,
    is_large: bool,
) -> [Option<PartRange>; 2] {
    let (hour, day) = (PartRange::hour(at), PartRange::day(at));
    let days = at.0.div_euclid(DAY_US) - now.0.div_euclid(DAY_US);
    match kind {
        Sealed::Messages if is_large => [hour, None],
        Sealed::Messages => [day, hour],
        Sealed::Samples | Sealed::Rollups if days > DAYS_AHEAD || at < MONTHS_FROM => [None, None],
        Sealed::Samples if days < -DAYS_BACK => [PartRange::month(at), day],
        Sealed::Rollups => [PartRange::month(at), None],
        Sealed::Samples => [day, None],
    }
}

/// The chunk that an instant has; none where it is far off.
fn chunk(kind: Sealed, at: Timestamp, now: Timestamp) -> [Option<PartRange>; 2] {
    let day = PartRange::day(at).filter(|_| kind == Sealed::Messages || has_chunk(at, now));
    [day, None]
}

/// Readers wait behind a lock that waits for readers: only the default partition needs one of that
/// kind, and it is tried briefly and first of all.
async fn create(
    connection: &mut PgConnection,
    (kind, class): (Sealed, ClassId),
    range: PartRange,
) -> Result<(), sqlx::Error> {
    let (table, key) = (kind.table(class), kind.key());
    let has_default = kind.has_default();
    let (name, PartRange { from, to }) = (part_name(&table, range), range);
    let mut statements = Vec::new();
    if has_default {
        statements.push("set local lock_timeout = '50ms'".to_owned());
        statements.push(format!(
            "lock table unspool.{table}_default in access exclusive mode"
        ));
    }
    statements.push("set local lock_timeout = '2s'".to_owned());
    statements.push(format!(
        "create table unspool.{name} (like unspool.{table} including all)"
    ));
    if has_default {
        statements.push(format!(
            "with moved as (
                delete from unspool.{table}_default
                where {key} >= '{from}' and {key} < '{to}' returning *
             )
             insert into unspool.{name} select * from moved"
        ));
    }
    statements.push(format!(
        "alter table unspool.{table} attach partition unspool.{name} \
         for values from ('{from}') to ('{to}')"
    ));
    let mut transaction = connection.begin().await?;
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The partitions that are made for these instants, one after the other, on 2026-11-27.
    fn made(kind: Sealed, is_large: bool, instants: &[&str]) -> Vec<String> {
        let now = Timestamp::parse_rfc3339("2026-11-27T12:00:00Z").unwrap();
        let mut ranges: Vec<PartRange> = Vec::new();
        for at in instants {
            let at = Timestamp::parse_rfc3339(at).unwrap();
            if ranges.iter().any(|range| range.holds(at)) {
                continue;
            }
            let mut wanted = candidates(kind, at, now, is_large).into_iter().flatten();
            let free = wanted.find(|it| !ranges.iter().any(|range| range.overlaps(*it)));
            ranges.extend(free);
        }
        let names = ranges.into_iter().map(|range| part_name("p", range));
        names.collect()
    }

    #[test]
    fn what_is_near_has_its_day_and_what_is_long_ago_its_month() {
        let instants = [
            "2026-11-27T01:00:00Z",
            "2026-11-28T23:00:00Z",
            "2026-11-29T00:00:00Z",
            "2026-09-27T00:00:00Z",
            "2026-09-25T00:00:00Z",
            "2026-08-31T00:00:00Z",
            "2026-08-01T00:00:00Z",
            "2010-01-01T00:00:00Z",
            "2009-12-31T23:59:59Z",
        ];
        assert_eq!(
            made(Sealed::Samples, false, &instants),
            // The month of a day that was near once is taken: what comes of it now has its day.
            [
                "p_20261127",
                "p_20261128",
                "p_20260927",
                "p_20260925",
                "p_202608",
                "p_201001"
            ]
        );
    }

    #[test]
    fn messages_that_come_to_much_have_their_hours() {
        let instants = ["2026-11-27T01:10:00Z", "2026-11-27T02:00:00Z"];
        assert_eq!(made(Sealed::Messages, false, &instants), ["p_20261127"]);
        let hours = ["p_2026112701", "p_2026112702"];
        assert_eq!(made(Sealed::Messages, true, &instants), hours);
    }
}
