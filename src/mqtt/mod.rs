//! The MQTT broker: listeners, connections, sessions, subscriptions, retained messages, Wills.
//!
//! A connection is one task. It decodes everything that a read brought, gives the messages to the
//! journal as one batch, hands them to the subscribers' sessions, and acknowledges them once the
//! journal says that they are durable. Each session has a queue of places in the journal; the
//! connection that owns it sends what is in there as the client takes it.
//!
//! Invariants:
//! - PUBACK and PUBREC are sent only after the message is durable, and so is whatever else a
//!   client may rely on: SUBACK, UNSUBACK, PUBREL, PUBCOMP and CONNACK of a session that outlives
//!   its connection.
//! - Nobody waits for a subscriber that does not read: what it does not take is dropped and counted
//!   at QoS 0, and stays in the journal at QoS 1 and 2. For one that reads, publishers wait for a
//!   moment before anything is dropped, and for a small part of their time only.
//! - What clients can make the server hold is bounded, for each and in all ([`memory`]).
//! - Locks are taken in this order, and never across an `await`: moves, tree, share group, session.
//! - This module has never heard of PostgreSQL.

pub mod codec;
pub mod websocket;

mod backlog;
mod batch_memory;
mod broker;
mod client_log;
mod clients;
mod connection;
mod expiry;
mod history;
mod ids;
mod kept;
mod listener;
mod memory;
mod packed;
mod publishers;
mod queued;
mod resent;
mod reserved;
mod retained;
mod saving;
mod session;
mod share_group;
mod sparkplug_host;
mod state;
mod subscriptions;
mod terms;
mod timers;
mod unready;
mod wills;

#[cfg(test)]
mod tests;

pub use broker::entrance::Entrance;
pub use broker::{Broker, BrokerError};
pub use listener::Listener;
pub use state::{StateError, StateSummary};
