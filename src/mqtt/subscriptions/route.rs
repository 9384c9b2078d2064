//! Where the messages of one topic go.

use std::sync::Arc;

use crate::message::Message;
use crate::mqtt::session::Session;
use crate::mqtt::share_group::ShareGroup;
use crate::mqtt::terms::{SubscriptionOptions, Terms};

/// Everyone who gets the messages of one topic.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// Each session at most once, however many of its filters match.
    pub(crate) targets: Vec<Target>,
    /// Each share group that matches.
    pub(crate) groups: Vec<SharedTarget>,
}

impl Route {
    /// Whether nobody has subscribed to the topic. A subscription with No Local counts also where
    /// its own session publishes.
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.groups.is_empty()
    }
}

/// A share group, and what was found of its members when the route was made.
#[derive(Debug)]
pub(crate) struct SharedTarget {
    pub(crate) group: Arc<ShareGroup>,
    /// Among which members everybody may read the topic; `None` where each has to be asked.
    pub(crate) everybody: Option<u64>,
}

/// A session and the terms on which it gets a message.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) session: Arc<Session>,
    /// On which terms, where somebody else published.
    pub(crate) terms: Terms,
    /// On which terms, where the session itself published: No Local subscriptions do not count.
    own: Option<Terms>,
    has_no_local: bool,
    /// Whether it is known that the session may read the topic. Otherwise the message waits for
    /// its client, and is looked at once more when that is there.
    pub(crate) is_checked: bool,
}

impl Target {
    /// A session with the first of its subscriptions.
    pub(super) fn new(
        session: Arc<Session>,
        options: &SubscriptionOptions,
        is_checked: bool,
    ) -> Self {
        Self {
            session,
            terms: options.into(),
            own: (!options.no_local).then(|| options.into()),
            has_no_local: options.no_local,
            is_checked,
        }
    }

    /// One more subscription of the same session.
    pub(super) fn add(&mut self, options: &SubscriptionOptions) {
        self.terms.add(options);
        if options.no_local {
            self.has_no_local = true;
            return;
        }
        match &mut self.own {
            Some(own) => own.add(options),
            None => self.own = Some(options.into()),
        }
    }

    /// The terms for this message; `None` where all that match are No Local and it is the
    /// session's own [MQTT-3.8.3-3].
    pub(crate) fn terms_for(&self, message: &Message) -> Option<&Terms> {
        if self.has_no_local && message.client == self.session.client {
            return self.own.as_ref();
        }
        Some(&self.terms)
    }
}
