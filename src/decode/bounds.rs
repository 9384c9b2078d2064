//! What of one payload becomes samples at most; the rest is in the raw payload only, and told as a
//! defect.

/// The longest text that becomes a sample, in bytes; a longer one is in the raw payload only.
pub const TEXT_BYTES_MAX: usize = 4096;

/// The deepest nesting whose leaves become samples.
pub const DEPTH_MAX: usize = 16;

/// The most samples of one message.
pub const SAMPLES_MAX: usize = 1000;

/// The most images and byte strings of one message that are told.
pub const EMBEDDED_MAX: usize = 64;

/// The longest JSON Pointer of a sample, in bytes.
pub const PATH_BYTES_MAX: usize = 1024;

/// What the JSON Pointers of one message may take, in bytes: so much, and so many times its size.
pub(super) const PATHS_BYTES_BASE: usize = 32 * 1024;
pub(super) const PATHS_BYTES_FACTOR: usize = 16;

/// What a compressed payload may become, in bytes: so much, and so many times its size, and never
/// more than the largest packet that is taken. A longer one is not read at all.
pub(super) const PLAIN_BYTES_BASE: usize = 64 * 1024;
pub(super) const PLAIN_BYTES_FACTOR: usize = 64;
pub(super) const PLAIN_BYTES_MAX: usize = 16 << 20;

/// A date-time of CBOR and MessagePack is one up to so many seconds from 1970 on either side: to the
/// year 9892, behind which RFC 3339 soon has no date.
pub(super) const SECONDS_MAX: u64 = 250_000_000_000;
