//! Making the rollups of an hour.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::Rollup;
use super::row::{MINUTES, NO_MINUTES, WHOLE, put, rollup_at};
use crate::message::Timestamp;
use crate::store::answer::RawSample;
use crate::store::blocks::{PIECE_SERIES, SAMPLES, samples_at, series_of_piece};
use crate::store::bucket::{DAY, HOUR};
use crate::store::error::StoreError;
use crate::store::retention::{ClassId, Sealed};
use crate::store::state::StoreState;
use crate::store::wire::{CopyRows, Instant};

/// Of more samples than these in an hour no rollup is made: they are read as they are.
const SAMPLES_MAX: i64 = 1_000_000;

/// Makes the rollups of an hour that are not as what there is of it, of series with numbers behind the
/// first of the window and up to its last, some of them at a time; answers up to which series it came,
/// `None` where all are made.
pub(in crate::store) async fn roll_up(
    connection: &mut PgConnection,
    state: &StoreState,
    hour: Timestamp,
    window: (i32, i32),
) -> Result<Option<i32>, StoreError> {
    let failed = StoreError::while_doing("roll up samples");
    let mut transaction = connection.begin().await.map_err(&failed)?;
    let series = candidates(&mut transaction, hour, window).await?;
    let Some(last) = series.last().copied() else {
        return Ok(None);
    };
    let classes = classes_of(&mut transaction, state, &series).await?;
    let of_hour = of_hour(&mut transaction, hour, &series).await?;
    replace(&mut transaction, state, (&of_hour, &classes)).await?;
    let day = Timestamp(hour.0.div_euclid(DAY) * DAY);
    if day.0 + DAY <= Timestamp::now().0 {
        let of_day = of_day(&mut transaction, day, &series).await?;
        replace(&mut transaction, state, (&of_day, &classes)).await?;
    }
    transaction.commit().await.map_err(&failed)?;
    Ok(Some(last))
}

/// The series by number of which there are other samples than those that were rolled up.
async fn candidates(
    connection: &mut PgConnection,
    hour: Timestamp,
    (after, to): (i32, i32),
) -> Result<Vec<i32>, StoreError> {
    let rows = sqlx::query(
        "select b.series_id, b.n from (
            select series_id, sum(n)::bigint as n, max(seq_max) as seq_max
            from unspool.sample_block_all
            where t_min >= $1 and t_min < $1 + interval '1 hour'
                and series_id > $2 and series_id <= $5
            group by series_id
         ) b
         left join unspool.rollup_all r
            on r.series_id = b.series_id and r.hours = 1 and r.start = $1
         where b.n <= $3 and (r.n is distinct from b.n or r.seq_max is distinct from b.seq_max)
         order by b.series_id limit $4",
    )
    .bind(Instant(hour))
    .bind(after)
    .bind(SAMPLES_MAX)
    .bind(PIECE_SERIES)
    .bind(to)
    .fetch_all(connection)
    .await
    .map_err(StoreError::while_doing("look for samples to roll up"))?;
    Ok(series_of_piece(&rows))
}

async fn of_hour(
    connection: &mut PgConnection,
    hour: Timestamp,
    series: &[i32],
) -> Result<Vec<(i32, Rollup)>, StoreError> {
    let failed = StoreError::while_doing("read samples to roll up");
    let statement = format!(
        "select series_id, {} from unspool.sample_block_all
         where series_id = any($1) and t_min >= $2 and t_min < $2 + interval '1 hour'
         order by series_id",
        SAMPLES.join(", ")
    );
    let mut rows = sqlx::query(AssertSqlSafe(statement))
        .bind(series)
        .bind(Instant(hour))
        .fetch(connection);
    let mut rollups = Vec::new();
    let mut one: Option<(i32, Vec<RawSample>)> = None;
    let mut finish = |one: Option<(i32, Vec<RawSample>)>| {
        if let Some((series, mut samples)) = one {
            samples.sort_by_key(|it| (it.time, it.seq));
            rollups.push((series, Rollup::of_hour(hour, &samples)));
        }
    };
    while let Some(row) = rows.try_next().await.map_err(&failed)? {
        let samples = samples_at(&row, 1).map_err(&failed)?;
        let series: i32 = row.get(0);
        match &mut one {
            Some((of, all)) if *of == series => all.extend(samples),
            _ => finish(one.replace((series, samples))),
        }
    }
    finish(one);
    Ok(rollups)
}

async fn of_day(
    connection: &mut PgConnection,
    day: Timestamp,
    series: &[i32],
) -> Result<Vec<(i32, Rollup)>, StoreError> {
    let failed = StoreError::while_doing("read the hours of a day");
    let statement = format!(
        "select series_id, {WHOLE}, {NO_MINUTES} from unspool.rollup_all
         where series_id = any($1) and hours = 1 and start >= $2 and start < $3
         order by series_id, start"
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(series)
        .bind(Instant(day))
        .bind(Instant(Timestamp(day.0 + 24 * HOUR)))
        .fetch_all(connection)
        .await
        .map_err(&failed)?;
    let mut hours: BTreeMap<i32, Vec<Rollup>> = BTreeMap::new();
    for row in &rows {
        let hour = rollup_at(row, 1).map_err(&failed)?;
        hours.entry(row.get(0)).or_default().push(hour);
    }
    let hours = hours.into_iter();
    Ok(hours
        .map(|(series, hours)| (series, Rollup::of_day(day, &hours)))
        .collect())
}

/// Puts rollups in the place of those of the same time that there are.
async fn replace(
    connection: &mut PgConnection,
    state: &StoreState,
    (rollups, classes): (&[(i32, Rollup)], &Classes),
) -> Result<(), StoreError> {
    let Some((_, first)) = rollups.first() else {
        return Ok(());
    };
    let failed = StoreError::while_doing("write rollups");
    let series: Vec<i32> = rollups.iter().map(|(series, _)| *series).collect();
    for table in state.retention.tables(Sealed::Rollups) {
        let statement = format!(
            "delete from unspool.{table} where series_id = any($1) and hours = $2 and start = $3"
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(&series)
            .bind(first.hours)
            .bind(Instant(first.start))
            .execute(&mut *connection)
            .await
            .map_err(&failed)?;
    }
    let mut by_class: BTreeMap<ClassId, CopyRows> = BTreeMap::new();
    for (series, rollup) in rollups {
        let class = classes.get(series).copied().unwrap_or_default();
        let rows = by_class
            .entry(class)
            .or_insert_with(|| CopyRows::with_capacity(1 << 16));
        put(*series, rollup, rows);
    }
    for (class, rows) in by_class {
        let table = Sealed::Rollups.table(class);
        let statement = format!(
            "copy unspool.{table} (series_id, {WHOLE}, {MINUTES}) from stdin (format binary)"
        );
        let mut copy = connection.copy_in_raw(&statement).await.map_err(&failed)?;
        copy.send(rows.finish()).await.map_err(&failed)?;
        copy.finish().await.map_err(&failed)?;
    }
    Ok(())
}

/// The classes of the rollups of series, but for the rest.
type Classes = HashMap<i32, ClassId, FixedState>;

/// Those of these series.
async fn classes_of(
    connection: &mut PgConnection,
    state: &StoreState,
    series: &[i32],
) -> Result<Classes, StoreError> {
    let mut classes = Classes::default();
    if !state.retention.has_classes() {
        return Ok(classes);
    }
    let rows = sqlx::query("select id, topic_id from unspool.series where id = any($1)")
        .bind(series)
        .fetch_all(connection)
        .await
        .map_err(StoreError::while_doing("find the topics of series"))?;
    for row in &rows {
        if let Some(topic) = state.catalog.name(row.get(1)) {
            let class = state.retention.classes_of(&topic)[Sealed::Rollups as usize];
            classes.insert(row.get(0), class);
        }
    }
    Ok(classes)
}
