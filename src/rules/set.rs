//! All rules, and which one is for a topic.

use std::sync::Arc;

use super::bounds::{KEEPS_MAX, RULES_MAX};
use super::error::RuleError;
use super::rule::Rule;
use crate::decode::ToldFormat;
use crate::message::{Timestamp, Topic, TopicFilter};

/// A rule, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownRule {
    pub rule: Rule,
    /// When it was made, and by whom; `None` for one that the configuration file declares.
    pub made: Option<(Timestamp, String)>,
}

/// All rules, the most specific first.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    rules: Vec<Arc<KnownRule>>,
    has_formats: bool,
}

impl Rules {
    /// Of one filter, the first counts.
    pub fn new(rules: impl IntoIterator<Item = KnownRule>) -> Self {
        let mut rules: Vec<_> = rules.into_iter().map(Arc::new).collect();
        // Stable, and one filter equals itself alone.
        rules.sort_by_cached_key(|known| {
            let filter = &known.rule.filter;
            (specificity(filter), filter.clone())
        });
        rules.dedup_by(|later, first| later.rule.filter == first.rule.filter);
        let has_formats = rules.iter().any(|known| known.rule.format.is_some());
        Self { rules, has_formats }
    }

    /// The rules that a configuration file declares.
    pub fn declared(rules: Vec<Rule>) -> Result<Self, (usize, RuleError)> {
        let mut known: Vec<KnownRule> = Vec::with_capacity(rules.len());
        for (place, rule) in rules.into_iter().enumerate() {
            rule.check().map_err(|error| (place, error))?;
            if place >= RULES_MAX {
                return Err((place, RuleError::ManyRules));
            }
            if known.iter().any(|known| known.rule.filter == rule.filter) {
                return Err((place, RuleError::Twice));
            }
            if rule.keeps() && known.iter().filter(|known| known.rule.keeps()).count() >= KEEPS_MAX
            {
                return Err((place, RuleError::ManyKeeps));
            }
            known.push(KnownRule { rule, made: None });
        }
        Ok(Self::new(known))
    }

    /// The most specific first.
    pub fn all(&self) -> &[Arc<KnownRule>] {
        &self.rules
    }

    /// Whether another one with this filter may say how long something is kept.
    pub fn has_room_to_keep(&self, filter: &TopicFilter) -> bool {
        let keeps = |known: &&Arc<KnownRule>| known.rule.keeps() && known.rule.filter != *filter;
        self.rules.iter().filter(keeps).count() < KEEPS_MAX
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The one for a topic.
    pub fn of(&self, topic: &Topic) -> Option<&Arc<KnownRule>> {
        self.rules
            .iter()
            .find(|known| known.rule.filter.matches(topic))
    }

    /// What the payloads on a topic are said to be.
    pub fn format_of(&self, topic: &Topic) -> Option<ToldFormat> {
        if !self.has_formats {
            return None;
        }
        self.of(topic)?.rule.format
    }

    /// The one with this filter.
    pub fn with_filter(&self, filter: &TopicFilter) -> Option<&Arc<KnownRule>> {
        self.rules.iter().find(|known| known.rule.filter == *filter)
    }

    /// The same with this rule in the place of one with its filter.
    #[must_use]
    pub fn with(&self, rule: KnownRule) -> Self {
        let mut rules: Vec<_> = self.without(&rule.rule.filter).collect();
        rules.push(rule);
        Self::new(rules)
    }

    /// Those with another filter.
    pub fn without(&self, filter: &TopicFilter) -> impl Iterator<Item = KnownRule> {
        let others = self
            .rules
            .iter()
            .filter(move |known| known.rule.filter != *filter);
        others.map(|known| KnownRule::clone(known))
    }
}

/// How specific a filter is, the most specific first: of each level whether it is a name, `+` or
/// `#`.
fn specificity(filter: &TopicFilter) -> Vec<u8> {
    let kind = |level: &str| match level {
        "+" => 1,
        "#" => 2,
        _ => 0,
    };
    filter.levels().map(kind).collect()
}
