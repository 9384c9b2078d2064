//! What survives a crash: sessions, their subscriptions and queues, Wills, and retained messages.
//!
//! The journal has it all: the messages themselves and, as [`StateEvent`]s, what happened to
//! sessions and Wills. The [`StateFile`] in the data directory saves reading it from the
//! beginning: about once a second the broker writes what has changed, together with the offset up
//! to which it is complete. At the start the file is loaded and the journal read from that offset
//! on.
//!
//! Rows and events are written with `postcard`, whose format is documented and stable
//! (<https://postcard.jamesmunns.com/wire-format>); a byte before them says which version of our
//! types they are of.
//!
//! Invariants:
//! - The file is complete up to its offset: for everything below it, what is not in the file
//!   has been delivered, deleted or replaced.
//! - It may also have the effects of later records. Reading those again changes nothing.
//! - It never has the effect of a record that is not durable.
//! - Messages that wait are in the file by their offsets only, and only those below its offset:
//!   what comes and goes within a second never touches it.

mod events;
mod file;
mod overlay;
mod progress;
mod rows;
mod summary;

pub(crate) use events::{SessionChange, StateEvent, WillChange};
pub use file::StateError;
pub(crate) use file::{LoadedState, StateChanges, StateFile};
pub(crate) use progress::Progress;
pub(crate) use rows::{InFlightRow, RetainedCursor, RowKey, SessionRow, Stage, WillRow};
pub use summary::StateSummary;
