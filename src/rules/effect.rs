//! What a rule makes of what a payload was decoded to.

use std::borrow::Cow;
use std::sync::Arc;

use super::bounds::TEXT_BYTES_MAX;
use super::dead_band::DeadBands;
use super::path::PathPattern;
use super::rule::{ArrayForm, MemberRule, Rule, TimeChoice};
use super::told_time;
use crate::decode::{Decoded, PATH_BYTES_MAX, Sample, Value};
use crate::message::{DefectCode, Message, SeriesText, TimeSource, Timestamp};

/// What a good value is marked with, where a rule does not say it.
const GOOD_TEXT: &str = "good";
/// The same of OPC.
const GOOD_NUMBER: f64 = 192.0;

/// What became of samples.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effect {
    /// For each sample that is left the place that it had among those decoded; `None` where each
    /// has its own.
    pub places: Option<Vec<usize>>,
    /// What the rule says of samples, by their places now.
    pub texts: Vec<(usize, SeriesText)>,
    /// How many samples are left out.
    pub left_out: u64,
}

impl Rule {
    /// Makes of what `message` was decoded to what the rule says of it.
    pub fn apply(&self, message: &Message, decoded: &mut Decoded, bands: &mut DeadBands) -> Effect {
        let time = self.time(message, decoded);
        let is_good = self.is_good(&decoded.samples);
        let units = self.told_units(&decoded.samples);
        let (before, max) = (
            decoded.samples.len(),
            self.samples_max.map(|max| max as usize),
        );
        let mut effect = Effect::default();
        let mut places = Vec::with_capacity(before);
        let mut kept = Vec::with_capacity(before);
        for (place, mut sample) in std::mem::take(&mut decoded.samples).into_iter().enumerate() {
            if max.is_some_and(|max| kept.len() >= max) {
                break;
            }
            let at = self
                .members
                .iter()
                .position(|one| one.path.matches(&sample.path));
            let member = at.and_then(|at| self.members.get(at));
            let is_quality = is(self.quality.as_ref(), &sample.path);
            if !is_good && !is_quality {
                continue;
            }
            let Some(path) = self.new_path(&sample.path, member, is_quality) else {
                continue;
            };
            if let Cow::Owned(path) = path {
                sample.path = path;
            }
            if let Some((at, source)) = time {
                (sample.time, sample.time_source) = (at, source);
            }
            if let Some(member) = member {
                member.scale(&mut sample.value);
                if member.has_dead_band() && !bands.keeps(&message.topic, &sample, member) {
                    continue;
                }
                let text = SeriesText {
                    unit: member.unit.clone().or_else(|| units.get(at?)?.clone()),
                    description: member.description.clone(),
                };
                if text != SeriesText::default() {
                    effect.texts.push((kept.len(), text));
                }
            }
            places.push(place);
            kept.push(sample);
        }
        effect.left_out = (before - kept.len()) as u64;
        effect.places = (effect.left_out > 0).then_some(places);
        decoded.samples = kept;
        effect
    }

    /// When the values of a message were true, where the rule says it.
    fn time(&self, message: &Message, decoded: &mut Decoded) -> Option<(Timestamp, TimeSource)> {
        let path = match self.time.as_ref()? {
            TimeChoice::Receipt => return Some((message.received_at, TimeSource::Receipt)),
            TimeChoice::Member(path) => path.as_str(),
        };
        let Some(value) = value_at(&decoded.samples, path) else {
            // It may have been found to be the time already, of those beside and below it.
            return found_time(&decoded.samples, path).map(|at| (at, TimeSource::Rule));
        };
        let (zone, format) = (self.time_zone.as_deref(), self.time_format.as_deref());
        let at = told_time::read(value, zone, format);
        if at.is_none() {
            decoded
                .defects
                .add(DefectCode::ImplausibleTime, Some(path), || {
                    "not a plausible time, which a rule says it is".to_owned()
                });
        }
        at.map(|at| (at, TimeSource::Rule))
    }

    /// Whether the values are good, as far as the rule says how to know.
    fn is_good(&self, samples: &[Sample]) -> bool {
        let quality = self.quality.as_ref();
        let Some(value) = quality.and_then(|path| value_at(samples, path.as_str())) else {
            return true;
        };
        if !self.good.is_empty() {
            return self.good.iter().any(|good| is_same(good, value));
        }
        match value {
            Value::Number(number) | Value::Long(number, _) => *number == GOOD_NUMBER,
            Value::Bool(is_good) => *is_good,
            Value::Text(text) => text.eq_ignore_ascii_case(GOOD_TEXT),
        }
    }

    /// For each member the unit that another one says; nothing where none does.
    fn told_units(&self, samples: &[Sample]) -> Vec<Option<Arc<str>>> {
        if self
            .members
            .iter()
            .all(|member| member.unit_member.is_none())
        {
            return Vec::new();
        }
        let told =
            |member: &MemberRule| match value_at(samples, member.unit_member.as_ref()?.as_str())? {
                Value::Text(unit) if unit.len() <= TEXT_BYTES_MAX => Some(unit.as_str().into()),
                _ => None,
            };
        self.members.iter().map(told).collect()
    }

    /// The path of the series that a value at `path` is of; `None` where it is of none.
    fn new_path<'a>(
        &self,
        path: &'a str,
        member: Option<&MemberRule>,
        is_quality: bool,
    ) -> Option<Cow<'a, str>> {
        let is_time = matches!(&self.time, Some(TimeChoice::Member(time)) if time.as_str() == path);
        if is_time && member.is_none() || member.is_some_and(|member| member.ignore) {
            return None;
        }
        let below = self.value.as_ref().map(|value| below(path, value.as_str()));
        if below == Some(None) && member.is_none() && !is_quality {
            return None;
        }
        let renamed = member.and_then(|member| member.renamed(path));
        let new = renamed.or_else(|| below.flatten().map(Cow::Borrowed));
        let new = new.unwrap_or(Cow::Borrowed(path));
        let new = match self.arrays {
            ArrayForm::Series => new,
            ArrayForm::Rows => without_items(new),
        };
        if new == path || new.len() > PATH_BYTES_MAX {
            return Some(Cow::Borrowed(path));
        }
        Some(Cow::Owned(new.into_owned()))
    }
}

impl MemberRule {
    /// Its new name, if it has one.
    fn renamed(&self, path: &str) -> Option<Cow<'_, str>> {
        let new = self.rename.as_ref()?.as_str();
        let Some(branch) = self.path.branch() else {
            return Some(Cow::Borrowed(new));
        };
        let rest = path.strip_prefix(branch)?;
        Some(Cow::Owned(format!("{new}{rest}")))
    }

    /// Scales a number; one that would become too large stays as it is.
    fn scale(&self, value: &mut Value) {
        if self.scale.is_none() && self.offset.is_none() {
            return;
        }
        let (Value::Number(number) | Value::Long(number, _)) = *value else {
            return;
        };
        let (scale, offset) = (self.scale.unwrap_or(1.0), self.offset.unwrap_or(0.0));
        // A tenth has no exact double, but ten has.
        let inverse = (1.0 / scale).round();
        #[allow(clippy::float_cmp)] // it is, or it is not
        let is_fraction = scale.abs() < 1.0 && 1.0 / inverse == scale;
        let scaled = if is_fraction {
            number / inverse
        } else {
            number * scale
        };
        let scaled = scaled + offset;
        if scaled.is_finite() {
            *value = Value::Number(scaled);
        }
    }
}

/// The value at `path`, the last where there are several.
fn value_at<'a>(samples: &'a [Sample], path: &str) -> Option<&'a Value> {
    let mut those = samples.iter().rev().filter(|sample| sample.path == path);
    those.next().map(|sample| &sample.value)
}

/// The time that the member at `path` was found to say of a sample beside or below it.
fn found_time(samples: &[Sample], path: &str) -> Option<Timestamp> {
    let (parent, name) = path.rsplit_once('/')?;
    let is_told = |sample: &&Sample| {
        let is_by =
            matches!(sample.time_source, TimeSource::Member(member) if member.name() == name);
        is_by && sample.path.starts_with(parent)
    };
    samples.iter().find(is_told).map(|sample| sample.time)
}

fn is(pattern: Option<&PathPattern>, path: &str) -> bool {
    pattern.is_some_and(|pattern| pattern.as_str() == path)
}

fn is_same(good: &serde_json::Value, value: &Value) -> bool {
    match value {
        Value::Number(number) | Value::Long(number, _) => good.as_f64() == Some(*number),
        Value::Bool(bool) => good.as_bool() == Some(*bool),
        Value::Text(text) => {
            let good = good.as_str();
            good.is_some_and(|good| good.eq_ignore_ascii_case(text))
        }
    }
}

/// What of `path` is below `above`, which may be itself.
fn below<'a>(path: &'a str, above: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(above)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// A path without the levels that are numbers.
fn without_items(path: Cow<'_, str>) -> Cow<'_, str> {
    let is_item =
        |level: &str| !level.is_empty() && level.bytes().all(|byte| byte.is_ascii_digit());
    if !path.split('/').skip(1).any(is_item) {
        return path;
    }
    let levels = path.split('/').skip(1).filter(|level| !is_item(level));
    Cow::Owned(levels.fold(String::new(), |path, level| path + "/" + level))
}
