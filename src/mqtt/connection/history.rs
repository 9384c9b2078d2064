//! The past, on its way to a client that has subscribed to it.
//!
//! One piece of each stream is read ahead, and the next when that is written: a client that does not
//! take what it gets is not read for. Nothing of it is in the session: who connects again subscribes
//! again.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::auth::Action;
use crate::message::{Message, Offset, Qos, Timestamp};
use crate::mqtt::codec::{ReasonCode, Version};
use crate::mqtt::history::HistoryRequest;
use crate::mqtt::queued::Via;
use crate::mqtt::session::{Delivery, Gate};

use super::Connection;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Begins a subscription to the past.
    pub(super) fn begin_history(&mut self, request: HistoryRequest) -> ReasonCode {
        let Some(replay) = self.broker.replay() else {
            return ReasonCode::ImplementationSpecific;
        };
        if !self
            .broker
            .auth()
            .may_subscribe(&self.principal, &request.filter)
        {
            self.broker.metrics().mqtt_denied.inc();
            return ReasonCode::NotAuthorized;
        }
        if !self.history.has_room(&request.name) {
            return ReasonCode::QuotaExceeded;
        }
        let auth = self.broker.auth();
        let scope = auth.scope(&self.principal, request.filter.clone());
        let replayed = replay.replay(scope, request.from);
        self.history.begin(Arc::new(request), replayed);
        // It is what is granted, whatever was asked for.
        ReasonCode::Success
    }

    /// Encodes what has been read of the past, as far as the write buffer has room.
    pub(super) fn deliver_history(&mut self) {
        if self.closing.is_some() || self.owed_subacks > 0 {
            return;
        }
        let mut history = std::mem::take(&mut self.history);
        for at in 0..history.streams.len() {
            let Some(stream) = history.streams.get_mut(at) else {
                break;
            };
            let Some(mut ready) = stream.ready.take() else {
                continue;
            };
            while self.output.has_room()
                && let Some(message) = ready.messages.messages.get(ready.written)
            {
                ready.written += 1;
                let gap = ready.messages.gap;
                if self.send_past(&stream.request, message, gap) {
                    ready.messages.gap = None;
                }
            }
            if ready.written < ready.messages.messages.len() {
                stream.ready = Some(ready);
            } else {
                history.read_on(at, ready);
            }
        }
        self.history = history;
    }

    /// Sends a message of the past, if the client may have it.
    fn send_past(
        &mut self,
        request: &HistoryRequest,
        message: &Arc<Message>,
        gap: Option<(Offset, Offset)>,
    ) -> bool {
        let auth = self.broker.auth();
        // What it may do may have changed since it was asked for.
        let may_read = auth.may(&self.principal, Action::Read, &message.topic);
        if !may_read || !request.is_wanted(message, &self.session.client.0) {
            return false;
        }
        let is_v5 = self.version == Version::V5;
        let delivery = Delivery {
            message: request.shown(message, is_v5, gap).into(),
            qos: Qos::AtMostOnce,
            retain: request.retains(message),
            dup: false,
            id: None,
            ids: request.id.map(|id| Arc::new(vec![id])),
            gate: Gate::Open,
            via: Via::Subscription,
        };
        self.send(&delivery, Timestamp::now());
        true
    }
}
