//! How large a rule may be, and how many there may be.

/// How many rules there may be.
pub const RULES_MAX: usize = 500;
/// The longest filter of a rule, in bytes.
pub(super) const FILTER_BYTES_MAX: usize = 1024;
/// The longest unit, description and time format, in bytes.
pub(super) const TEXT_BYTES_MAX: usize = 255;
/// How many members a rule may say something of, and how many values may be good ones.
pub(super) const MEMBERS_MAX: usize = 64;
