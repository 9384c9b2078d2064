//! MQTT 3.1, 3.1.1 and 5.0 on the wire.
//!
//! [`Decoder`] takes packets from the front of a read buffer, [`Encoder`] appends them to a write
//! buffer. Both speak all three versions and both directions, so that tests and tools use the
//! very codec that the broker uses.
//!
//! Invariants:
//! - No bytes make the decoder panic. What the standard calls malformed or a protocol error is
//!   refused with the Reason Code that the standard gives it and a text that names the statement
//!   (its number in MQTT 5.0, unless only 3.1.1 has it).
//! - A packet's size is checked as soon as its fixed header is there, before the body is
//!   buffered. What a packet holds on the heap is bounded by its size and by [`FILTERS_MAX`] and
//!   [`USER_PROPERTIES_MAX`].
//! - Payloads and binary data are slices of the read buffer, not copies.
//! - What is appended by the encoder never exceeds the peer's Maximum Packet Size.

mod decoder;
mod encoder;
mod error;
mod packet;
mod property;
mod reason;

#[cfg(test)]
mod tests;

pub use decoder::{Decoder, FILTERS_MAX, Side, USER_PROPERTIES_MAX, parse_share};
pub use encoder::{Encoder, PublishParts};
pub use error::{DecodeError, EncodeError};
pub use packet::*;
pub use reason::ReasonCode;

/// The greatest number that a variable byte integer of four bytes can say [MQTT-1.5.5-1].
const VARIABLE_MAX: u32 = 268_435_455;
