//! Why a rule can't be one.

use super::bounds::{FILTER_BYTES_MAX, KEEPS_MAX, MEMBERS_MAX, RULES_MAX, TEXT_BYTES_MAX};

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("filter: longer than {FILTER_BYTES_MAX} bytes")]
    LongFilter,
    #[error("{0}: longer than {TEXT_BYTES_MAX} bytes")]
    LongText(&'static str),
    #[error("members: more than {MEMBERS_MAX}")]
    ManyMembers,
    #[error(
        "good: more than {MEMBERS_MAX}, or something other than numbers, texts, true and false"
    )]
    Good,
    #[error(
        "{0}: not a JSON Pointer, such as `/motor/temp`; `*` as a level is any one, `**` as the last \
         level all below"
    )]
    Path(String),
    #[error("{0}: a JSON Pointer of one member is needed here, without `*`")]
    ManyPaths(&'static str),
    #[error("rename: only of one member, or of all below one (`/a/**`)")]
    Rename,
    #[error("time: `receipt`, or the JSON Pointer of a member")]
    Time,
    #[error("time_zone: no time zone of this name is known")]
    TimeZone,
    #[error("time_format and time_zone need `time` to be a member")]
    TimeOfNothing,
    #[error("time_format: {0}")]
    TimeFormat(String),
    #[error("{0}: `days` from 1 to 36500, `bytes` from 1048576 to 2^60, or both")]
    Keep(&'static str),
    #[error(
        "keep_messages, keep_samples, keep_rollups: more than {KEEPS_MAX} rules say how long something is kept"
    )]
    ManyKeeps,
    #[error("scale: a finite number other than 0")]
    Scale,
    #[error("offset: a finite number")]
    Offset,
    #[error("{0}: a finite number that is not negative")]
    DeadBand(&'static str),
    #[error("longest_interval_s: a dead band is needed beside it")]
    Interval,
    #[error("unit and unit_member are both given: which one?")]
    Unit,
    #[error("{0}: at most {1}")]
    TooMany(&'static str, u64),
    #[error("quality: needed beside `good`")]
    Quality,
    #[error("more than {RULES_MAX} rules")]
    ManyRules,
    #[error("filter: there is a rule with this filter in the configuration file already")]
    Twice,
    /// It is not of the form that a rule has.
    #[error("{0}")]
    Form(String),
}
