//! How much there may be of each thing.

use std::time::Duration;

/// The most connections.
pub(super) const CONNECTIONS_MAX: usize = 2000;
/// The most subscriptions of one connection.
pub const SUBS_MAX: usize = 100;
/// The most frames a second of one conflated subscription.
pub const HZ_MAX: f64 = 10.0;
/// A client that does not take a frame for so long is gone.
pub(super) const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// A frame has about so many bytes at most, and one message, row or node at least.
pub(super) const FRAME_BYTES: usize = 128 * 1024;
/// What all connections may hold for clients that have not taken it.
pub(super) const HELD_BYTES_MAX: usize = 128 * 1024 * 1024;
/// One connection may hold one part in so many of it.
pub(super) const CONNECTION_SHARE: usize = 2;
/// The largest frame that a client may send; larger payloads go over REST.
pub const INBOUND_BYTES_MAX: usize = 1024 * 1024;
/// The most bytes that wait for one socket to take them.
pub const WRITE_BUFFER_BYTES_MAX: usize = 2 * 1024 * 1024;
