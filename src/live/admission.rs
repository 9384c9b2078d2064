//! The right to hold a connection.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::error::{Refusal, RefusalCode};
use super::hub::Hub;
use super::limits::CONNECTIONS_MAX;
use crate::auth::AccountConnection;

/// The right to hold one connection, given back when dropped.
pub struct Admission {
    pub(super) hub: Arc<Hub>,
    /// Its place among those of the account, for as long as it is held.
    account: Option<AccountConnection>,
}

impl Admission {
    /// A place for one more connection.
    pub(super) fn new(hub: &Arc<Hub>) -> Result<Self, Refusal> {
        if hub.supervisor.is_stopping() {
            return Err(Refusal::new(RefusalCode::Shutdown, "the server is stopping").retry());
        }
        let before = hub.connections.fetch_add(1, Ordering::Relaxed);
        hub.metrics.live_connections.inc();
        let admission = Self {
            hub: Arc::clone(hub),
            account: None,
        };
        if before >= CONNECTIONS_MAX {
            return Err(Refusal::new(RefusalCode::TooMany, "too many live connections").retry());
        }
        Ok(admission)
    }

    /// The same, which counts among the connections of an account.
    #[must_use]
    pub fn of_account(mut self, connection: AccountConnection) -> Self {
        self.account = Some(connection);
        self
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.hub.connections.fetch_sub(1, Ordering::Relaxed);
        self.hub.metrics.live_connections.dec();
    }
}
