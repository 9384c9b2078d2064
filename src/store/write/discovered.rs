//! Noting what the announcements of a batch say of series, those that there are and those to come.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use sqlx::PgConnection;

use super::piece::pieces;
use crate::message::{DescribedSeries, SeriesText, Topic};
use crate::store::batch::RowBatch;
use crate::store::dictionary::Dictionary;
use crate::store::discoveries::{Announcement, SeriesName};
use crate::store::error::StoreError;

/// About how many bytes of announcements one statement brings.
const STATEMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a batch changes.
#[derive(Debug, Default)]
pub(in crate::store) struct Discovered {
    /// The topic of each series, and what is said of the series now.
    pub(in crate::store) texts: HashMap<i32, (i32, SeriesText), FixedState>,
    /// What each topic of announcements says now.
    announcements: Vec<Announcement>,
    /// How many series are described that there is no room for.
    pub(super) refused: u64,
}

impl Discovered {
    /// What the rows of `batch` say, and what was said before of the series that it brings.
    pub(super) fn of(batch: &RowBatch, names: &mut Dictionary) -> Self {
        let mut discovered = Self::default();
        let mut announcers: HashSet<&Topic, FixedState> = HashSet::default();
        let mut concerned: HashSet<SeriesName, FixedState> = HashSet::default();
        for row in &batch.rows {
            let remarks = row.remarks.as_deref();
            let Some(described) = remarks.and_then(|remarks| remarks.described.as_ref()) else {
                continue;
            };
            announcers.insert(&row.message.topic);
            let (series, refused) = names.discoveries().announce(Announcement {
                announcer: row.message.topic.clone(),
                seq: row.message.offset,
                series: described.clone(),
            });
            concerned.extend(series);
            discovered.refused += refused;
        }
        concerned.extend(names.new_series_described());
        for name in concerned {
            if let Some((topic_id, id)) = names.series_of(&name) {
                let text = names.discoveries().text(&name).unwrap_or_default();
                discovered.texts.insert(id, (topic_id, text));
            }
        }
        let announcers = announcers.into_iter();
        let announcements = announcers.map(|announcer| names.discoveries().of(announcer));
        discovered.announcements = announcements.collect();
        discovered
    }

    /// Part of a batch's transaction, behind its names.
    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        self.write_announcements(connection).await?;
        if self.texts.is_empty() {
            return Ok(());
        }
        let texts = self.texts.iter();
        let ids: Vec<i32> = texts.clone().map(|(id, _)| *id).collect();
        let units = texts.clone().map(|(_, (_, text))| text.unit.as_deref());
        let descriptions = texts.map(|(_, (_, text))| text.description.as_deref());
        sqlx::query(
            "update unspool.series s set discovered_unit = u.unit, description = u.description
             from unnest($1::integer[], $2::text[], $3::text[]) as u (id, unit, description)
             where s.id = u.id and (s.discovered_unit is distinct from u.unit
                or s.description is distinct from u.description)",
        )
        .bind(ids)
        .bind(units.collect::<Vec<_>>())
        .bind(descriptions.collect::<Vec<_>>())
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("note what is said of series"))?;
        Ok(())
    }

    async fn write_announcements(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.announcements.is_empty() {
            return Ok(());
        }
        let failed = StoreError::while_doing("note announcements");
        let announcements = self.announcements.iter();
        let announcers = announcements.clone().map(|one| one.announcer.as_str());
        sqlx::query("delete from unspool.discovered where announcer = any($1)")
            .bind(announcers.collect::<Vec<_>>())
            .execute(&mut *connection)
            .await
            .map_err(&failed)?;
        let rows = announcements.flat_map(|one| one.series.iter().map(move |series| (one, series)));
        let rows: Vec<(&Announcement, &DescribedSeries)> = rows.collect();
        for rows in pieces(&rows, STATEMENT_BYTES_MAX, |(_, series)| bytes(series)) {
            insert(connection, rows).await.map_err(&failed)?;
        }
        Ok(())
    }
}

async fn insert(
    connection: &mut PgConnection,
    rows: &[(&Announcement, &DescribedSeries)],
) -> Result<(), sqlx::Error> {
    let announcers = rows.iter().map(|(one, _)| one.announcer.as_str());
    let seqs = rows.iter().map(|(one, _)| one.seq.0.cast_signed());
    let series = rows.iter().map(|(_, series)| series);
    sqlx::query(
        "insert into unspool.discovered (announcer, seq, topic, path, unit, description)
         select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[],
            $6::text[])",
    )
    .bind(announcers.collect::<Vec<_>>())
    .bind(seqs.collect::<Vec<_>>())
    .bind(
        series
            .clone()
            .map(|it| it.topic.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(series.clone().map(|it| &*it.path).collect::<Vec<_>>())
    .bind(
        series
            .clone()
            .map(|it| it.text.unit.as_deref())
            .collect::<Vec<_>>(),
    )
    .bind(
        series
            .map(|it| it.text.description.as_deref())
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// About how many bytes a row takes, with the longest name of an announcer.
fn bytes(series: &DescribedSeries) -> usize {
    1024 + series.topic.as_str().len() + series.path.len()
}
