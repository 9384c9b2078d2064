//! Why bytes are no packet, or a packet no bytes.

use super::ReasonCode;

/// Why what was read can't be taken. The connection is over: nothing after it can be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct DecodeError {
    /// What to tell the peer, in a CONNACK or a DISCONNECT.
    pub reason: ReasonCode,
    /// What is wrong, and which statement of the standard says so.
    pub what: &'static str,
}

impl DecodeError {
    pub(super) const fn new(reason: ReasonCode, what: &'static str) -> Self {
        Self { reason, what }
    }

    pub(super) const fn malformed(what: &'static str) -> Self {
        Self::new(ReasonCode::MalformedPacket, what)
    }

    pub(super) const fn protocol(what: &'static str) -> Self {
        Self::new(ReasonCode::ProtocolError, what)
    }
}

/// Why a packet can't be sent. Nothing was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Larger than the peer's Maximum Packet Size [MQTT-3.1.2-24], or than any packet can be.
    #[error("the packet has {bytes} bytes, and the peer takes {bytes_max}")]
    TooLarge {
        bytes: usize,
        /// The greatest that is possible.
        bytes_max: usize,
    },
    /// A string or binary data of more than 65,535 bytes.
    #[error("a field of the packet is longer than 65535 bytes")]
    TooLong,
    /// The version of the protocol has no way to say it.
    #[error("{0}")]
    Inexpressible(&'static str),
}
