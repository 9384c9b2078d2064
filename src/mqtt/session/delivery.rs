//! What a session gives its connection to send.

use std::sync::Arc;

use crate::message::{Offset, Qos, Timestamp};
use crate::mqtt::codec::PacketId;
use crate::mqtt::queued::{HeldMessage, Via};

/// What is to be sent next.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Publish(Delivery),
    /// A PUBREL, once more.
    Pubrel(PacketId),
}

/// A PUBLISH to one session.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) message: HeldMessage,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    /// Whether it was sent before.
    pub(crate) dup: bool,
    /// The packet identifier, at QoS 1 and 2.
    pub(crate) id: Option<PacketId>,
    pub(crate) ids: Option<Arc<Vec<u32>>>,
    /// What has to be durable before it is sent.
    pub(crate) gate: Gate,
    pub(crate) via: Via,
}

/// What has to be durable before something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// The record at this offset.
    At(Offset),
    /// A record that is still to be written: the packet identifier of this QoS 2 delivery.
    Unrecorded,
}

/// How much of everything one session may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) messages: usize,
    /// Bytes of those that are in memory.
    pub(crate) bytes: usize,
}

/// What bounds the deliveries of one go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) bytes: usize,
    /// The receiver's Receive Maximum.
    pub(crate) window: u16,
    /// The time of day.
    pub(crate) now: Timestamp,
    pub(crate) now_s: u32,
}

/// What taking deliveries came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TakeOutcome {
    /// There is more that could be sent at once.
    pub(crate) more: bool,
    /// What comes next has to be read from the journal.
    pub(crate) load: bool,
    /// Messages that had expired.
    pub(crate) expired: u64,
}
