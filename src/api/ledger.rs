//! Proof that nothing was lost.
//!
//! A message is counted at three places that know nothing of each other: when it gets its place in
//! the journal's order (or is shed before), when the sync that made it durable has come back, and
//! in the transaction that brings its row into the database. What lies between two of them can
//! never be more than the records between their positions; a message lost on the way, or taken
//! twice, breaks that as soon as the positions meet.
//!
//! All counts but `shed` go on over restarts: those of the journal are in its segments, those of
//! the database beside the mirror's cursor. After a crash `received` begins at what the journal
//! holds, since nothing else had been acknowledged.

use axum::Json;
use axum::extract::State;
use prometheus_client::metrics::gauge::Gauge;
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::problem::{Problem, Problems};
use crate::message::{Cursor, Timestamp};
use crate::metrics::Metrics;
use crate::port::Counted;
use crate::store::{Mirrored, Store};

/// What was received is stored, dead-lettered, shed or on its way; counted at the entrance, at the
/// disk and in the database, so that a loss between them would show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Ledger {
    /// Messages that came in: those that were given a place in the journal's order, since it was
    /// created, and those shed.
    received: u64,
    /// QoS 0 messages that were dropped at the entrance while the journal was full, since the
    /// server started. Their publishers were promised nothing.
    shed: u64,
    /// Messages on their way to the disk, not acknowledged yet.
    pending: u64,
    /// Messages that are durable, as the journal counts them after each sync: acknowledged, where
    /// their publisher asked for that.
    acknowledged: u64,
    /// Messages that are durable and not yet in the database.
    waiting: u64,
    /// Messages in the database, as the database counts them.
    stored: u64,
    /// Messages in the database with something wrong about them, kept raw and shown as dead
    /// letters.
    dead_lettered: u64,
    /// Messages that were in the database until somebody removed their topics.
    removed: u64,
    /// Messages of which nothing is stored, since a rule says so.
    left_out: u64,
    /// Messages that were in the database until they had been kept long enough.
    expired: u64,
    /// Messages that the database will never get: it is empty or an older copy, and the journal no
    /// longer has them.
    missing: u64,
    /// The journal that the database was written from before this one, where there was another:
    /// what that one had further is in none of these counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier_journal: Option<EarlierJournal>,
    /// Whether everything received is accounted for.
    balanced: bool,
}

/// A journal that the database was written from before the present one. What it had further than
/// the database is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct EarlierJournal {
    /// Its name, as in the cursors of live streams.
    #[schema(example = "k3f9")]
    epoch: String,
    /// The last of its records that the database has.
    up_to: u64,
    /// When the last message was received that the database had then.
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<Timestamp>,
}

impl EarlierJournal {
    /// What the database has on record.
    pub(super) fn of(store: &Store) -> Option<Self> {
        let changeover = store.changed_over()?;
        let earlier = changeover.earlier?;
        let place = Cursor {
            epoch: earlier.epoch,
            next: changeover.from,
        };
        Some(Self {
            epoch: earlier.epoch.to_string(),
            up_to: place.last_seen().0,
            received_at: earlier.received_at,
        })
    }
}

impl Ledger {
    /// The account at this moment.
    pub(super) fn new(state: &super::state::AppState) -> Self {
        // Against the way of the messages: what is counted later can only be more.
        let position = state.store.mirrored();
        let counted = state.counts.counted();
        let missing = state.store.missing_messages();
        Self {
            earlier_journal: EarlierJournal::of(&state.store),
            ..Self::account(
                position,
                counted,
                missing,
                state.metrics.messages_shed.get(),
            )
        }
    }

    fn account(database: Option<Mirrored>, journal: Counted, missing: u64, shed: u64) -> Self {
        let (stored, dead_lettered, gone, cursor) = database.map_or((0, 0, [0; 3], 0), |there| {
            let cursor = there.cursor.next.0;
            let gone = [there.removed, there.left_out, there.expired];
            (there.stored, there.dead_lettered, gone, cursor)
        });
        let [removed, left_out, expired] = gone;
        let pending = journal.taken.checked_sub(journal.durable);
        let waiting = journal
            .durable
            .checked_sub(stored + dead_lettered + gone.iter().sum::<u64>() + missing);
        let backlog = journal.durable_to.0.saturating_sub(cursor);
        Self {
            received: journal.taken + shed,
            shed,
            pending: pending.unwrap_or_default(),
            acknowledged: journal.durable,
            waiting: waiting.unwrap_or_default(),
            stored,
            dead_lettered,
            removed,
            left_out,
            expired,
            missing,
            earlier_journal: None,
            balanced: pending.is_some_and(|pending| pending <= journal.unsynced)
                && waiting.is_some_and(|waiting| waiting <= backlog),
        }
    }

    /// Shows it in the metrics.
    pub(super) fn show(&self, metrics: &Metrics) {
        let set = |gauge: &Gauge, count: u64| {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        };
        set(&metrics.ledger_received, self.received);
        set(&metrics.ledger_shed, self.shed);
        set(&metrics.ledger_pending, self.pending);
        set(&metrics.ledger_acknowledged, self.acknowledged);
        set(&metrics.ledger_waiting, self.waiting);
        set(&metrics.ledger_stored, self.stored);
        set(&metrics.ledger_dead_lettered, self.dead_lettered);
        set(&metrics.ledger_removed, self.removed);
        set(&metrics.ledger_left_out, self.left_out);
        set(&metrics.ledger_expired, self.expired);
        set(&metrics.ledger_missing, self.missing);
        set(&metrics.ledger_balanced, u64::from(self.balanced));
    }
}

/// Proof that nothing was lost
///
/// `received` = `acknowledged` + `pending` + `shed`, `acknowledged` = `stored` + `dead_lettered` +
/// `removed` + `left_out` + `expired` + `missing` + `waiting`. Of one topic: `messages` in `/topics` is what the database
/// holds. It counts the messages of all topics, so it is for whoever may read them all.
#[utoipa::path(get, path = "/ledger", tag = "server",
    responses((status = OK, body = Ledger), Problems))]
pub(super) async fn ledger(
    State(state): State<super::state::AppState>,
    asker: Asker,
) -> Result<Json<Ledger>, Problem> {
    asker.check_totals()?;
    Ok(Json(Ledger::new(&state)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Epoch, Offset};

    #[test]
    fn a_loss_shows_wherever_it_happens() {
        // Rows in the database and its cursor; durable messages and up to where; messages taken
        // and the head.
        for ((stored, dead_lettered, cursor), (durable, durable_to), (taken, head), balanced) in [
            ((0, 0, 1), (0, 1), (0, 1), true),
            ((90, 5, 96), (100, 101), (100, 101), true),
            ((90, 5, 110), (100, 119), (103, 130), true),
            ((100, 0, 101), (100, 101), (100, 101), true),
            // Lost between the journal and the database.
            ((99, 0, 101), (100, 101), (100, 101), false),
            ((90, 5, 97), (100, 101), (100, 101), false),
            // Stored twice.
            ((101, 0, 101), (100, 101), (100, 101), false),
            // Lost between the entrance and the disk.
            ((100, 0, 101), (100, 101), (101, 101), false),
            ((100, 0, 101), (100, 101), (102, 102), false),
            // Written twice.
            ((100, 0, 101), (100, 101), (99, 101), false),
        ] {
            let database = Mirrored {
                cursor: Cursor {
                    epoch: Epoch(1),
                    next: Offset(cursor),
                },
                stored,
                dead_lettered,
                samples: 0,
                removed: 0,
                left_out: 0,
                expired: 0,
            };
            let journal = Counted {
                taken,
                durable,
                unsynced: head - durable_to,
                durable_to: Offset(durable_to),
            };
            let ledger = Ledger::account(Some(database), journal, 0, 3);
            assert_eq!(ledger.balanced, balanced, "{ledger:?}");
            assert_eq!(ledger.received, taken + 3);
        }
    }

    #[test]
    fn what_was_removed_left_out_or_kept_long_enough_is_not_lost() {
        let journal = Counted {
            taken: 20,
            durable: 20,
            unsynced: 0,
            durable_to: Offset(21),
        };
        let database = |removed, left_out, expired| Mirrored {
            cursor: Cursor {
                epoch: Epoch(1),
                next: Offset(21),
            },
            stored: 12,
            dead_lettered: 1,
            samples: 0,
            removed,
            left_out,
            expired,
        };
        for (removed, left_out, expired, waiting, balanced) in [
            (7, 0, 0, 0, true),
            (3, 4, 0, 0, true),
            (1, 1, 5, 0, true),
            (6, 0, 0, 1, false),
            (0, 6, 0, 1, false),
            (0, 0, 6, 1, false),
            (8, 0, 0, 0, false),
            (4, 4, 0, 0, false),
            (0, 0, 8, 0, false),
        ] {
            let database = database(removed, left_out, expired);
            let ledger = Ledger::account(Some(database), journal, 0, 0);
            assert_eq!((ledger.removed, ledger.waiting), (removed, waiting));
            assert_eq!(ledger.balanced, balanced, "{ledger:?}");
        }
    }

    #[test]
    fn a_database_that_has_not_been_reached_yet_owes_everything() {
        let journal = Counted {
            taken: 7,
            durable: 7,
            unsynced: 0,
            durable_to: Offset(9),
        };
        let ledger = Ledger::account(None, journal, 0, 0);
        assert_eq!((ledger.waiting, ledger.balanced), (7, true));
    }

    #[test]
    fn what_the_database_will_never_get_is_told_and_does_not_wait() {
        let journal = Counted {
            taken: 20,
            durable: 20,
            unsynced: 0,
            durable_to: Offset(21),
        };
        let cursor = Cursor {
            epoch: Epoch(1),
            next: Offset(21),
        };
        let database = Mirrored {
            cursor,
            stored: 4,
            dead_lettered: 0,
            samples: 0,
            removed: 0,
            left_out: 0,
            expired: 0,
        };
        let ledger = Ledger::account(Some(database), journal, 16, 0);
        assert_eq!((ledger.missing, ledger.waiting), (16, 0));
        assert!(ledger.balanced);
    }
}
