//! Reading again what is stored, as the decoder would read it now.

use std::sync::Arc;

use super::decoder::row;
use super::ruling::Ruling;
use crate::message::{Message, SparkplugTopic, Topic};
use crate::metrics::Metrics;
use crate::rules::RulesInForce;
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
        // The message that is stored stays as it is, whatever the rule says of those to come.
        row(message, None, &mut self.0)
    }
}
