//! When.

use sqlx::AssertSqlSafe;

use crate::message::{Offset, Timestamp};
use crate::store::answer::RawSample;
use crate::store::bucket::DAY;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::slots::HOT_FROM;
use crate::store::wire::Instant;

/// Which moment is asked about, and by which of its times something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// What was true then, as is known now: the last sample of each series by event time.
    EventTime(Timestamp),
    /// What was known then: the last sample of each series by receipt.
    Receipt(Timestamp),
}

impl Moment {
    pub fn time(self) -> Timestamp {
        match self {
            Self::EventTime(at) | Self::Receipt(at) => at,
        }
    }

    /// Of two samples the one with the greater rank counts.
    pub(super) fn rank(self, sample: &RawSample) -> (i64, i64) {
        let (time, seq) = (sample.time.0, sample.seq.0.cast_signed());
        match self {
            Self::EventTime(_) => (time, seq),
            Self::Receipt(_) => (seq, time),
        }
    }
}

impl Store {
    /// The last message up to `up_to` that was received at or before `at`. Receipt follows `seq`, so
    /// that it is looked for by halves.
    pub(super) async fn seen_at(&self, at: Timestamp, up_to: Offset) -> Result<Offset, StoreError> {
        let doing = "find the message of a moment";
        let hot_rows = self.state().slots.hot_rows();
        let statement = format!(
            "with h as materialized ({HOT_FROM})
             select max(m.seq), min(h.first_seq) from h
             left join {hot_rows} as m
                on m.seq >= h.first_seq and m.seq <= $1 and m.received_at <= $2"
        );
        let hot = sqlx::query_as(AssertSqlSafe(statement))
            .bind(up_to.0.cast_signed())
            .bind(Instant(at))
            .fetch_one(&self.state().readers);
        let (hot, _): (Option<i64>, Option<i64>) = self.ask(doing, hot).await?;
        if let Some(hot) = hot {
            return Ok(Offset(hot.cast_unsigned()));
        }
        let day = Timestamp(at.0.div_euclid(DAY).saturating_mul(DAY));
        let of_day = sqlx::query_scalar(
            "with recursive search (low, high) as (
                select min(seq) - 1, max(seq) from unspool.message_sealed_all
                where received_at >= $1 and received_at < $2
                union all
                select case when m.received_at <= $3 then m.seq else s.low end,
                    case when m.received_at <= $3 then s.high else s.middle - 1 end
                from (
                    select low, high, low + (high - low + 1) / 2 as middle
                    from search where low < high
                ) s
                cross join lateral (
                    select seq, received_at from unspool.message_sealed_all
                    where seq >= s.middle and received_at >= $1 and received_at < $2
                    order by seq limit 1
                ) m
             )
             select nullif(max(low), min(low)) from search",
        )
        .bind(Instant(day))
        .bind(Instant(Timestamp(day.0.saturating_add(DAY))))
        .bind(Instant(at))
        .fetch_one(&self.state().readers);
        let of_day: Option<i64> = self.ask(doing, of_day).await?;
        let found = if let Some(found) = of_day {
            found
        } else {
            let before = sqlx::query_scalar(
                "select coalesce(max(seq), 0) from unspool.message_sealed_all
                 where received_at < $1",
            )
            .bind(Instant(day))
            .fetch_one(&self.state().readers);
            self.ask(doing, before).await?
        };
        Ok(Offset(found.cast_unsigned()).min(up_to))
    }
}
