//! Leaving out what has not changed.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use foldhash::fast::{FixedState, RandomState};

use super::rule::{LONGEST_INTERVAL_S, MemberRule};
use crate::decode::{Sample, Value};
use crate::message::{Timestamp, Topic};

/// Of how many series it is known what they had last; 40 MB. Where there are more, all are
/// forgotten: then each has a sample again.
const SERIES_MAX: usize = 500_000;

/// What each series with a dead band has had last.
#[derive(Debug, Default)]
pub struct DeadBands {
    last: HashMap<u128, LastKept, FixedState>,
    keys: [RandomState; 2],
}

/// The last sample that was kept.
#[derive(Debug, Clone, Copy, PartialEq)]
struct LastKept {
    time: Timestamp,
    value: KeptValue,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum KeptValue {
    Number(f64),
    Bool(bool),
    /// The hash of a text.
    Text(u64),
}

impl DeadBands {
    /// Whether a sample of the series at its path on `topic` is to be stored; a late one is, since
    /// nobody knows what was before it.
    pub(super) fn keeps(&mut self, topic: &Topic, sample: &Sample, rule: &MemberRule) -> bool {
        let key = self.key(topic, &sample.path);
        let now = LastKept {
            time: sample.time,
            value: self.value(&sample.value),
        };
        if let Some(last) = self.last.get(&key) {
            let passed = now.time.0.saturating_sub(last.time.0);
            if passed < 0 {
                return true;
            }
            let longest_s = rule.longest_interval_s.unwrap_or(LONGEST_INTERVAL_S);
            let is_due = passed >= i64::from(longest_s) * 1_000_000;
            if !is_due && !has_changed(last.value, now.value, rule) {
                return false;
            }
        }
        if self.last.len() >= SERIES_MAX {
            self.last = HashMap::default();
        }
        self.last.insert(key, now);
        true
    }

    /// Forgets what was.
    pub fn clear(&mut self) {
        self.last.clear();
    }

    /// 128 bits by a key that nobody knows: no two series are taken for one.
    fn key(&self, topic: &Topic, path: &str) -> u128 {
        let [high, low] = self
            .keys
            .each_ref()
            .map(|state| state.hash_one((topic, path)));
        u128::from(high) << 64 | u128::from(low)
    }

    fn value(&self, value: &Value) -> KeptValue {
        match value {
            Value::Number(number) | Value::Long(number, _) => KeptValue::Number(*number),
            Value::Bool(bool) => KeptValue::Bool(*bool),
            Value::Text(text) => KeptValue::Text(self.keys[0].hash_one(text)),
        }
    }
}

fn has_changed(before: KeptValue, now: KeptValue, rule: &MemberRule) -> bool {
    let (KeptValue::Number(before), KeptValue::Number(now)) = (before, now) else {
        return before != now;
    };
    let by = (now - before).abs();
    let is_beyond = |band: f64| by > band;
    let percent = rule.dead_band_percent;
    let percent = percent.map(|percent| percent / 100.0 * before.abs());
    // Beyond the smaller one, where both are given.
    rule.dead_band.is_some_and(is_beyond) || percent.is_some_and(is_beyond)
}
