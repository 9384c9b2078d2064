//! What is due at a time: delayed Wills, sessions and retained messages that expire, silent members
//! of share groups.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::mqtt::session::Session;
use crate::mqtt::state::{SessionChange, StateEvent};
use crate::mqtt::timers::reached;
use crate::supervisor::Supervisor;

use super::Broker;

impl Broker {
    /// Waits for deadlines and does what is due, until told to stop.
    pub(crate) async fn run_timers(&self, supervisor: &Supervisor) {
        let mut sweep = tokio::time::interval(Duration::from_secs(1));
        let mut ended_at = None;
        loop {
            tokio::select! {
                () = supervisor.stopping() => return,
                () = self.timers.changed.notified() => {}
                () = reached(self.timers.next()) => {}
                _ = sweep.tick() => {
                    self.hurry_shares();
                    let version = self.auth.version();
                    if ended_at != Some(version) && self.end_abandoned() {
                        ended_at = Some(version);
                    }
                    self.expire_retained();
                    self.relieve();
                }
            }
            let now = Instant::now();
            for session in self.timers.take(now) {
                self.look_at(&session, now);
            }
        }
    }

    /// While memory for what is on its way to clients is short, nobody keeps more of it than it takes
    /// at once: whoever does not read or acknowledge would leave none for the others.
    fn relieve(&self) {
        if !self.memory.is_short_of_deliveries() {
            return;
        }
        for session in self.clients.all() {
            self.metrics.messages_dropped.inc_by(session.relieve());
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
            tracing::debug!(client = ?session.client.0, "the session has expired");
            self.note(&StateEvent::Session(session.id, SessionChange::Ended));
            self.end_session(session);
        }
    }
}
