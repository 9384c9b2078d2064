//! SUBSCRIBE and UNSUBSCRIBE, as far as sessions and subscriptions are concerned.

use std::sync::Arc;

use crate::auth::Principal;
use crate::message::{Offset, Qos};
use crate::mqtt::codec::{ReasonCode, RetainHandling, Subscription};
use crate::mqtt::ids::GroupId;
use crate::mqtt::session::Session;
use crate::mqtt::state::RetainedCursor;
use crate::mqtt::subscriptions::{Granted, LEVELS_MAX};
use crate::mqtt::terms::{SubscriptionKey, SubscriptionOptions, subscription_bytes};

use super::Broker;

impl Broker {
    /// What a SUBSCRIBE asks for, checked: for each filter what is granted, or why it is refused.
    pub(crate) fn check_subscriptions(
        &self,
        session: &Session,
        principal: &Principal,
        subscriptions: &[Subscription],
        id: Option<u32>,
    ) -> Vec<Result<Granted, ReasonCode>> {
        let state = session.state();
        let (mut count, mut bytes) = (state.subscriptions.len(), 0);
        let mut check = |subscription: &Subscription| {
            let filter = &subscription.filter;
            if !self.auth.may_subscribe(principal, filter) {
                self.metrics.mqtt_denied.inc();
                return Err(ReasonCode::NotAuthorized);
            }
            let key = (subscription.share.clone(), filter.clone());
            let known = state.subscriptions.get(&key);
            if known.is_none() {
                if count >= self.config.subscriptions_max || filter.levels().count() > LEVELS_MAX {
                    return Err(ReasonCode::QuotaExceeded);
                }
                let more = bytes + subscription_bytes(&key);
                if !session.memory.has_room(more) {
                    session.memory.refused();
                    return Err(ReasonCode::QuotaExceeded);
                }
                (count, bytes) = (count + 1, more);
            }
            let next = || GroupId(self.next_id());
            let reserved = (known.is_none() && key.0.is_some())
                .then(|| self.subscriptions.reserve_group(&key, next));
            let options = SubscriptionOptions {
                qos: subscription.qos,
                no_local: subscription.no_local,
                retain_as_published: subscription.retain_as_published,
                id,
                since: known.map_or(Offset::default(), |known| known.since),
                group: match known {
                    Some(known) => known.group,
                    None => reserved.as_deref().copied(),
                },
            };
            Ok(Granted {
                key,
                options,
                _reserved: reserved,
            })
        };
        subscriptions.iter().map(&mut check).collect()
    }

    /// Makes a subscription that was checked, from `since` on, and answers with its reason code.
    pub(crate) fn subscribe(
        &self,
        session: &Arc<Session>,
        granted: Granted,
        handling: RetainHandling,
        since: Offset,
    ) -> ReasonCode {
        let Granted {
            key, mut options, ..
        } = granted;
        let qos = options.qos;
        if options.since == Offset::default() {
            options.since = since;
        }
        let group = self.subscriptions.subscribe(session, &key, &options);
        let joined = group.clone();
        let mut state = session.state();
        let cursor = RetainedCursor {
            filter: key.1.clone(),
            after: None,
            qos,
            no_local: options.no_local,
            id: options.id,
        };
        let is_shared = key.0.is_some();
        let bytes = subscription_bytes(&key);
        let is_new = state.subscriptions.insert(key, options).is_none();
        if is_new {
            state.hold_subscription(bytes);
        }
        if let Some(group) = group {
            state.groups.insert(group.id, group);
        }
        state.changed.subscriptions = true;
        let wanted = match handling {
            RetainHandling::Always => true,
            RetainHandling::IfNew => is_new,
            RetainHandling::Never => false,
        };
        // A shared subscription gets no retained messages (section 4.8.2).
        if wanted && !is_shared {
            state.changed.session = true;
            state.retained.push_back(cursor);
        }
        drop(state);
        if let Some(group) = joined {
            self.inherit(&group);
        }
        if is_new {
            self.metrics.mqtt_subscriptions.inc();
        }
        match qos {
            Qos::AtMostOnce => ReasonCode::Success,
            Qos::AtLeastOnce => ReasonCode::GrantedQos1,
            Qos::ExactlyOnce => ReasonCode::GrantedQos2,
        }
    }

    /// Ends a subscription; whether there was one.
    pub(crate) fn unsubscribe(&self, session: &Arc<Session>, key: &SubscriptionKey) -> bool {
        let group = {
            let mut state = session.state();
            let Some(options) = state.subscriptions.remove(key) else {
                return false;
            };
            state.changed.subscriptions = true;
            state.give_back_subscription(subscription_bytes(key));
            state
                .retained
                .retain(|cursor| key.0.is_some() || cursor.filter != key.1);
            options.group.and_then(|id| state.groups.remove(&id))
        };
        self.subscriptions.unsubscribe(session, key);
        self.metrics.mqtt_subscriptions.dec();
        if let Some(group) = group {
            let _moving = self.moves.read();
            if group.len() == 0 {
                self.clients.forget(group.id);
            } else {
                self.give_to_others(session, &group);
            }
        }
        true
    }
}
