//! Filling the catalog from the tables when the server starts.
//!
//! `topic` and `series` have counts and last values up to a place that the table `catalog` names;
//! what came later is still hot (see [`super::flush`]) and is added to them here.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use foldhash::fast::FixedState;
use futures_util::TryStreamExt as _;
use sqlx::{PgConnection, Row as _};

use super::data::{CatalogData, PAYLOAD_BYTES_MAX, PAYLOADS_BYTES_MAX};
use super::lookup::Catalog;
use super::state::{SeriesState, TopicState};
use crate::message::{ClientId, Offset, SeriesText, TimeSource, Timestamp, Topic};
use crate::store::answer::{RawSample, SeriesKind};
use crate::store::dictionary::Dictionary;
use crate::store::error::StoreError;
use crate::store::properties::{is_stripped, qos_and_retain};
use crate::store::wire::Instant;

type LoadedTopics = HashMap<i32, TopicState, FixedState>;

impl Catalog {
    /// Reads everything, and tells `names` what there is. `next` is where the mirror stands.
    pub(in crate::store) async fn load(
        &self,
        connection: &mut PgConnection,
        names: &mut Dictionary,
        next: Offset,
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_doing("read the topics");
        let from: i64 = sqlx::query("select next_offset from unspool.catalog")
            .fetch_one(&mut *connection)
            .await
            .map_err(&failed)?
            .get(0);
        let mut topics = read_topics(connection, names).await.map_err(&failed)?;
        read_series(connection, &mut topics, names)
            .await
            .map_err(&failed)?;
        add_hot_messages(connection, &mut topics, from)
            .await
            .map_err(&failed)?;
        add_hot_samples(connection, &mut topics, from)
            .await
            .map_err(&failed)?;
        read_payloads(connection, &mut topics)
            .await
            .map_err(&failed)?;
        let mut inner = self.write();
        *inner = CatalogData::default();
        let mut topics: Vec<TopicState> = topics.into_values().collect();
        topics.sort_unstable_by_key(|topic| topic.id);
        for topic in topics {
            inner.payloads_bytes += topic.payload.as_ref().map_or(0, Bytes::len);
            inner.add_topic(topic);
        }
        inner.advance(next);
        Ok(())
    }
}

async fn read_topics(
    connection: &mut PgConnection,
    names: &mut Dictionary,
) -> Result<LoadedTopics, sqlx::Error> {
    let mut topics = LoadedTopics::default();
    let mut rows = sqlx::query(
        "select id, name, first_seen, last_seen, last_seq, messages, bytes, client,
            stale_since
         from unspool.topic",
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let Ok(topic) = Topic::new(row.get::<&str, _>(1)) else {
            continue;
        };
        let id = row.get(0);
        names.know_topic(topic.clone(), id, ClientId(row.get::<&str, _>(7).into()));
        let mut state = TopicState::new(topic, id);
        state.first_seen = row.get::<Instant, _>(2).0;
        state.received_at = row.get::<Instant, _>(3).0;
        state.seq = Offset(row.get::<i64, _>(4).cast_unsigned());
        state.messages = row.get::<i64, _>(5).cast_unsigned();
        state.bytes = row.get::<i64, _>(6).cast_unsigned();
        state.stale_since = row.get::<Option<Instant>, _>(8).map(|since| since.0);
        topics.insert(id, state);
    }
    Ok(topics)
}

async fn read_series(
    connection: &mut PgConnection,
    topics: &mut LoadedTopics,
    names: &mut Dictionary,
) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query(
        "select id, topic_id, path, kind, unit, last_seq, last_time, last_value, last_text,
            time_source, discovered_unit, description, rule_unit, rule_description
         from unspool.series order by id",
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let Some(topic) = topics.get_mut(&row.get(1)) else {
            continue;
        };
        let id = row.get(0);
        let path: Arc<str> = row.get::<&str, _>(2).into();
        let kind = kind_of(row.get(3));
        names.know_series(&topic.topic, Arc::clone(&path), id, kind);
        let mut state = SeriesState::new(id, path, kind);
        state.unit = row.get::<Option<&str>, _>(4).map(Into::into);
        let said = |unit, description| {
            let text = SeriesText {
                unit: row.get::<Option<&str>, _>(unit).map(Into::into),
                description: row.get::<Option<&str>, _>(description).map(Into::into),
            };
            (text != SeriesText::default()).then(|| Arc::new(text))
        };
        state.discovered = said(10, 11);
        state.ruled = said(12, 13);
        state.time_source = TimeSource::named(row.get(9)).unwrap_or_default();
        state.last = row.get::<Option<i64>, _>(5).map(|seq| RawSample {
            seq: Offset(seq.cast_unsigned()),
            time: row
                .get::<Option<Instant>, _>(6)
                .map_or_else(Timestamp::default, |i| i.0),
            value: row.get(7),
            text: row.get(8),
        });
        topic.series.push(state);
    }
    Ok(())
}

fn kind_of(number: i16) -> SeriesKind {
    match number {
        1 => SeriesKind::Number,
        2 => SeriesKind::Bool,
        3 => SeriesKind::Text,
        _ => SeriesKind::Mixed,
    }
}

async fn add_hot_messages(
    connection: &mut PgConnection,
    topics: &mut LoadedTopics,
    from: i64,
) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query(
        "select topic_id, count(*), sum(octet_length(payload))::bigint, min(received_at),
            max(received_at), max(seq)
         from unspool.message_hot where seq >= $1 group by topic_id",
    )
    .bind(from)
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let Some(topic) = topics.get_mut(&row.get(0)) else {
            continue;
        };
        if topic.messages == 0 {
            topic.first_seen = row.get::<Instant, _>(3).0;
        }
        topic.messages += row.get::<i64, _>(1).cast_unsigned();
        topic.bytes += row.get::<i64, _>(2).cast_unsigned();
        topic.received_at = row.get::<Instant, _>(4).0;
        topic.seq = Offset(row.get::<i64, _>(5).cast_unsigned());
        topic.dirty = true;
    }
    Ok(())
}

async fn add_hot_samples(
    connection: &mut PgConnection,
    topics: &mut LoadedTopics,
    from: i64,
) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query(
        "select distinct on (u.series_id) m.topic_id, u.series_id, m.seq,
            coalesce(u.time, m.received_at), u.value, u.text
         from unspool.message_hot m,
            unnest(m.series, m.times, m.\"values\", m.texts) as u (series_id, time, value, text)
         where m.seq >= $1
         order by u.series_id, m.seq desc",
    )
    .bind(from)
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let topic = topics.get_mut(&row.get(0));
        if let Some(series) = topic.and_then(|topic| topic.series_mut(row.get(1))) {
            series.dirty = true;
            series.last = Some(RawSample {
                seq: Offset(row.get::<i64, _>(2).cast_unsigned()),
                time: row.get::<Instant, _>(3).0,
                value: row.get(4),
                text: row.get(5),
            });
        }
    }
    Ok(())
}

/// The last message of each topic: those that are hot in one scan, the others by the index in the
/// partition of their day.
async fn read_payloads(
    connection: &mut PgConnection,
    topics: &mut LoadedTopics,
) -> Result<(), sqlx::Error> {
    let (ids, seqs, times): (Vec<i32>, Vec<i64>, Vec<Instant>) = topics
        .values()
        .filter(|topic| topic.messages > 0)
        .map(|topic| {
            (
                topic.id,
                topic.seq.0.cast_signed(),
                Instant(topic.received_at),
            )
        })
        .collect();
    let mut kept = 0;
    let mut rows = sqlx::query(
        "with last as materialized (
            select * from unnest($1::integer[], $2::bigint[], $3::timestamptz[])
                as l (topic_id, seq, received_at)
         )
         select l.topic_id, m.flags, octet_length(m.payload),
            case when octet_length(m.payload) <= $4 then m.payload end,
            case when octet_length(m.payload) > $4 then substr(m.payload, 1, 16) end
         from last l join unspool.message_hot m on m.seq = l.seq
         where not exists (
            select from unspool.hot_slot h where h.slot = m.slot and h.state = 'sealed'
         )
         union all
         select l.topic_id, m.flags, octet_length(m.payload),
            case when octet_length(m.payload) <= $4 then m.payload end,
            case when octet_length(m.payload) > $4 then substr(m.payload, 1, 16) end
         from last l
         cross join lateral (
            select flags, payload from unspool.message_sealed_all m
            where m.seq = l.seq and m.received_at = l.received_at
            limit 1
         ) m",
    )
    .bind(ids)
    .bind(seqs)
    .bind(times)
    .bind(i32::try_from(PAYLOAD_BYTES_MAX).unwrap_or(i32::MAX))
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let Some(topic) = topics.get_mut(&row.get(0)) else {
            continue;
        };
        (topic.qos, topic.retain) = qos_and_retain(row.get(1));
        topic.is_stripped = is_stripped(row.get(1));
        topic.payload_bytes = u64::try_from(row.get::<i32, _>(2)).unwrap_or_default();
        let (whole, head): (Option<&[u8]>, Option<&[u8]>) = (row.get(3), row.get(4));
        if let Some(payload) = whole
            && kept + payload.len() <= PAYLOADS_BYTES_MAX
        {
            kept += payload.len();
            topic.payload = Some(Bytes::copy_from_slice(payload));
        }
        if let Some(bytes) = whole.or(head) {
            topic.kind = crate::message::classify(bytes);
        }
    }
    Ok(())
}
