//! Proof that nothing was lost.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problems;

/// What was received is stored, quarantined, shed or waiting; counted at both ends, so that a
/// loss between them would show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Ledger {
    /// Messages that came in, as the journal counts them, and those shed.
    received: u64,
    /// Messages that are durable: acknowledged, where their publisher asked for that.
    acknowledged: u64,
    /// Messages in the database, as the database counts them.
    stored: u64,
    /// Messages in the database whose payload is not what it claims, kept raw.
    quarantined: u64,
    /// QoS 0 messages that were dropped at the entrance while the journal was full, since the
    /// server started. Their publishers were promised nothing.
    shed: u64,
    /// Messages that are durable and not yet in the database.
    waiting: u64,
    /// Whether everything received is accounted for.
    balanced: bool,
}

impl Ledger {
    /// The account at this moment.
    pub(super) fn new(state: &super::State) -> Self {
        // The database's count first: what is counted later at the entrance can only be more.
        let (stored, quarantined, cursor) = state.store.position().map_or((0, 0, 0), |there| {
            (there.stored, there.quarantined, there.next.0)
        });
        let durable = state.counts.durable();
        let head = u64::try_from(state.metrics.journal_durable.get()).unwrap_or_default();
        Self::account(
            (stored, quarantined),
            durable,
            state.metrics.messages_shed.get(),
            head.saturating_sub(cursor),
        )
    }

    /// `backlog`: how many durable records, messages or not, the database has yet to get.
    fn account((stored, quarantined): (u64, u64), durable: u64, shed: u64, backlog: u64) -> Self {
        let there = stored + quarantined;
        Self {
            received: durable + shed,
            acknowledged: durable,
            stored,
            quarantined,
            shed,
            waiting: durable.saturating_sub(there),
            balanced: there <= durable && durable - there <= backlog,
        }
    }
}

/// Proof that nothing was lost
///
/// received = acknowledged + shed, acknowledged = stored + quarantined + waiting.
#[utoipa::path(get, path = "/ledger", tag = "server",
    responses((status = OK, body = Ledger), Problems))]
pub(super) async fn ledger(State(state): State<super::State>) -> Json<Ledger> {
    Json(Ledger::new(&state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_shows() {
        for (rows, durable, backlog, balanced) in [
            ((0, 0), 0, 0, true),
            ((90, 5), 100, 5, true),
            ((90, 5), 100, 9, true),
            ((100, 0), 100, 0, true),
            ((99, 0), 100, 0, false),
            ((90, 5), 100, 4, false),
            ((101, 0), 100, 0, false),
        ] {
            let ledger = Ledger::account(rows, durable, 3, backlog);
            assert_eq!(ledger.balanced, balanced, "{ledger:?}");
            assert_eq!(ledger.received, ledger.acknowledged + ledger.shed);
        }
    }
}
