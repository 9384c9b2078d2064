//! Live streams over WebSocket and SSE: one subscription, replay first, then live, no gap.
//!
//! # What is promised
//!
//! - Gap-free. A subscriber of mode `all` is a *position* in the one order of everything
//!   ([`feed`]): it reads from the shared ring of what was lately made durable ([`ring`]), else
//!   from the journal with a reader of its own, else from the database. The position only grows,
//!   and everything wanted at and beyond it is sent once. What nobody has any more is told in a
//!   `gap` frame; that somebody removed topics, and with them some of the messages up to a place, in
//!   one with the reason `removed`.
//! - A slow client costs nothing. It never gets a larger buffer: one frame waits for it, another
//!   is being written. It falls out of the ring, back to journal and database, and catches up at
//!   its own pace. `latest` and `tree` are maps of what has changed since the last frame.
//! - Only what is durable is sent: no crash takes back a `seq` that a client has seen.
//!
//! # Who does what
//!
//! One task ([`tail`]) reads the journal into the ring, while anybody is subscribed. Each connection has a
//! task ([`conversation`]), the only one that writes to it, and each subscription a feeder that makes
//! its frames ([`all`], [`latest`], [`tree`]).

mod admission;
mod all;
mod conversation;
mod error;
mod feed;
mod frame;
mod handle;
mod hub;
mod item;
mod latest;
mod limits;
mod memory;
mod outlet;
mod publisher;
mod rates;
mod replayed;
mod request;
mod ring;
mod socket;
mod sse;
mod start;
mod subscription;
mod tail;
#[cfg(test)]
mod tests;
mod tree;

pub use error::{Refusal, RefusalCode};
pub use handle::Live;
pub use limits::{HZ_MAX, INBOUND_BYTES_MAX, SUBS_MAX, WRITE_BUFFER_BYTES_MAX};
pub use request::CLIENT_FRAMES;
pub use subscription::{MODES, StreamRequest};
