//! How much there may be of each thing.

/// The most connections.
pub(super) const CONNECTIONS_MAX: usize = 2000;
/// The most subscriptions of one connection.
pub const SUBS_MAX: usize = 100;
/// The most frames a second of one conflated subscription.
pub const HZ_MAX: f64 = 10.0;
/// The largest frame that a client may send; larger payloads go over REST.
pub const INBOUND_BYTES_MAX: usize = 1024 * 1024;
/// The most bytes that wait for one socket to take them.
pub const WRITE_BUFFER_BYTES_MAX: usize = 2 * 1024 * 1024;
