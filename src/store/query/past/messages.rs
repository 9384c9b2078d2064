//! One message of each topic: that of some number, or the last one up to it.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgRow;

use crate::message::{Message, Offset, Timestamp};
use crate::store::bucket::{DAY, HOUR};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::query::messages::MESSAGE;
use crate::store::slots::HOT_FROM;
use crate::store::wire::Instant;

/// Messages by the number of their topic.
pub(super) type LastMessages = HashMap<i32, Message, FixedState>;

/// How far from the moment a message is looked for: in an hour, a day, a month, anywhere. Each is one
/// statement, for those that the one before did not find; what it costs is the days that it looks into.
const SPANS: [i64; 4] = [HOUR, DAY, 32 * DAY, i64::MAX / 2];

/// Which message of a topic is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantedMessage {
    topic_id: i32,
    least: Offset,
    most: Offset,
    /// About when it was received.
    near: Timestamp,
    /// Whether it may have been received after that.
    may_be_later: bool,
}

impl WantedMessage {
    /// The last one up to `most`, which was not received after `at`.
    pub(super) fn before(topic_id: i32, most: Offset, at: Timestamp) -> Self {
        Self {
            topic_id,
            least: Offset(0),
            most,
            near: at,
            may_be_later: false,
        }
    }

    /// The message `seq`, which was most likely received about `near`.
    pub(super) fn exactly(topic_id: i32, seq: Offset, near: Timestamp) -> Self {
        Self {
            topic_id,
            least: seq,
            most: seq,
            near,
            may_be_later: true,
        }
    }

    fn range(&self, span: i64) -> (Instant, Instant) {
        let to = if self.may_be_later { span } else { 0 };
        let from = self.near.0.saturating_sub(span);
        let to = self.near.0.saturating_add(to);
        (Instant(Timestamp(from)), Instant(Timestamp(to)))
    }
}

impl Store {
    /// The messages that are wanted, as far as there are any.
    pub(super) async fn messages_then(
        &self,
        mut wanted: Vec<WantedMessage>,
    ) -> Result<LastMessages, StoreError> {
        let mut found = LastMessages::default();
        // What is hot is the newest end: what is found there is the last one.
        let hot_from = self.state().slots.hot_from();
        if wanted.iter().any(|it| it.most >= hot_from) {
            let rows = self.hot_messages_then(&wanted).await?;
            self.take(&rows, &mut wanted, &mut found);
        }
        for span in SPANS {
            if wanted.is_empty() {
                break;
            }
            let rows = self.sealed_messages_then(&wanted, span).await?;
            self.take(&rows, &mut wanted, &mut found);
        }
        Ok(found)
    }

    fn take(&self, rows: &[PgRow], wanted: &mut Vec<WantedMessage>, found: &mut LastMessages) {
        for row in rows {
            if let Some(message) = self.message_of(row) {
                found.insert(sqlx::Row::get(row, 2), message);
            }
        }
        wanted.retain(|it| !found.contains_key(&it.topic_id));
    }

    async fn hot_messages_then(&self, wanted: &[WantedMessage]) -> Result<Vec<PgRow>, StoreError> {
        let hot_rows = self.state().slots.hot_rows();
        let statement = format!(
            "with h as materialized ({HOT_FROM}),
             newest as materialized (
                select max(m.seq) as seq
                from unnest($1::integer[], $2::bigint[], $3::bigint[]) as w (topic_id, least, most)
                join {hot_rows} as m
                    on m.topic_id = w.topic_id and m.seq >= w.least and m.seq <= w.most
                where m.seq >= (select first_seq from h)
                group by m.topic_id
             )
             select {MESSAGE} from newest n join {hot_rows} as m on m.seq = n.seq
             where m.seq >= (select first_seq from h)"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(topics(wanted))
            .bind(offsets(wanted, |it| it.least))
            .bind(offsets(wanted, |it| it.most))
            .fetch_all(&self.state().readers);
        self.ask("read hot messages of a moment", rows).await
    }

    async fn sealed_messages_then(
        &self,
        wanted: &[WantedMessage],
        span: i64,
    ) -> Result<Vec<PgRow>, StoreError> {
        let (from, to): (Vec<_>, Vec<_>) = wanted.iter().map(|it| it.range(span)).unzip();
        let statement = format!(
            "select {MESSAGE}
             from unnest($1::integer[], $2::bigint[], $3::bigint[], $4::timestamptz[],
                $5::timestamptz[]) as w (topic_id, least, most, begins, ends)
             cross join lateral (
                select * from unspool.message_sealed_all m
                where m.topic_id = w.topic_id and m.seq >= w.least and m.seq <= w.most
                    and m.received_at >= w.begins and m.received_at <= w.ends
                order by m.seq desc limit 1
             ) m"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(topics(wanted))
            .bind(offsets(wanted, |it| it.least))
            .bind(offsets(wanted, |it| it.most))
            .bind(from)
            .bind(to)
            .fetch_all(&self.state().readers);
        self.ask("read sealed messages of a moment", rows).await
    }
}

fn topics(wanted: &[WantedMessage]) -> Vec<i32> {
    wanted.iter().map(|it| it.topic_id).collect()
}

fn offsets(wanted: &[WantedMessage], offset: impl Fn(&WantedMessage) -> Offset) -> Vec<i64> {
    let offsets = wanted.iter().map(|it| offset(it).0.cast_signed());
    offsets.collect()
}
