//! What rules say of how long history is kept.

use crate::message::Topic;
use crate::rules::{Rule, RulesInForce};
use crate::store::{KeepRule, KeepRules};

/// The rules in force, as the store asks for them.
pub(super) struct Keeping(pub(super) RulesInForce);

impl KeepRules for Keeping {
    fn all(&self) -> Vec<KeepRule> {
        let rules = self.0.load();
        let all = rules.all().iter();
        all.filter_map(|known| keep_rule(&known.rule)).collect()
    }

    fn of(&self, topic: &Topic) -> Option<KeepRule> {
        keep_rule(&self.0.load().of(topic)?.rule)
    }
}

fn keep_rule(rule: &Rule) -> Option<KeepRule> {
    rule.keeps().then(|| KeepRule {
        filter: rule.filter.clone(),
        messages: rule.keep_messages,
        samples: rule.keep_samples,
        rollups: rule.keep_rollups,
    })
}
