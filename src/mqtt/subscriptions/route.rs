//! Where the messages of one topic go.

use std::sync::Arc;

use crate::message::{Message, Qos};
use crate::mqtt::session::Session;

use super::{Group, Options};

/// Everyone who gets the messages of one topic.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// Each session at most once, however many of its filters match.
    pub(crate) targets: Vec<Target>,
    /// Each shared group that matches.
    pub(crate) groups: Vec<Arc<Group>>,
}

impl Route {
    /// Whether nobody has subscribed to the topic. A subscription with No Local counts also where
    /// its own session publishes.
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.groups.is_empty()
    }
}

/// A session and the terms on which it gets a message.
#[derive(Debug)]
pub(crate) struct Target {
    /// Who.
    pub(crate) session: Arc<Session>,
    /// How, where somebody else published.
    pub(crate) terms: Terms,
    /// How, where the session itself published: No Local subscriptions do not count.
    own: Option<Terms>,
    has_no_local: bool,
}

/// What overlapping subscriptions come to together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The greatest QoS of them.
    pub(crate) qos: Qos,
    /// Whether one of them wants RETAIN as it was published.
    pub(crate) retain_as_published: bool,
    /// Their Subscription Identifiers.
    pub(crate) ids: Option<Arc<Vec<u32>>>,
}

impl From<&Options> for Terms {
    fn from(options: &Options) -> Self {
        Self {
            qos: options.qos,
            retain_as_published: options.retain_as_published,
            ids: options.id.map(|id| Arc::new(vec![id])),
        }
    }
}

impl Terms {
    fn add(&mut self, options: &Options) {
        self.qos = self.qos.max(options.qos);
        self.retain_as_published |= options.retain_as_published;
        if let Some(id) = options.id {
            match &mut self.ids {
                Some(ids) => Arc::make_mut(ids).push(id),
                None => self.ids = Some(Arc::new(vec![id])),
            }
        }
    }
}

impl Target {
    /// A session with the first of its subscriptions.
    pub(super) fn new(session: Arc<Session>, options: &Options) -> Self {
        Self {
            session,
            terms: options.into(),
            own: (!options.no_local).then(|| options.into()),
            has_no_local: options.no_local,
        }
    }

    /// One more subscription of the same session.
    pub(super) fn add(&mut self, options: &Options) {
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
