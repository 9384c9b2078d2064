//! SUBSCRIBE and UNSUBSCRIBE, as far as sessions and subscriptions are concerned.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::message::{Offset, Qos};

use super::broker::Broker;
use super::codec::{ReasonCode, RetainHandling, Subscription};
use super::session::{RetainedCursor, Session};
use super::subscriptions::{Key, LEVELS_MAX, Options};

impl Broker {
    /// What a SUBSCRIBE asks for, checked: for each filter its options, and the number that its
    /// shared group has or would get; or why it is refused.
    pub(crate) fn check_subscriptions(
        &self,
        session: &Session,
        subscriptions: &[Subscription],
        id: Option<u32>,
    ) -> Vec<Result<(Key, Options, u64), ReasonCode>> {
        let state = session.state();
        let mut count = state.subscriptions.len();
        let mut check = |subscription: &Subscription| {
            let filter = &subscription.filter;
            let key = (subscription.share.clone(), filter.clone());
            let known = state.subscriptions.get(&key);
            if known.is_none() {
                if count >= self.config.subscriptions_max || filter.levels().count() > LEVELS_MAX {
                    return Err(ReasonCode::QuotaExceeded);
                }
                count += 1;
            }
            let group = match &key.0 {
                None => 0,
                Some(_) => state
                    .groups
                    .iter()
                    .find(|group| group.key == key)
                    .map_or_else(|| self.group_number(&key), |group| group.id),
            };
            let options = Options {
                qos: subscription.qos,
                no_local: subscription.no_local,
                retain_as_published: subscription.retain_as_published,
                id,
                since: known.map_or(Offset::default(), |known| known.since),
            };
            Ok((key, options, group))
        };
        subscriptions.iter().map(&mut check).collect()
    }

    fn group_number(&self, key: &Key) -> u64 {
        let known = self.subscriptions.groups();
        let known = known.iter().find(|group| group.key == *key);
        known.map_or_else(
            || self.next_id.fetch_add(1, Ordering::Relaxed),
            |group| group.id,
        )
    }

    /// Makes a subscription that was checked, from `since` on, and answers with its reason code.
    pub(crate) fn subscribe(
        &self,
        session: &Arc<Session>,
        (key, mut options, group): (Key, Options, u64),
        handling: RetainHandling,
        since: Offset,
    ) -> ReasonCode {
        let qos = options.qos;
        if options.since == Offset::default() {
            options.since = since;
        }
        let group = self
            .subscriptions
            .subscribe(session, &key, &options, || group);
        let mut state = session.state();
        let cursor = RetainedCursor {
            filter: key.1.clone(),
            after: None,
            qos,
            no_local: options.no_local,
            id: options.id,
        };
        let is_shared = key.0.is_some();
        let is_new = state.subscriptions.insert(key, options).is_none();
        if let Some(group) = group
            && !state.groups.iter().any(|known| known.id == group.id)
        {
            state.groups.push(group);
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
    pub(crate) fn unsubscribe(&self, session: &Arc<Session>, key: &Key) -> bool {
        let group = {
            let mut state = session.state();
            if state.subscriptions.remove(key).is_none() {
                return false;
            }
            state.changed.subscriptions = true;
            state
                .retained
                .retain(|cursor| key.0.is_some() || cursor.filter != key.1);
            let at = state.groups.iter().position(|group| group.key == *key);
            at.map(|at| state.groups.swap_remove(at))
        };
        self.subscriptions.unsubscribe(session, key);
        self.metrics.mqtt_subscriptions.dec();
        if let Some(group) = group {
            let _moving = self
                .moves
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            if group.len() == 0 {
                self.clients.forget(group.id);
            } else {
                let back = session.give_back(&group);
                let dropped = group.redispatch(back, session.id, self.bounds);
                self.metrics.messages_dropped.inc_by(dropped);
            }
        }
        true
    }
}
