//! Retained messages on their way to a session that has subscribed.

use std::sync::Arc;

use crate::message::{ClientId, Message, Qos, Topic};
use crate::mqtt::expiry::has_expired;
use crate::mqtt::queued::{Queued, Via, bytes_of};
use crate::mqtt::retained::{RetainedMessages, Visit};

use super::{Budget, Delivery, Gate, Outbound, Outgoing, SessionState};

/// How many topics are looked at in one go, under the lock.
const SCAN_MAX: usize = 1000;

impl SessionState {
    /// Moves retained messages into `out`; whether there are more that could be sent.
    pub(super) fn take_retained(
        &mut self,
        out: &mut Vec<Outgoing>,
        budget: &mut Budget,
        retained: &RetainedMessages,
        client: &ClientId,
        may_read: &dyn Fn(&Topic) -> bool,
    ) -> bool {
        let mut scanned = 0;
        while budget.bytes > 0 && scanned < SCAN_MAX {
            let Some(cursor) = self.retained.front() else {
                return false;
            };
            let (filter, mut after) = (cursor.filter.clone(), cursor.after.clone());
            let (qos, no_local, id) = (cursor.qos, cursor.no_local, cursor.id);
            let mut blocked = false;
            let outbound = &mut self.outbound;
            let done = retained.scan(&filter, &mut after, SCAN_MAX - scanned, |message| {
                scanned += 1;
                if (no_local && message.client == *client)
                    || has_expired(message, budget.now)
                    || !may_read(&message.topic)
                {
                    return Visit::Next;
                }
                let qos = message.qos.min(qos);
                if qos > Qos::AtMostOnce && outbound.room(budget.window) == 0 {
                    blocked = true;
                    return Visit::Refuse;
                }
                outbound.send_retained(message, qos, id, out, budget);
                if budget.bytes > 0 {
                    Visit::Next
                } else {
                    Visit::Stop
                }
            });
            scanned += 1;
            if blocked {
                if let Some(cursor) = self.retained.front_mut() {
                    cursor.after = after;
                }
                return false;
            }
            if done {
                self.retained.pop_front();
            } else if let Some(cursor) = self.retained.front_mut() {
                cursor.after = after;
            }
        }
        !self.retained.is_empty()
    }
}

impl Outbound {
    fn send_retained(
        &mut self,
        message: &Arc<Message>,
        qos: Qos,
        id: Option<u32>,
        out: &mut Vec<Outgoing>,
        budget: &mut Budget,
    ) {
        let ids = id.map(|id| Arc::new(vec![id]));
        if qos == Qos::AtMostOnce {
            budget.bytes = budget.bytes.saturating_sub(bytes_of(message));
            out.push(Outgoing::Publish(Delivery {
                message: Arc::clone(message).into(),
                qos,
                retain: true,
                dup: false,
                id: None,
                ids,
                gate: Gate::Open,
                via: Via::Retained,
            }));
            return;
        }
        let entry = Queued {
            offset: message.offset,
            message: Some(Arc::clone(message).into()),
            ids,
            via: Via::Retained,
            qos,
            retain: true,
            saved: false,
        };
        self.send(entry, &Arc::clone(message).into(), out, budget);
    }
}
