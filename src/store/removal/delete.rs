//! Deleting the rows of topics that have been taken out: each time so many that nobody has to wait
//! for it.

use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::message::{Offset, Topic, TopicFilter};
use crate::store::error::StoreError;
use crate::store::mirrored::InLedger;
use crate::store::retention::Sealed;
use crate::store::wire::Instant;

/// How many messages, and about how many bytes of payloads, are deleted in one transaction.
const PIECE_MESSAGES: u64 = 20_000;
const PIECE_BYTES: u64 = 64 * 1024 * 1024;

/// How many blocks of samples are.
const PIECE_BLOCKS: i64 = 2_000;

/// How many records of a hot slot are looked through in one.
pub(super) const PIECE_RECORDS: u64 = 32 * 1024;

/// How many dead letters without a topic's number are looked at in one.
const PIECE_LETTERS: i64 = 1_000;

/// How many series the topics have whose rows are deleted together, but for a topic alone.
const PORTION_SERIES: usize = 2_000;

/// How many topics.
const PORTION_TOPICS: i64 = 1_000;

/// What one piece deleted, and of that what the ledger of this journal has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Deleted {
    pub(super) messages: u64,
    pub(super) dead_letters: u64,
    pub(super) samples: u64,
    pub(super) bytes: u64,
    pub(super) in_ledger: InLedger,
}

/// Some topics of a removal, and how many messages of theirs to delete at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Portion {
    pub(super) topics: Vec<i32>,
    pub(super) series: Vec<i32>,
    at_a_time: i64,
}

impl Portion {
    /// The next topics of a removal, by number.
    pub(super) async fn next(
        connection: &mut PgConnection,
        removal: i32,
    ) -> Result<Option<Self>, StoreError> {
        let rows = sqlx::query(
            "select id, messages, bytes, series from (
                select id, messages, bytes, series,
                    sum(messages) over up as messages_up, sum(cardinality(series)) over up as series_up,
                    row_number() over up as place
                from (
                    select * from unspool.removed_topic where removal_id = $1 order by id limit $2
                ) first
                window up as (order by id)
             ) counted
             where place = 1 or messages_up <= $3 and series_up <= $4
             order by id",
        )
        .bind(removal)
        .bind(PORTION_TOPICS)
        .bind(PIECE_MESSAGES.cast_signed())
        .bind(i64::try_from(PORTION_SERIES).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await
        .map_err(StoreError::while_doing("read what is to be deleted"))?;
        let mut portion = Self::default();
        let (mut messages, mut bytes) = (0, 0);
        for row in &rows {
            portion.topics.push(row.get(0));
            portion.series.extend(row.get::<Vec<i32>, _>(3));
            messages += row.get::<i64, _>(1).unsigned_abs();
            bytes += row.get::<i64, _>(2).unsigned_abs();
        }
        let fit = PIECE_BYTES.saturating_mul(messages.max(1)) / bytes.max(1);
        let at_a_time = fit.clamp(1, PIECE_MESSAGES);
        portion.at_a_time = i64::try_from(at_a_time).unwrap_or(i64::MAX);
        Ok((!portion.topics.is_empty()).then_some(portion))
    }

    /// Forgets the topics, of which nothing is left.
    pub(super) async fn finish(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query("delete from unspool.removed_topic where id = any($1)")
            .bind(&self.topics)
            .execute(connection)
            .await
            .map_err(StoreError::while_doing("forget removed topics"))?;
        Ok(())
    }

    /// Deletes sealed messages in one table from `from` on, and says where to go on.
    pub(super) async fn delete_messages(
        &self,
        connection: &mut PgConnection,
        table: &str,
        from: i64,
    ) -> Result<(Deleted, Option<i64>), StoreError> {
        let failed = StoreError::while_doing("delete sealed messages");
        let statement = format!(
            "select seq from unspool.{table} where topic_id = any($1) and seq >= $2
             order by seq offset $3 limit 1"
        );
        let next: Option<i64> = sqlx::query_scalar(AssertSqlSafe(statement))
            .bind(&self.topics)
            .bind(from)
            .bind(self.at_a_time)
            .fetch_optional(&mut *connection)
            .await
            .map_err(&failed)?;
        let statement = counted(&format!(
            "delete from unspool.{table}
             where topic_id = any($1) and seq >= $2 and seq < $3
             returning seq, octet_length(payload)::bigint as bytes, 0 as samples"
        ));
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(&self.topics)
            .bind(from)
            .bind(next.unwrap_or(i64::MAX))
            .fetch_one(connection)
            .await
            .map_err(&failed)?;
        Ok((Deleted::of(&row), next))
    }

    /// Deletes blocks of samples, or rollups, in one partition, those that begin behind `after`, and says
    /// behind which to go on.
    pub(super) async fn delete_blocks(
        &self,
        connection: &mut PgConnection,
        (kind, partition): &(Sealed, String),
        after: Option<Instant>,
    ) -> Result<(Deleted, Option<Instant>), StoreError> {
        let failed = StoreError::while_doing("delete sealed samples");
        let key = kind.key();
        // A rollup is of samples that are counted elsewhere.
        let counted = if *kind == Sealed::Samples {
            "n, seq_min"
        } else {
            "0 as n, 0 as seq_min"
        };
        let statement = format!(
            "select {key} from {partition}
             where series_id = any($1) and ($2::timestamptz is null or {key} > $2)
             order by {key} offset $3 limit 1"
        );
        let to: Option<Instant> = sqlx::query_scalar(AssertSqlSafe(statement))
            .bind(&self.series)
            .bind(after)
            .bind(PIECE_BLOCKS)
            .fetch_optional(&mut *connection)
            .await
            .map_err(&failed)?;
        let statement = format!(
            "with gone as (
                delete from {partition}
                where series_id = any($1) and ($2::timestamptz is null or {key} > $2)
                    and ($3::timestamptz is null or {key} <= $3)
                returning {counted}
             )
             select coalesce(sum(n), 0)::bigint,
                coalesce(sum(n) filter (where seq_min >= c.first_offset), 0)::bigint
             from gone cross join unspool.mirror_cursor c"
        );
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(&self.series)
            .bind(after)
            .bind(to)
            .fetch_one(connection)
            .await
            .map_err(&failed)?;
        let count = |at| row.get::<i64, _>(at).unsigned_abs();
        let deleted = Deleted {
            samples: count(0),
            in_ledger: InLedger {
                samples: count(1),
                ..InLedger::default()
            },
            ..Deleted::default()
        };
        Ok((deleted, to))
    }
}

/// The partitions of these tables of samples, each as it is written in a statement.
pub(super) async fn partitions(
    connection: &mut PgConnection,
    tables: &[String],
) -> Result<Vec<String>, StoreError> {
    sqlx::query_scalar(
        "select format('%I.%I', n.nspname, c.relname) from pg_catalog.pg_inherits i
         join pg_catalog.pg_class c on c.oid = i.inhrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         join pg_catalog.pg_class parent on parent.oid = i.inhparent
         where parent.relnamespace = 'unspool'::regnamespace and parent.relname = any($1)
         union all
         select format('%I.%I', n.nspname, c.relname) from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'unspool' and c.relkind = 'r' and c.relname = any($1)
         order by 1",
    )
    .bind(tables)
    .fetch_all(connection)
    .await
    .map_err(StoreError::while_doing("list the partitions of samples"))
}

/// Deletes the hot messages of a removal in one slot, `from..to`. What is in a slot that is sealed is
/// only a copy.
pub(super) async fn delete_hot(
    connection: &mut PgConnection,
    removal: i32,
    slot: i16,
    (from, to): (Offset, Offset),
) -> Result<Deleted, StoreError> {
    let statement = counted(&format!(
        "delete from unspool.message_hot_{slot}
         where seq >= $2 and seq < $3 and topic_id in (
            select id from unspool.removed_topic where removal_id = $1
         ) and exists (
            select from unspool.hot_slot where slot = {slot} and state in ('open', 'closed')
         )
         returning seq, octet_length(payload)::bigint as bytes,
            coalesce(cardinality(series), 0) as samples"
    ));
    let row = sqlx::query(AssertSqlSafe(statement))
        .bind(removal)
        .bind(from.0.cast_signed())
        .bind(to.0.cast_signed())
        .fetch_one(connection)
        .await
        .map_err(StoreError::while_doing("delete hot messages"))?;
    Ok(Deleted::of(&row))
}

/// Deletes messages of `filter` that are nothing but dead letters, beyond `after` and up to `up_to`,
/// and says where to go on.
pub(super) async fn delete_dead_letters(
    connection: &mut PgConnection,
    filter: &TopicFilter,
    (after, up_to): (Offset, Offset),
) -> Result<(Deleted, Option<Offset>), StoreError> {
    let failed = StoreError::while_doing("delete dead letters");
    let rows = sqlx::query(
        "select seq, topic from unspool.dead_letter
         where topic_id is null and seq > $1 and seq <= $2 order by seq limit $3",
    )
    .bind(after.0.cast_signed())
    .bind(up_to.0.cast_signed())
    .bind(PIECE_LETTERS)
    .fetch_all(&mut *connection)
    .await
    .map_err(&failed)?;
    let last = rows.last().map(|row| row.get::<i64, _>(0).cast_unsigned());
    let named = rows.iter().filter(|row| {
        let topic = row.get::<Option<&str>, _>(1).unwrap_or_default();
        Topic::new(topic).is_ok_and(|topic| filter.matches(&topic))
    });
    let seqs: Vec<i64> = named.map(|row| row.get(0)).collect();
    let row = sqlx::query(
        "with gone as (
            delete from unspool.dead_letter where seq = any($1)
            returning seq, octet_length(payload)::bigint as bytes
         )
         select count(seq), coalesce(sum(bytes), 0)::bigint,
            count(*) filter (where seq >= c.first_offset)
         from unspool.mirror_cursor c left join gone on true",
    )
    .bind(seqs)
    .fetch_optional(connection)
    .await
    .map_err(&failed)?;
    let count = |at| {
        let row = row.as_ref();
        row.map_or(0, |row| row.get::<i64, _>(at).unsigned_abs())
    };
    let deleted = Deleted {
        messages: count(0),
        dead_letters: count(0),
        bytes: count(1),
        in_ledger: InLedger {
            messages: count(2),
            dead_lettered: count(2),
            samples: 0,
        },
        ..Deleted::default()
    };
    Ok((deleted, last.map(Offset)))
}

/// A statement that deletes messages, with their dead letters, and says what they come to. `deleting`
/// gives back `seq`, `bytes` and `samples` of each.
fn counted(deleting: &str) -> String {
    format!(
        "with gone as ({deleting}),
         letters as (
            delete from unspool.dead_letter d using gone where d.seq = gone.seq returning d.seq
         ),
         journal as (select coalesce(max(first_offset), 0) as first from unspool.mirror_cursor),
         messages as (
            select count(*) as all_of, coalesce(sum(bytes), 0)::bigint as bytes,
                coalesce(sum(samples), 0)::bigint as samples,
                count(*) filter (where seq >= first) as counted,
                coalesce(sum(samples) filter (where seq >= first), 0)::bigint as samples_counted
            from gone, journal
         )
         select m.all_of, m.bytes, m.samples, m.counted, m.samples_counted,
            (select count(*) from letters), (select count(*) from letters, journal where seq >= first)
         from messages m"
    )
}

impl Deleted {
    fn of(row: &sqlx::postgres::PgRow) -> Self {
        let count = |at| row.get::<i64, _>(at).unsigned_abs();
        Self {
            messages: count(0),
            dead_letters: count(5),
            samples: count(2),
            bytes: count(1),
            in_ledger: InLedger {
                messages: count(3),
                dead_lettered: count(6),
                samples: count(4),
            },
        }
    }
}
