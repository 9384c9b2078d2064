//! SUBSCRIBE and UNSUBSCRIBE.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::message::Offset;
use crate::mqtt::codec::{Packet, PacketId, ReasonCode, SubAck, Subscribe, Unsubscribe};
use crate::mqtt::state::{SessionChange, StateEvent};

use super::Connection;
use super::batch::{AfterBatch, Checked};
use super::output::Reply;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    pub(super) fn subscribe(&mut self, mut subscribe: Subscribe) {
        if self.is_bridge {
            // What it brought must not come back to it, and what is retained here is there too.
            for subscription in &mut subscribe.subscriptions {
                subscription.no_local = true;
                subscription.retain_as_published = true;
            }
        }
        let persistent = self.session.state().is_persistent();
        let checked = self.broker.check_subscriptions(
            &self.session,
            &self.principal,
            &subscribe.subscriptions,
            subscribe.subscription_id,
        );
        let granted = checked.iter().flatten();
        let granted: Vec<_> = granted
            .map(|it| (it.key.clone(), it.options.clone()))
            .collect();
        let at = (persistent && !granted.is_empty()).then(|| {
            let change = SessionChange::Subscribed(granted);
            self.batch
                .event(&StateEvent::Session(self.session.id, change))
        });
        self.batch
            .end(at, AfterBatch::Subscribe(subscribe, checked));
        self.flush();
    }

    pub(super) fn subscribed(
        &mut self,
        subscribe: &Subscribe,
        checked: Vec<Checked>,
        offset: Option<Offset>,
    ) {
        let since = offset.unwrap_or_else(|| self.broker.journal().head());
        let reasons = subscribe
            .subscriptions
            .iter()
            .zip(checked)
            .map(|(asked, checked)| match checked {
                Ok(granted) => {
                    let handling = asked.retain_handling;
                    let session = &self.session;
                    self.broker.subscribe(session, granted, handling, since)
                }
                Err(reason) => reason,
            })
            .collect();
        self.owed_subacks += 1;
        let packet = Packet::SubAck(suback(subscribe.packet_id, reasons));
        self.output.reply(offset, Reply::SubAck(Box::new(packet)));
    }

    pub(super) fn unsubscribe(&mut self, unsubscribe: Unsubscribe) {
        let persistent = self.session.state().is_persistent();
        let at = persistent.then(|| {
            let change = SessionChange::Unsubscribed(unsubscribe.filters.clone());
            self.batch
                .event(&StateEvent::Session(self.session.id, change))
        });
        self.batch.end(at, AfterBatch::Unsubscribe(unsubscribe));
        self.flush();
    }

    pub(super) fn unsubscribed(&mut self, unsubscribe: &Unsubscribe, offset: Option<Offset>) {
        let reasons = unsubscribe
            .filters
            .iter()
            .map(|key| {
                if self.broker.unsubscribe(&self.session, key) {
                    ReasonCode::Success
                } else {
                    ReasonCode::NoSubscriptionExisted
                }
            })
            .collect();
        let packet = Packet::UnsubAck(suback(unsubscribe.packet_id, reasons));
        self.output.reply(offset, Reply::Packet(Box::new(packet)));
    }
}

fn suback(packet_id: PacketId, reasons: Vec<ReasonCode>) -> SubAck {
    SubAck {
        packet_id,
        reasons,
        reason_string: None,
        user: Vec::new(),
    }
}
