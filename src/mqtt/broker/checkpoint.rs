//! Writing the state behind.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use crate::message::Offset;
use crate::mqtt::ids::OwnerId;
use crate::mqtt::saving::SavedRows;
use crate::mqtt::session::Session;
use crate::mqtt::state::{Progress, StateChanges, StateError};
use crate::supervisor::Supervisor;

use super::{Broker, BrokerError};

const EVERY: Duration = Duration::from_secs(1);

/// Where the offset is all that is new, it is written only this often, or
const OFFSET_EVERY: Duration = Duration::from_secs(10);
/// after so many records: the journal has to keep them, and the next start to read them.
const OFFSET_RECORDS: u64 = 2_000;

/// How long the state waits for the journal, before it is tried again with the next one.
const DURABLE_WITHIN: Duration = Duration::from_secs(5);

/// How long somebody waits for the state to be written.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);

impl Broker {
    /// Writes the state about once a second, and once more when told to stop.
    pub(crate) async fn run_state(&self, supervisor: &Supervisor) -> Result<(), BrokerError> {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut is_failing = false;
        loop {
            let stopping = tokio::select! {
                () = supervisor.stopping() => true,
                _ = tick.tick() => false,
            };
            match self.write_state(stopping).await {
                Ok(()) => is_failing = false,
                Err(error) if !is_failing => {
                    is_failing = true;
                    tracing::warn!(%error, "the broker's state is not written; the journal keeps what it needs");
                }
                Err(_) => {}
            }
            if stopping {
                return Ok(());
            }
        }
    }

    /// Writes what has changed. `all` includes messages that came just now.
    pub(crate) async fn write_state(&self, all: bool) -> Result<(), StateError> {
        let mut notes = self.clients.take_notes();
        if !notes.is_empty() && self.journal.append(&mut notes).await.is_err() {
            tracing::debug!(
                events = notes.len(),
                "events are not written: a session may expire once more"
            );
        }
        let Some((changes, head)) = self.capture(all) else {
            return Ok(());
        };
        let mut durable = self.journal.durable();
        let reached = durable.wait_for(|durable| *durable >= head);
        if !matches!(
            tokio::time::timeout(DURABLE_WITHIN, reached).await,
            Ok(Ok(_))
        ) {
            // Nothing that the journal may still lose may be in the file.
            self.progress().failed = Some(changes);
            return Ok(());
        }
        let file = Arc::clone(&self.state_file);
        let write = move || {
            file.write(&changes)
                .map_err(|error| Box::new((error, changes)))
        };
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(())) => {}
            Ok(Err(failed)) => {
                let (error, changes) = *failed;
                self.progress().failed = Some(changes);
                return Err(error);
            }
            // A panic has been reported; the runtime is going down otherwise.
            Err(_) => return Ok(()),
        }
        let captured = {
            let mut progress = self.progress();
            progress.written_at = Some(Instant::now());
            progress.captured
        };
        self.captured.send_replace(captured);
        self.renew_hold();
        Ok(())
    }

    /// Waits until what `change` changes is in the file, or for as long as that may take.
    pub(super) async fn write_behind(&self, change: impl FnOnce()) {
        let next = {
            // Nobody looks meanwhile what is to be written.
            let progress = self.progress();
            change();
            progress.captured + 1
        };
        let mut captured = self.captured.subscribe();
        let written = captured.wait_for(|captured| *captured >= next);
        if tokio::time::timeout(WRITTEN_WITHIN, written).await.is_err() {
            tracing::debug!("the broker's state is not written in time");
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock()
    }

    /// What has changed, and the journal's head: once that is durable, it may be written.
    fn capture(&self, all: bool) -> Option<(StateChanges, Offset)> {
        let mut progress = self.progress();
        let head = self.journal.head();
        if let Some(failed) = progress.failed.take() {
            return Some((failed, head));
        }
        progress.captured += 1;
        let settled = self.publishers.settled(head);
        let until = if all { settled } else { progress.settled };
        progress.settled = settled;
        let mut changes = StateChanges {
            offset: until,
            epoch: u64::from(self.journal.epoch().0),
            ..StateChanges::default()
        };
        {
            let _still = self.moves.write();
            changes.ended = self.clients.take_ended();
            for session in self.clients.all() {
                capture_session(&session, until, &mut changes);
            }
            for group in self.subscriptions.groups() {
                capture_rows(group.id.into(), group.save(until), &mut changes);
            }
            changes.retained = self.retained.changes(settled);
            changes.wills = self.wills.take_changes();
            changes.wills_over = self.wills.take_over();
        }
        changes.next_id = self.next_id.load(Ordering::Relaxed);
        let is_old = progress
            .written_at
            .is_none_or(|at| at.elapsed() >= OFFSET_EVERY);
        let moved = until.0.saturating_sub(progress.written.0);
        if changes.is_empty() && !(moved > 0 && (all || is_old || moved >= OFFSET_RECORDS)) {
            return None;
        }
        progress.written = until;
        // What was captured after `head` was read may depend on records up to here.
        Some((changes, self.journal.head()))
    }

    /// Lets the journal keep what a session still needs, or the next start.
    fn renew_hold(&self) {
        let written = self.progress().written;
        let sessions = self.clients.all();
        let oldest = sessions
            .iter()
            .filter_map(|session| session.state().outbound.oldest())
            .chain(
                self.subscriptions
                    .groups()
                    .iter()
                    .filter_map(|group| group.oldest()),
            )
            .fold(written, Ord::min);
        self.hold.set(Some(oldest));
    }
}

fn capture_session(session: &Session, until: Offset, changes: &mut StateChanges) {
    let Some(saved) = session.save(until) else {
        return;
    };
    if let Some(row) = saved.session {
        changes.sessions.push((session.id, row));
    }
    if saved.subscriptions {
        let rows = session.subscription_rows();
        changes.subscriptions.push((session.id, rows));
    }
    capture_rows(session.id.into(), saved.rows, changes);
}

fn capture_rows(owner: OwnerId, rows: SavedRows, changes: &mut StateChanges) {
    changes.removed.extend(rows.removed);
    let put = rows.put.into_iter();
    changes.queued.extend(put.map(|entry| (owner, entry)));
}
