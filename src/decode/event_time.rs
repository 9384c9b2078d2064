//! When a payload says that its values were true.

use crate::message::Timestamp;

/// The member that carries the event time.
pub(super) const MEMBER: &str = "timestamp_ms";

/// The first and last plausible event times, 1980-01-01 and 2200-01-01: a device whose clock was
/// never set must not put its values where nobody looks.
const PLAUSIBLE_MS: std::ops::Range<f64> = 315_532_800_000.0..7_258_118_400_000.0;

/// The instant that `millis` names, if it is plausible. Fractions of a millisecond count.
pub(super) fn from_millis(millis: f64) -> Option<Timestamp> {
    #[allow(clippy::cast_possible_truncation)] // the range is checked
    PLAUSIBLE_MS
        .contains(&millis)
        .then(|| Timestamp((millis * 1000.0).round() as i64))
}
