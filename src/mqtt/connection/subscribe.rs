//! SUBSCRIBE and UNSUBSCRIBE.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::message::Offset;
use crate::mqtt::codec::{Packet, PacketId, ReasonCode, SubAck, Subscribe, Unsubscribe};
use crate::mqtt::history::HistoryRequest;
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
        let checked = self.check(&subscribe);
        let granted = checked.iter().filter_map(|checked| match checked {
            Checked::Granted(it) => Some((it.key.clone(), it.options.clone())),
            Checked::Refused(_) | Checked::Past(_) => None,
        });
        let granted: Vec<_> = granted.collect();
        let at = (persistent && !granted.is_empty()).then(|| {
            let change = SessionChange::Subscribed(granted);
            self.batch
                .event(&StateEvent::Session(self.session.id, change))
        });
        self.batch
            .end(at, AfterBatch::Subscribe(subscribe, checked));
        self.flush();
    }

    /// What becomes of each filter.
    fn check(&self, subscribe: &Subscribe) -> Vec<Checked> {
        let id = subscribe.subscription_id;
        let past = subscribe.subscriptions.iter();
        let past: Vec<_> = past.map(|it| HistoryRequest::of(it, id)).collect();
        let present = subscribe.subscriptions.iter().zip(&past);
        let present = present.filter(|(_, past)| past.is_none());
        let present: Vec<_> = present.map(|(it, _)| it.clone()).collect();
        let broker = &self.broker;
        let present = broker.check_subscriptions(&self.session, &self.principal, &present, id);
        let mut present = present.into_iter();
        let checked = past.into_iter().filter_map(|past| match past {
            Some(Ok(request)) => Some(Checked::Past(request)),
            Some(Err(reason)) => Some(Checked::Refused(reason)),
            None => present.next().map(|checked| match checked {
                Ok(granted) => Checked::Granted(granted),
                Err(reason) => Checked::Refused(reason),
            }),
        });
        checked.collect()
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
                Checked::Granted(granted) => {
                    let handling = asked.retain_handling;
                    let session = &self.session;
                    self.broker.subscribe(session, granted, handling, since)
                }
                Checked::Refused(reason) => reason,
                Checked::Past(request) => self.begin_history(request),
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
                if self.history.end(&key.1) || self.broker.unsubscribe(&self.session, key) {
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
