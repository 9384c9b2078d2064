//! What is due at a time: delayed Wills, sessions and retained messages that expire, silent members
//! of shared subscriptions.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::supervisor::Supervisor;

use super::broker::Broker;
use super::session::{Session, State};
use super::state::{Event, What};

/// The sessions that have something due, by time. A session stands here at most once for each
/// time that is earlier than the ones before; whoever comes too early is put back.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: Mutex<BTreeMap<(Instant, u64), Weak<Session>>>,
    changed: Notify,
}

impl Timers {
    /// Makes sure that the session is looked at when its next deadline has come.
    pub(crate) fn schedule(&self, session: &Arc<Session>, state: &mut State) {
        let Some(at) = state.deadline() else { return };
        if state.timer_at.is_some_and(|known| known <= at) {
            return;
        }
        state.timer_at = Some(at);
        self.due().insert((at, session.id), Arc::downgrade(session));
        self.changed.notify_one();
    }

    fn due(&self) -> MutexGuard<'_, BTreeMap<(Instant, u64), Weak<Session>>> {
        self.due.lock()
    }

    fn take(&self, now: Instant) -> Vec<Arc<Session>> {
        let mut due = self.due();
        let later = due.split_off(&(now, u64::MAX));
        let taken = std::mem::replace(&mut *due, later);
        taken.into_values().filter_map(|it| it.upgrade()).collect()
    }

    fn next(&self) -> Option<Instant> {
        self.due().keys().next().map(|(at, _)| *at)
    }
}

impl State {
    /// The time at which something is due.
    fn deadline(&self) -> Option<Instant> {
        if self.ended || self.link.is_some() {
            return None;
        }
        [self.will_at, self.expires_at].into_iter().flatten().min()
    }
}

impl Broker {
    /// Waits for deadlines and does what is due, until told to stop.
    pub(crate) async fn run_timers(&self, supervisor: &Supervisor) {
        let mut sweep = tokio::time::interval(Duration::from_secs(1));
        loop {
            let next = self.timers.next();
            let due = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = supervisor.stopping() => return,
                () = self.timers.changed.notified() => {}
                () = due => {}
                _ = sweep.tick() => {
                    self.hurry_shares();
                    self.expire_retained();
                }
            }
            let now = Instant::now();
            for session in self.timers.take(now) {
                self.look_at(&session, now);
            }
        }
    }

    fn look_at(&self, session: &Arc<Session>, now: Instant) {
        let mut state = session.state();
        state.timer_at = None;
        if state.ended || state.link.is_some() {
            return;
        }
        let will = match state.will_at {
            Some(at) if at <= now => {
                state.will_at = None;
                state.will.take()
            }
            _ => None,
        };
        let expired = state.expires_at.is_some_and(|at| at <= now);
        self.timers.schedule(session, &mut state);
        drop(state);
        if let Some(will) = will {
            self.wills.publish(will);
        }
        if expired {
            tracing::debug!(client = %session.client.0, "the session has expired");
            self.clients.note(&Event {
                session: session.id,
                what: What::Ended,
            });
            self.end_session(session);
        }
    }
}
