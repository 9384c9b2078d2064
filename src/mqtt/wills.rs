//! Wills that are due, on their way into the line.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::journal::AppendError;
use crate::message::{ClientId, Message, Offset, Record, Timestamp};
use crate::supervisor::Supervisor;

use super::broker::Broker;
use super::codec::Will;

/// Wills that are due. There is at most one for each session.
#[derive(Debug, Default)]
pub(crate) struct Wills {
    due: Mutex<VecDeque<(ClientId, Will)>>,
    changed: Notify,
}

impl Wills {
    /// Lets a Will be published.
    pub(crate) fn push(&self, client: ClientId, will: Will) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        due.push_back((client, will));
        self.changed.notify_one();
    }

    fn take(&self) -> Vec<Record> {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        due.drain(..)
            .filter(|(_, will)| !is_ours(&will.topic))
            .map(|(client, will)| {
                Record::Message(Arc::new(Message {
                    offset: Offset::default(),
                    received_at: Timestamp::default(),
                    client,
                    topic: will.topic,
                    qos: will.qos,
                    retain: will.retain,
                    packet_id: 0,
                    properties: will.properties,
                    payload: will.payload,
                }))
            })
            .collect()
    }
}

/// Whether only the server itself may publish to it.
pub(crate) fn is_ours(topic: &crate::message::Topic) -> bool {
    topic.as_str().starts_with("$SYS/") || topic.as_str() == "$SYS"
}

impl Broker {
    /// Publishes Wills as they come, until told to stop.
    pub(crate) async fn run_wills(self: &Arc<Self>, supervisor: &Supervisor) {
        let slot = self.slot();
        loop {
            let mut batch = self.wills.take();
            if batch.is_empty() {
                tokio::select! {
                    () = supervisor.stopping() => return,
                    () = self.wills.changed.notified() => continue,
                }
            }
            while let Err(error) = self.ingest(&slot, &mut batch).await {
                if error != AppendError::Full {
                    tracing::debug!(%error, wills = batch.len(), "wills are not published");
                    break;
                }
                tokio::select! {
                    () = supervisor.stopping() => return,
                    () = self.journal.room() => {}
                }
            }
        }
    }
}
