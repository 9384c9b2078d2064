//! The sessions that have something due: a delayed Will, their own end.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use super::ids::SessionId;
use super::session::{Session, SessionState};

/// The sessions that have something due, by time. A session stands here at most once for each
/// time that is earlier than the ones before; whoever comes too early is put back.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: Mutex<BTreeMap<(Instant, SessionId), Weak<Session>>>,
    /// Rung when there may be an earlier one.
    pub(crate) changed: Notify,
}

impl Timers {
    /// Makes sure that the session is looked at when its next deadline has come.
    pub(crate) fn schedule(&self, session: &Arc<Session>, state: &mut SessionState) {
        let Some(at) = state.deadline() else { return };
        if state.timer_at.is_some_and(|known| known <= at) {
            return;
        }
        state.timer_at = Some(at);
        self.due().insert((at, session.id), Arc::downgrade(session));
        self.changed.notify_one();
    }

    fn due(&self) -> MutexGuard<'_, BTreeMap<(Instant, SessionId), Weak<Session>>> {
        self.due.lock()
    }

    /// Those whose time has come.
    pub(crate) fn take(&self, now: Instant) -> Vec<Arc<Session>> {
        let mut due = self.due();
        let later = due.split_off(&(now, SessionId(u64::MAX)));
        let taken = std::mem::replace(&mut *due, later);
        taken.into_values().filter_map(|it| it.upgrade()).collect()
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due().keys().next().map(|(at, _)| *at)
    }
}

impl SessionState {
    /// The time at which something is due.
    fn deadline(&self) -> Option<Instant> {
        if self.ended || self.link.is_some() {
            return None;
        }
        [self.will_at, self.expires_at].into_iter().flatten().min()
    }
}

/// Waits for a deadline; for ever where there is none.
pub(crate) async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
