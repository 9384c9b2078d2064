//! Writing counts and last values to `topic` and `series`, behind the messages.
//!
//! Done with each batch it would cost more than the messages themselves where there are many
//! topics; done every few seconds it costs next to nothing. In small pieces with pauses between:
//! messages must not wait for it (measured: publish to visible in REST with 25,000 series at 5,000
//! messages/s, p99 90 to 160 ms in one piece). What is not yet written is still hot, since a slot
//! is sealed only after a flush, and is counted again by [`super::load`].

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use sqlx::{Connection, PgConnection};

use super::data::CatalogData;
use super::lookup::Catalog;
use crate::message::Offset;
use crate::store::connect::within;
use crate::store::error::StoreError;
use crate::store::wire::{Instant, clean};

/// How many rows are written at a time.
const PIECE_ROWS: usize = 500;

/// How long one of its statements may take.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How a flush goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum FlushPace {
    /// With a pause after each piece, as long as that took.
    Easy,
    /// As fast as it goes.
    Quick,
}

/// Columns of `topic` and `series` to write.
#[derive(Debug, Default)]
struct Behind {
    next: Offset,
    topic_ids: Vec<i32>,
    first_seen: Vec<Instant>,
    last_seen: Vec<Instant>,
    last_seqs: Vec<i64>,
    messages: Vec<i64>,
    bytes: Vec<i64>,
    series_of: Vec<i32>,
    series_ids: Vec<i32>,
    seqs: Vec<i64>,
    times: Vec<Instant>,
    values: Vec<Option<f64>>,
    texts: Vec<Option<String>>,
    time_sources: Vec<&'static str>,
    /// Those that are behind.
    units: Vec<Option<String>>,
    /// Of the series that are behind in what a rule says.
    ruled: Vec<RuledText>,
}

/// What a rule says of a series, which may be nothing.
#[derive(Debug)]
struct RuledText {
    topic: i32,
    series: i32,
    unit: Option<String>,
    description: Option<String>,
}

impl Catalog {
    /// Up to where the catalog has everything.
    pub(in crate::store) fn next(&self) -> Offset {
        self.read().next
    }

    /// Writes what has changed; answers up to where.
    pub(in crate::store) async fn flush(
        &self,
        connection: &mut PgConnection,
        pace: FlushPace,
    ) -> Result<Offset, StoreError> {
        let _alone = self.flushing.lock().await;
        let mut taken = Flush {
            behind: self.write().take_behind(),
            catalog: self,
            is_written: false,
        };
        taken.behind.write(connection, pace).await?;
        taken.is_written = true;
        Ok(taken.behind.next)
    }
}

/// What is being written; given back if it is not, also where nobody waits for it any longer.
struct Flush<'a> {
    catalog: &'a Catalog,
    behind: Behind,
    is_written: bool,
}

impl Drop for Flush<'_> {
    fn drop(&mut self) {
        if !self.is_written {
            self.catalog.write().give_back(&self.behind);
        }
    }
}

impl CatalogData {
    fn take_behind(&mut self) -> Behind {
        let mut behind = Behind {
            next: self.next,
            ..Behind::default()
        };
        let mut dirty: Vec<_> = self.topics.values_mut().filter(|it| it.dirty).collect();
        // As their rows lie.
        dirty.sort_unstable_by_key(|topic| topic.id);
        for topic in dirty {
            topic.dirty = false;
            behind.topic_ids.push(topic.id);
            behind.first_seen.push(Instant(topic.first_seen));
            behind.last_seen.push(Instant(topic.received_at));
            behind.last_seqs.push(topic.seq.0.cast_signed());
            behind.messages.push(topic.messages.cast_signed());
            behind.bytes.push(topic.bytes.cast_signed());
            for series in topic.series.iter_mut().filter(|series| series.dirty) {
                let Some(last) = &series.last else {
                    continue;
                };
                series.dirty = false;
                let is_unit_dirty = std::mem::take(&mut series.is_unit_dirty);
                let unit = series.unit.as_deref().filter(|_| is_unit_dirty);
                behind.units.push(unit.map(|unit| clean(unit).into_owned()));
                if std::mem::take(&mut series.is_ruled_dirty) {
                    let ruled = series.ruled.as_deref();
                    let part = |part: Option<&Arc<str>>| part.map(|it| clean(it).into_owned());
                    behind.ruled.push(RuledText {
                        topic: topic.id,
                        series: series.id,
                        unit: part(ruled.and_then(|text| text.unit.as_ref())),
                        description: part(ruled.and_then(|text| text.description.as_ref())),
                    });
                }
                behind.time_sources.push(series.time_source.name());
                behind.series_of.push(topic.id);
                behind.series_ids.push(series.id);
                behind.seqs.push(last.seq.0.cast_signed());
                behind.times.push(Instant(last.time));
                behind.values.push(last.value);
                behind
                    .texts
                    .push(last.text.as_deref().map(|text| clean(text).into_owned()));
            }
        }
        behind
    }

    fn give_back(&mut self, behind: &Behind) {
        for id in &behind.topic_ids {
            if let Some(topic) = self.topic_mut(*id) {
                topic.dirty = true;
            }
        }
        let series = behind.series_of.iter().zip(&behind.series_ids);
        for ((topic, series), unit) in series.zip(&behind.units) {
            let topic = self.topic_mut(*topic);
            if let Some(series) = topic.and_then(|topic| topic.series_mut(*series)) {
                series.dirty = true;
                series.is_unit_dirty |= unit.is_some();
            }
        }
        for ruled in &behind.ruled {
            let topic = self.topic_mut(ruled.topic);
            if let Some(series) = topic.and_then(|topic| topic.series_mut(ruled.series)) {
                series.is_ruled_dirty = true;
            }
        }
    }
}

impl Behind {
    /// The last values come first, piece by piece: the mirror changes rows of `series`, too, and
    /// must not wait for the pauses. They may be ahead of the counts, which are of one transaction,
    /// since they belong to one place in the journal.
    async fn write(
        &self,
        connection: &mut PgConnection,
        pace: FlushPace,
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_doing("write the topics' counts");
        for piece in pieces(self.series_ids.len()) {
            let began = Moment::now();
            let work = self.write_series(connection, piece);
            limited(work).await?.map_err(&failed)?;
            pace.pause(began).await;
        }
        for ruled in self.ruled.chunks(PIECE_ROWS) {
            limited(write_ruled(connection, ruled))
                .await?
                .map_err(&failed)?;
        }
        let mut transaction = connection.begin().await.map_err(&failed)?;
        for piece in pieces(self.topic_ids.len()) {
            let began = Moment::now();
            let work = self.write_topics(&mut transaction, piece);
            limited(work).await?.map_err(&failed)?;
            pace.pause(began).await;
        }
        let work = sqlx::query("update unspool.catalog set next_offset = $1")
            .bind(self.next.0.cast_signed())
            .execute(&mut *transaction);
        limited(work).await?.map_err(&failed)?;
        limited(transaction.commit()).await?.map_err(&failed)
    }

    async fn write_topics(
        &self,
        connection: &mut PgConnection,
        piece: Range<usize>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update unspool.topic t
             set first_seen = u.first_seen, last_seen = u.last_seen, last_seq = u.last_seq,
                messages = u.messages, bytes = u.bytes
             from unnest($1::integer[], $2::timestamptz[], $3::timestamptz[], $4::bigint[],
                $5::bigint[], $6::bigint[])
                as u (id, first_seen, last_seen, last_seq, messages, bytes)
             where t.id = u.id",
        )
        .bind(&self.topic_ids[piece.clone()])
        .bind(&self.first_seen[piece.clone()])
        .bind(&self.last_seen[piece.clone()])
        .bind(&self.last_seqs[piece.clone()])
        .bind(&self.messages[piece.clone()])
        .bind(&self.bytes[piece])
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn write_series(
        &self,
        connection: &mut PgConnection,
        piece: Range<usize>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update unspool.series s
             set last_seq = u.seq, last_time = u.time, last_value = u.value, last_text = u.text,
                time_source = u.source, unit = coalesce(u.unit, s.unit)
             from unnest($1::integer[], $2::bigint[], $3::timestamptz[], $4::float8[], $5::text[],
                $6::text[], $7::text[])
                as u (id, seq, time, value, text, source, unit)
             where s.id = u.id",
        )
        .bind(&self.series_ids[piece.clone()])
        .bind(&self.seqs[piece.clone()])
        .bind(&self.times[piece.clone()])
        .bind(&self.values[piece.clone()])
        .bind(&self.texts[piece.clone()])
        .bind(&self.time_sources[piece.clone()])
        .bind(&self.units[piece])
        .execute(connection)
        .await?;
        Ok(())
    }
}

async fn write_ruled(
    connection: &mut PgConnection,
    ruled: &[RuledText],
) -> Result<(), sqlx::Error> {
    let ids: Vec<i32> = ruled.iter().map(|one| one.series).collect();
    let units: Vec<Option<&str>> = ruled.iter().map(|one| one.unit.as_deref()).collect();
    let descriptions = ruled.iter().map(|one| one.description.as_deref());
    sqlx::query(
        "update unspool.series s set rule_unit = u.unit, rule_description = u.description
         from unnest($1::integer[], $2::text[], $3::text[]) as u (id, unit, description)
         where s.id = u.id",
    )
    .bind(ids)
    .bind(units)
    .bind(descriptions.collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Nothing that a flush does takes long, unless the connection is dead.
async fn limited<T>(work: impl Future<Output = T>) -> Result<T, StoreError> {
    within("write the topics' counts", STATEMENT_TIMEOUT, work).await
}

/// So many rows, piece by piece.
fn pieces(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let begin = (0..rows).step_by(PIECE_ROWS);
    begin.map(move |at| at..rows.min(at + PIECE_ROWS))
}

impl FlushPace {
    async fn pause(self, began: Moment) {
        if self == Self::Easy {
            tokio::time::sleep(began.elapsed()).await;
        }
    }
}
