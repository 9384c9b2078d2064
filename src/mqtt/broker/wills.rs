//! Wills that are due, on their way into the line.

use std::sync::Arc;
use std::time::Instant;

use crate::auth::Action;
use crate::journal::AppendError;
use crate::message::{Message, Record, Timestamp};
use crate::mqtt::ids::WillId;
use crate::mqtt::reserved::is_reserved;
use crate::mqtt::state::{StateEvent, WillChange};
use crate::mqtt::timers::reached;
use crate::mqtt::wills::PendingWill;
use crate::supervisor::Supervisor;

use super::Broker;

impl Broker {
    /// Publishes Wills as they come, until told to stop.
    pub(crate) async fn run_wills(self: &Arc<Self>, supervisor: &Supervisor) {
        let slot = self.publisher_slot();
        loop {
            let (due, deleted) = self.wills.take(Instant::now());
            let dropped = self.wills.take_dropped();
            self.metrics.messages_dropped.inc_by(dropped);
            let mut batch = Vec::with_capacity(2 * due.len() + deleted.len());
            for pending in &due {
                let id = pending.id;
                match self.will_message(pending) {
                    Some(message) => batch.extend([published(id), message]),
                    None => batch.push(over(id)),
                }
            }
            let is_empty = batch.is_empty();
            batch.extend(deleted.iter().copied().map(over));
            if batch.is_empty() {
                tokio::select! {
                    () = supervisor.stopping() => return,
                    () = self.wills.changed.notified() => {}
                    () = reached(self.wills.next_at()) => {}
                }
                continue;
            }
            let forget = || due.iter().for_each(|pending| self.wills.forget(pending.id));
            while let Err(error) = self.ingest_then(&slot, &mut batch, forget).await {
                if error != AppendError::Full {
                    tracing::debug!(%error, wills = due.len(), "wills are not published");
                    break;
                }
                if is_empty {
                    // The state file knows it too: nobody waits for the journal to say so.
                    let head = self.journal.head();
                    let deleted = deleted.iter();
                    deleted.for_each(|id| self.wills.forget_below(*id, head));
                    break;
                }
                tokio::select! {
                    () = supervisor.stopping() => return,
                    () = self.journal.room() => {}
                }
            }
        }
    }

    /// Makes it durable that a client has said goodbye, and its Will is not to be published. Where the
    /// journal is full, the state file knows it.
    pub(crate) async fn delete_will(&self, id: WillId) {
        self.wills.forget(id);
        let mut records = [over(id)];
        if self.journal.append(&mut records).await.is_ok() {
            let head = records[0].offset().plus(1);
            let mut durable = self.journal.durable();
            let reached = durable.wait_for(|durable| *durable >= head).await;
            if reached.is_err() {
                tracing::debug!(will = id.0, "a goodbye came too late to be written");
            }
        } else {
            let head = self.journal.head();
            self.write_behind(|| self.wills.forget_below(id, head))
                .await;
        }
    }

    /// Lets the journal know since when a Will's delay runs. A crash may still take that back: then
    /// the delay begins once more.
    pub(crate) async fn will_is_delayed(&self, id: WillId, lost_at: Timestamp) {
        let change = WillChange::Lost(lost_at.0);
        let mut records = [StateEvent::Will(id, change).record()];
        if let Err(error) = self.journal.append(&mut records).await {
            tracing::debug!(will = id.0, %error, "only the state file knows of a delay");
        }
    }

    fn will_message(&self, pending: &PendingWill) -> Option<Record> {
        let will = &pending.will;
        // Who had come in when the Will was left may do less by now.
        let (account, client) = (&pending.account, &pending.client.0);
        let may = |topic| self.auth.account_may(account, client, Action::Write, topic);
        if is_reserved(&will.topic) || !may(&will.topic) {
            self.metrics.mqtt_denied.inc();
            return None;
        }
        let message = Message {
            client: pending.client.clone(),
            qos: will.qos,
            retain: will.retain
                && self.may_retain(&will.topic, &will.payload, will.properties.as_deref()),
            properties: will.properties.clone(),
            ..Message::new(will.topic.clone(), will.payload.clone())
        };
        Some(Record::Message(Arc::new(message)))
    }
}

fn published(id: WillId) -> Record {
    StateEvent::Will(id, WillChange::Published).record()
}

fn over(id: WillId) -> Record {
    StateEvent::Will(id, WillChange::Over).record()
}
