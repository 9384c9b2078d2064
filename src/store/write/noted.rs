//! What messages say of series and topics beside their samples: units, and whether values are
//! still true.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::FixedState;
use sqlx::PgConnection;

use crate::message::Timestamp;
use crate::store::batch::RowBatch;
use crate::store::dictionary::Dictionary;
use crate::store::error::StoreError;
use crate::store::wire::Instant;

/// What a batch says, by the numbers of series and topics.
#[derive(Debug, Default)]
pub(in crate::store) struct Noted {
    /// The topic of each series, and its unit.
    pub(in crate::store) units: HashMap<i32, (i32, Arc<str>), FixedState>,
    pub(in crate::store) stale: HashMap<i32, StaleMark, FixedState>,
}

/// Since when the values of a topic are no longer true.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct StaleMark {
    /// Whether they have been true again in between: then what was before does not count.
    pub(in crate::store) is_reset: bool,
    pub(in crate::store) since: Option<Timestamp>,
}

impl StaleMark {
    /// Beside what `before` was: the first time counts.
    pub(in crate::store) fn beside(self, before: Option<Timestamp>) -> Option<Timestamp> {
        if self.is_reset {
            self.since
        } else {
            before.or(self.since)
        }
    }
}

impl Noted {
    /// What the rows of `batch` say: of each its topic and where its series are in `series` is
    /// `placed`.
    pub(super) fn of(
        batch: &RowBatch,
        placed: &[(Option<i32>, Range<usize>)],
        series: &[i32],
        names: &Dictionary,
    ) -> Self {
        let mut noted = Self::default();
        for (row, (topic_id, placed)) in batch.rows.iter().zip(placed) {
            let Some(remarks) = &row.remarks else {
                continue;
            };
            for (place, unit) in &remarks.units {
                let of_row = series.get(placed.clone());
                let id = of_row.and_then(|series| series.get(*place));
                if let (Some(id), Some(topic_id)) = (id, topic_id)
                    && *id != 0
                {
                    noted.units.insert(*id, (*topic_id, Arc::clone(unit)));
                }
            }
            for (topic, since) in &remarks.stale {
                let Some(id) = names.id_of(topic) else {
                    continue;
                };
                let mark = noted.stale.entry(id).or_default();
                match since {
                    None => {
                        *mark = StaleMark {
                            is_reset: true,
                            since: None,
                        }
                    }
                    Some(since) => {
                        mark.since.get_or_insert(*since);
                    }
                }
            }
        }
        noted
    }

    /// Part of a batch's transaction, behind its names.
    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if !self.units.is_empty() {
            let (ids, units): (Vec<i32>, Vec<&str>) = self
                .units
                .iter()
                .map(|(id, (_, unit))| (*id, &**unit))
                .unzip();
            sqlx::query(
                "update unspool.series s set unit = u.unit
                 from unnest($1::integer[], $2::text[]) as u (id, unit)
                 where s.id = u.id and s.unit is distinct from u.unit",
            )
            .bind(ids)
            .bind(units)
            .execute(&mut *connection)
            .await
            .map_err(StoreError::while_doing("note units"))?;
        }
        if !self.stale.is_empty() {
            let marks = self.stale.iter();
            let ids: Vec<i32> = marks.clone().map(|(id, _)| *id).collect();
            let resets: Vec<bool> = marks.clone().map(|(_, mark)| mark.is_reset).collect();
            let times: Vec<Option<Instant>> =
                marks.map(|(_, mark)| mark.since.map(Instant)).collect();
            sqlx::query(
                "update unspool.topic t set stale_since = s.since
                 from (
                    select t.id, case when m.reset then m.since
                        else coalesce(t.stale_since, m.since) end as since
                    from unnest($1::integer[], $2::boolean[], $3::timestamptz[])
                        as m (id, reset, since)
                    join unspool.topic t on t.id = m.id
                 ) s
                 where t.id = s.id and t.stale_since is distinct from s.since",
            )
            .bind(ids)
            .bind(resets)
            .bind(times)
            .execute(connection)
            .await
            .map_err(StoreError::while_doing("note which values are stale"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_death_counts_until_there_is_a_birth() {
        let (one, two) = (Some(Timestamp(1)), Some(Timestamp(2)));
        for (is_reset, since, before, expected) in [
            (false, two, None, two),
            (false, two, one, one),
            (true, two, one, two),
            (true, None, one, None),
        ] {
            let mark = StaleMark { is_reset, since };
            assert_eq!(mark.beside(before), expected);
        }
    }
}
