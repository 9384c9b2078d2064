//! What survives a crash: sessions, their subscriptions and queues, Wills, and retained messages.
//!
//! The journal has it all: the messages themselves and, as session events, what happened to
//! sessions. The local [`Store`] in the data directory saves reading it from the beginning: about
//! once a second a [`Checkpoint`] writes what has changed, together with the offset up to which
//! it is complete. At the start the store is loaded and the journal read from that offset on.
//!
//! Invariants:
//! - The store is complete up to its offset: for everything below it, what is not in the store
//!   has been delivered, deleted or replaced.
//! - It may also have the effects of later records. Reading those again changes nothing.
//! - It never has the effect of a record that is not durable.
//! - Messages that wait are in the store by their offsets only, and only those below its offset:
//!   what comes and goes within a second never touches it.

mod bytes;
mod checkpoint;
mod events;
mod recover;
mod rows;
mod store;
mod wills;

pub(crate) use checkpoint::Checkpoint;
pub(crate) use events::{Event, What};
pub(crate) use rows::{RowKey, WillRow};
pub use store::StoreError;
pub(crate) use store::{Changes, Store};

/// Sessions, shared groups and Wills are numbered from here on: smaller numbers say how a message came
/// to a session ([`super::session::Via`]).
pub(crate) const FIRST_ID: u64 = 16;
