//! The rules on the way through the mirror: what they make of each message.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::decode::Decoded;
use crate::message::{Message, Topic};
use crate::metrics::Metrics;
use crate::rules::{DeadBands, KnownRule, Rules, RulesInForce, StoredParts};
use crate::store::Remarks;

/// For how many topics it is remembered which rule is theirs.
const TOPICS_MAX: usize = 100_000;

/// What the decoder knows of rules.
pub(super) struct Ruling {
    in_force: RulesInForce,
    /// Those that are applied now.
    rules: Arc<Rules>,
    by_topic: HashMap<Topic, Option<Arc<KnownRule>>, FixedState>,
    bands: DeadBands,
    metrics: Arc<Metrics>,
}

impl Ruling {
    pub(super) fn new(in_force: RulesInForce, metrics: Arc<Metrics>) -> Self {
        Self {
            rules: in_force.load(),
            in_force,
            by_topic: HashMap::default(),
            bands: DeadBands::default(),
            metrics,
        }
    }

    /// Takes over what has changed: from the next message on it counts.
    pub(super) fn refresh(&mut self) {
        let rules = self.in_force.load();
        if !Arc::ptr_eq(&rules, &self.rules) {
            self.rules = rules;
            self.by_topic.clear();
            self.bands.clear();
        }
    }

    /// Forgets what samples came before.
    pub(super) fn forget(&mut self) {
        self.bands.clear();
    }

    /// The rule for the messages on a topic.
    pub(super) fn of(&mut self, topic: &Topic) -> Option<Arc<KnownRule>> {
        if self.rules.is_empty() {
            return None;
        }
        if let Some(rule) = self.by_topic.get(topic) {
            return rule.clone();
        }
        if self.by_topic.len() >= TOPICS_MAX {
            self.by_topic.clear();
        }
        let rule = self.rules.of(topic).cloned();
        self.by_topic.insert(topic.clone(), rule.clone());
        rule
    }

    /// Makes of what a message was decoded to what its rule says; what of the message is stored
    /// then.
    pub(super) fn apply(
        &mut self,
        known: &KnownRule,
        message: Arc<Message>,
        (decoded, remarks): (&mut Decoded, &mut Option<Box<Remarks>>),
    ) -> Arc<Message> {
        let rule = &known.rule;
        let (places, texts) = if rule.reads(message.payload.len()) {
            let effect = rule.apply(&message, decoded, &mut self.bands);
            self.metrics.samples_left_out.inc_by(effect.left_out);
            (effect.places, effect.texts)
        } else {
            decoded.samples.clear();
            (Some(Vec::new()), Vec::new())
        };
        if let Some(places) = places
            && let Some(remarks) = remarks
        {
            remarks.keep(&places);
        }
        if !texts.is_empty() {
            remarks.get_or_insert_default().ruled = texts;
        }
        if let Some(most) = rule.series_max {
            remarks.get_or_insert_default().series_max = Some(most as usize);
        }
        match rule.store {
            StoredParts::Samples => Arc::new(message.stripped()),
            StoredParts::All | StoredParts::Messages | StoredParts::Nothing => message,
        }
    }
}
