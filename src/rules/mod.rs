//! What people say of the messages on their topics: what is stored of them, and how they are read.
//! Pure.
//!
//! A rule is for the topics that its filter names. Of several that name a topic the most specific
//! counts, and only that one: level by level from the left, a name goes before `+`, and `+` before
//! `#`. Rules are about the record alone: what MQTT clients and live streams get is the same with
//! and without them.

mod bounds;
mod dead_band;
mod effect;
mod error;
mod in_force;
mod path;
mod rule;
mod set;
mod told_time;

pub use bounds::RULES_MAX;
pub use dead_band::DeadBands;
pub use effect::Effect;
pub use error::RuleError;
pub use in_force::RulesInForce;
pub use rule::{ArrayForm, MemberRule, Rule, StoredParts};
pub use set::{KnownRule, Rules};

#[cfg(test)]
mod tests;
