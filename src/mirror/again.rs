//! Reading again what is stored, as the decoder would read it now.

use std::sync::Arc;

use super::decoder::{made, read_alone};
use super::ruling::{self, Ruling};
use crate::message::{Message, SparkplugTopic, Topic};
use crate::metrics::Metrics;
use crate::rules::{RulesInForce, StoredParts};
use crate::store::{DecodeAgain, MessageRow};

/// What reads messages again. What needs what came before, Sparkplug, stays as it is.
pub(super) struct Again(Ruling);

impl Again {
    pub(super) fn new(rules: RulesInForce, metrics: Arc<Metrics>) -> Self {
        Self(Ruling::new(rules, metrics))
    }
}

impl DecodeAgain for Again {
    fn reads(&self, topic: &Topic) -> bool {
        SparkplugTopic::of(topic).is_none()
    }

    fn begin(&mut self) {
        self.0.refresh();
        self.0.forget();
    }

    fn read(&mut self, message: Arc<Message>) -> Option<MessageRow> {
        if message.is_stripped {
            return None;
        }
        let Some(rule) = self.0.of(&message.topic) else {
            let (decoded, remarks) = read_alone(&message, None);
            return Some(made(message, decoded, remarks));
        };
        if rule.rule.store == StoredParts::Nothing {
            return None;
        }
        let told = ruling::told(&rule, &message);
        let (mut decoded, mut remarks) = read_alone(&message, told);
        let parts = (&mut decoded, &mut remarks);
        // The payload is there, and stays, whatever the rule says of those to come.
        self.0.apply(&rule, Arc::clone(&message), parts);
        Some(made(message, decoded, remarks))
    }
}
