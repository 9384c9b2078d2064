//! How large a rule may be, and how many there may be.

/// How many rules there may be.
pub const RULES_MAX: usize = 500;
/// How many of them may say how long something is kept: each has partitions of its own.
pub(super) const KEEPS_MAX: usize = 32;
/// The longest filter of a rule, in bytes.
pub(super) const FILTER_BYTES_MAX: usize = 1024;
/// The longest unit, description and time format, in bytes.
pub(super) const TEXT_BYTES_MAX: usize = 255;
/// How many members a rule may say something of, and how many values may be good ones.
pub(super) const MEMBERS_MAX: usize = 64;
/// The greatest limits that a rule may set, none of which any message comes to: an MQTT packet is
/// smaller (MQTT 5.0 section 2.1.4), and has fewer values.
pub(super) const SAMPLES_LIMIT_MAX: u32 = 1_000_000;
pub(super) const PAYLOAD_LIMIT_MAX: u64 = 268_435_455;
/// The longest time without a sample that has not changed, in seconds: a year.
pub(super) const INTERVAL_MAX_S: u32 = 365 * 86_400;
