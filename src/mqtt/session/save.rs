//! A session as the state file keeps it.

use std::sync::Arc;

use crate::message::Offset;
use crate::mqtt::saving::SavedRows;
use crate::mqtt::state::SessionRow;

use super::{Session, SessionState};

/// What the state file has to be told about a session.
#[derive(Debug, Default)]
pub(crate) struct SavedSession {
    /// The session, if it has changed.
    pub(crate) session: Option<SessionRow>,
    /// Whether its subscriptions have changed.
    pub(crate) subscriptions: bool,
    pub(crate) rows: SavedRows,
}

impl Session {
    /// What has changed since the last time, as far as messages below `until` are concerned.
    pub(crate) fn save(&self, until: Offset) -> Option<SavedSession> {
        let mut state = self.state();
        let state = &mut *state;
        if !state.is_persistent() {
            return None;
        }
        let rows = state.outbound.save(until);
        let changed = std::mem::take(&mut state.changed);
        let has_moved = state.outbound.in_flight.take_changed();
        let session = (changed.session || has_moved || !state.retained.is_empty())
            .then(|| state.row(&self.client.0, self.owner.account()));
        Some(SavedSession {
            session,
            subscriptions: changed.subscriptions,
            rows,
        })
    }
}

impl SessionState {
    fn row(&self, client: &Arc<str>, account: Arc<str>) -> SessionRow {
        SessionRow {
            client: Arc::clone(client),
            account,
            expiry_s: self.expiry_s,
            since: self.since,
            disconnected_at: self.disconnected_at,
            inbound: self
                .inbound
                .iter()
                .filter_map(|(id, offset)| offset.map(|offset| (*id, offset)))
                .collect(),
            in_flight: self.outbound.in_flight.rows(),
            retained: self.retained.iter().cloned().collect(),
        }
    }
}
