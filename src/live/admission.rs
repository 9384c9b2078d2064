//! The right to hold a connection.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::error::{Refusal, RefusalCode};
use super::hub::Hub;
use super::limits::CONNECTIONS_MAX;

/// The right to hold one connection, given back when dropped.
pub struct Admission {
    pub(super) hub: Arc<Hub>,
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
        };
        if before >= CONNECTIONS_MAX {
            return Err(Refusal::new(RefusalCode::TooMany, "too many live connections").retry());
        }
        Ok(admission)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.hub.connections.fetch_sub(1, Ordering::Relaxed);
        self.hub.metrics.live_connections.dec();
    }
}
