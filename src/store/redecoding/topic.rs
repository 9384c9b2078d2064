//! The end of a topic: its series have their last values again, and those without a sample go.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::record::Redecoding;
use super::texts::LastTexts;
use crate::store::answer::RawSample;
use crate::store::blocks::{SAMPLES, samples_at};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::wire::{Instant, clean};

/// Ends the topic that is worked on.
pub(super) async fn finish_topic(
    store: &Store,
    connection: &mut PgConnection,
    redecoding: &mut Redecoding,
    texts: &LastTexts,
) -> Result<(), StoreError> {
    let failed = StoreError::while_doing("end a topic that is decoded again");
    let state = store.state();
    let topic_id = redecoding.at_topic;
    let mut writer = store.writer().await;
    writer.know_anew(state).await?;
    // What came since then has brought its own.
    let series = state.catalog.series_up_to(topic_id, redecoding.up_to);
    let mut transaction = connection.begin().await.map_err(&failed)?;
    let last = last_samples(&mut transaction, &series).await?;
    let orphans: Vec<i32> = series
        .iter()
        .copied()
        .filter(|id| !last.contains_key(id))
        .collect();
    sqlx::query("delete from unspool.series where id = any($1)")
        .bind(&orphans)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
    write_last(&mut transaction, &last).await?;
    redecoding.is_done_with_topic();
    redecoding.update(&mut transaction).await?;
    transaction.commit().await.map_err(|error| {
        writer.doubt_names();
        failed(error)
    })?;
    if let Some(topic) = state.catalog.name(topic_id) {
        writer.names().remove_series(&topic, &orphans);
    }
    state.catalog.remove_series(topic_id, &orphans);
    for (id, sample) in last {
        state.catalog.put_last((topic_id, id), sample, texts.of(id));
    }
    let names_bytes = writer.names().bytes();
    drop(writer);
    state.redecodings.put(redecoding.clone());
    state.show_sizes(names_bytes);
    Ok(())
}

/// The last sample of each of these series that has one.
async fn last_samples(
    connection: &mut PgConnection,
    series: &[i32],
) -> Result<HashMap<i32, RawSample, FixedState>, StoreError> {
    let failed = StoreError::while_doing("read the last values of a topic");
    let statement = format!(
        "select distinct on (series_id) series_id, {}
         from unspool.sample_block_all where series_id = any($1)
         order by series_id, seq_max desc",
        SAMPLES.join(", ")
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(series)
        .fetch_all(connection)
        .await
        .map_err(&failed)?;
    let mut last = HashMap::default();
    for row in &rows {
        let samples = samples_at(row, 1).map_err(&failed)?.into_iter();
        if let Some(sample) = samples.max_by_key(|sample| sample.seq) {
            last.insert(row.get(0), sample);
        }
    }
    Ok(last)
}

async fn write_last(
    connection: &mut PgConnection,
    last: &HashMap<i32, RawSample, FixedState>,
) -> Result<(), StoreError> {
    let samples = last.values();
    let texts = samples
        .clone()
        .map(|sample| sample.text.as_deref().map(clean));
    sqlx::query(
        "update unspool.series s
         set last_seq = u.seq, last_time = u.time, last_value = u.value, last_text = u.text
         from unnest($1::integer[], $2::bigint[], $3::timestamptz[], $4::float8[], $5::text[])
            as u (id, seq, time, value, text)
         where s.id = u.id",
    )
    .bind(last.keys().copied().collect::<Vec<_>>())
    .bind(
        samples
            .clone()
            .map(|it| it.seq.0.cast_signed())
            .collect::<Vec<_>>(),
    )
    .bind(
        samples
            .clone()
            .map(|it| Instant(it.time))
            .collect::<Vec<_>>(),
    )
    .bind(samples.map(|it| it.value).collect::<Vec<_>>())
    .bind(texts.collect::<Vec<_>>())
    .execute(connection)
    .await
    .map_err(StoreError::while_doing("write the last values of a topic"))?;
    Ok(())
}
