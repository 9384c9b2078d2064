//! One rule.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bounds::{
    FILTER_BYTES_MAX, INTERVAL_MAX_S, MEMBERS_MAX, PAYLOAD_LIMIT_MAX, SAMPLES_LIMIT_MAX,
    TEXT_BYTES_MAX,
};
use super::error::RuleError;
use super::path::PathPattern;
use super::told_time;
use crate::decode::ToldFormat;
use crate::message::{Keep, TopicFilter};

/// For how long a value is left out at most that has not changed, where nothing else is said.
pub(super) const LONGEST_INTERVAL_S: u32 = 3600;

/// What is stored of the messages on some topics, and how they are read. What is not given is as it
/// is without a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which topics: an MQTT topic filter. Of several rules that name a topic the most specific
    /// one counts: from the left, a name goes before `+`, and `+` before `#`.
    #[schema(value_type = String, format = "mqtt-filter", example = "factory/+/press/#")]
    pub filter: TopicFilter,
    /// What of the messages is stored (all).
    #[serde(default, skip_serializing_if = "is_default")]
    pub store: StoredParts,
    /// How long the messages are kept, in the place of what holds for the whole history. What was
    /// sealed before the rule was made stays where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_messages: Option<Keep>,
    /// How long their samples are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_samples: Option<Keep>,
    /// How long what their samples come to by minute, hour and day is: as many days as the samples,
    /// where nothing is said. It is what trends show when the samples have gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_rollups: Option<Keep>,
    /// What the payloads are, where their content type does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ToldFormat>,
    /// The member that is the value: its series has the empty path, and what is below it has its
    /// path from there. Of the others only those are values that `members` name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "/value")]
    pub value: Option<PathPattern>,
    /// When the values were true: what the member at this JSON Pointer says, or `receipt`, whatever
    /// the payload says. The member is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "/header/at")]
    pub time: Option<TimeChoice>,
    /// The IANA time zone of such times that are texts without one (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
    /// How such a time is written, in the notation of strptime; RFC 3339 and numbers need none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "%d.%m.%Y %H:%M:%S")]
    pub time_format: Option<String>,
    /// The member that says whether the values are good. Values that are not have no samples; the
    /// member itself has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "/quality")]
    pub quality: Option<PathPattern>,
    /// What it says then (true, 192 and "good", whatever its case).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 64)]
    pub good: Vec<serde_json::Value>,
    /// What the items of arrays become (series).
    #[serde(default, skip_serializing_if = "is_default")]
    pub arrays: ArrayForm,
    /// How many series one topic may have, in the place of `series_max` of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1_000_000)]
    pub series_max: Option<u32>,
    /// How many samples one message has at most; the first ones count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 1_000_000)]
    pub samples_max: Option<u32>,
    /// A payload of more bytes is stored as it is, and not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 268_435_455)]
    pub payload_bytes_max: Option<u64>,
    /// What is to be known of single members. Of several that name one, the first counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 64)]
    pub members: Vec<MemberRule>,
}

/// What of a message is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoredParts {
    /// The message as it is, and its samples.
    #[default]
    All,
    /// The message as it is; it is not read.
    Messages,
    /// Its samples, and that there was a message: not its payload and its properties.
    Samples,
    /// Nothing. The ledger counts it.
    Nothing,
}

/// What the items of arrays become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArrayForm {
    /// A series each: `/axes/0`, `/axes/1`.
    #[default]
    Series,
    /// Samples of one series: `/axes`. Levels that are numbers fall away.
    Rows,
}

/// When the values of a message were true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeChoice {
    Receipt,
    Member(PathPattern),
}

/// What is to be known of one member, or of many that are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRule {
    /// Where in the payload: a JSON Pointer, in which `*` as a level is any one, and `**` as the
    /// last level everything below.
    #[schema(value_type = String, example = "/motor/temp")]
    pub path: PathPattern,
    /// It is no value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ignore: bool,
    /// The path of its series; for `/a/**` what takes the place of `/a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "/temperature")]
    pub rename: Option<PathPattern>,
    /// What it is measured in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "°C")]
    pub unit: Option<Arc<str>>,
    /// The member that says what it is measured in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "/uom")]
    pub unit_member: Option<PathPattern>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Arc<str>>,
    /// A number is multiplied by this (1).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.1)]
    pub scale: Option<f64>,
    /// Then this is added (0).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = -40)]
    pub offset: Option<f64>,
    /// By how much a number must have changed to have a sample again. With 0, and for texts, true
    /// and false, it must have changed at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub dead_band: Option<f64>,
    /// The same in percent of the last sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub dead_band_percent: Option<f64>,
    /// After how many seconds there is a sample in any case (3600).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 31_536_000)]
    pub longest_interval_s: Option<u32>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Rule {
    /// Whether what it says goes together.
    pub fn check(&self) -> Result<(), RuleError> {
        if self.filter.as_str().len() > FILTER_BYTES_MAX {
            return Err(RuleError::LongFilter);
        }
        if self.members.len() > MEMBERS_MAX {
            return Err(RuleError::ManyMembers);
        }
        for (name, keep) in [
            ("keep_messages", self.keep_messages),
            ("keep_samples", self.keep_samples),
            ("keep_rollups", self.keep_rollups),
        ] {
            if keep.is_some_and(|keep| !keep.is_valid() || keep.is_for_ever()) {
                return Err(RuleError::Keep(name));
            }
        }
        let is_plain = |value: &serde_json::Value| {
            value.is_boolean()
                || value.is_number()
                || value
                    .as_str()
                    .is_some_and(|text| text.len() <= TEXT_BYTES_MAX)
        };
        if self.good.len() > MEMBERS_MAX || !self.good.iter().all(is_plain) {
            return Err(RuleError::Good);
        }
        if !self.good.is_empty() && self.quality.is_none() {
            return Err(RuleError::Quality);
        }
        if self.samples_max.is_some_and(|max| max > SAMPLES_LIMIT_MAX) {
            return Err(RuleError::TooMany("samples_max", SAMPLES_LIMIT_MAX.into()));
        }
        if self.series_max.is_some_and(|max| max > SAMPLES_LIMIT_MAX) {
            return Err(RuleError::TooMany("series_max", SAMPLES_LIMIT_MAX.into()));
        }
        if self
            .payload_bytes_max
            .is_some_and(|max| max > PAYLOAD_LIMIT_MAX)
        {
            return Err(RuleError::TooMany("payload_bytes_max", PAYLOAD_LIMIT_MAX));
        }
        exact("value", self.value.as_ref())?;
        exact("quality", self.quality.as_ref())?;
        let is_told = matches!(self.time, Some(TimeChoice::Member(_)));
        if (self.time_zone.is_some() || self.time_format.is_some()) && !is_told {
            return Err(RuleError::TimeOfNothing);
        }
        if let Some(TimeChoice::Member(path)) = &self.time {
            exact("time", Some(path))?;
        }
        told_time::check(self.time_zone.as_deref(), self.time_format.as_deref())?;
        self.members.iter().try_for_each(MemberRule::check)
    }

    /// What a payload of so many bytes is said to be: bytes, where it is not read at all.
    pub fn told(&self, payload_bytes: usize) -> Option<ToldFormat> {
        if self.reads(payload_bytes) {
            self.format
        } else {
            Some(ToldFormat::Binary)
        }
    }

    /// Whether it says how long something is kept.
    pub fn keeps(&self) -> bool {
        let keeps = [self.keep_messages, self.keep_samples, self.keep_rollups];
        keeps.iter().any(Option::is_some)
    }

    /// A rule as it is stored and sent.
    pub fn from_json(json: serde_json::Value) -> Result<Self, RuleError> {
        let rule: Self =
            serde_json::from_value(json).map_err(|error| RuleError::Form(error.to_string()))?;
        rule.check()?;
        Ok(rule)
    }

    /// Whether a payload of so many bytes is read at all.
    pub fn reads(&self, payload_bytes: usize) -> bool {
        let is_small = |max: u64| payload_bytes as u64 <= max;
        matches!(self.store, StoredParts::All | StoredParts::Samples)
            && self.payload_bytes_max.is_none_or(is_small)
    }
}

impl MemberRule {
    fn check(&self) -> Result<(), RuleError> {
        if let Some(rename) = &self.rename {
            exact("rename", Some(rename))?;
            if !self.path.is_exact() && self.path.branch().is_none() {
                return Err(RuleError::Rename);
            }
        }
        exact("unit_member", self.unit_member.as_ref())?;
        if self.unit.is_some() && self.unit_member.is_some() {
            return Err(RuleError::Unit);
        }
        let texts = [("unit", &self.unit), ("description", &self.description)];
        for (name, text) in texts {
            if text
                .as_ref()
                .is_some_and(|it| it.len() > TEXT_BYTES_MAX || it.contains('\0'))
            {
                return Err(RuleError::LongText(name));
            }
        }
        if self
            .scale
            .is_some_and(|scale| !scale.is_finite() || scale == 0.0)
        {
            return Err(RuleError::Scale);
        }
        if self.offset.is_some_and(|offset| !offset.is_finite()) {
            return Err(RuleError::Offset);
        }
        let bands = [
            ("dead_band", self.dead_band),
            ("dead_band_percent", self.dead_band_percent),
        ];
        for (name, band) in bands {
            if band.is_some_and(|band| !band.is_finite() || band < 0.0) {
                return Err(RuleError::DeadBand(name));
            }
        }
        if self
            .longest_interval_s
            .is_some_and(|most| most > INTERVAL_MAX_S)
        {
            return Err(RuleError::TooMany(
                "longest_interval_s",
                INTERVAL_MAX_S.into(),
            ));
        }
        if self.longest_interval_s.is_some() && !self.has_dead_band() {
            return Err(RuleError::Interval);
        }
        Ok(())
    }

    /// Whether only what has changed has a sample.
    pub(super) fn has_dead_band(&self) -> bool {
        self.dead_band.is_some() || self.dead_band_percent.is_some()
    }
}

fn exact(name: &'static str, path: Option<&PathPattern>) -> Result<(), RuleError> {
    match path {
        Some(path) if !path.is_exact() => Err(RuleError::ManyPaths(name)),
        _ => Ok(()),
    }
}

impl Serialize for TimeChoice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Receipt => serializer.serialize_str("receipt"),
            Self::Member(path) => path.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for TimeChoice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "receipt" {
            return Ok(Self::Receipt);
        }
        let path = PathPattern::new(text)
            .ok()
            .filter(|path| !path.as_str().is_empty());
        path.map(Self::Member)
            .ok_or_else(|| serde::de::Error::custom(RuleError::Time))
    }
}
