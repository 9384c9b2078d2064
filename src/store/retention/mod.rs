//! How long history is kept, and what it takes.
//!
//! What is sealed is in partitions by class of retention and by time ([`partition`]): all topics
//! without a rule of their own are one class, those of a rule that says how long they are kept
//! another ([`class`]). What has been kept long enough goes a partition at a time ([`due`] says
//! which, [`expire`] does it), with its dead letters, and the ledger counts it. What there is, and
//! how fast it grows, is measured at the same time ([`sizes`]).
//!
//! What is gone is never answered as if nothing had been: each class says from when on everything
//! of it is there.

mod change;
mod class;
mod due;
mod each;
mod expire;
mod moving;
mod partition;
mod sizes;
mod timescale;
mod views;

pub use self::class::{KeepRule, KeepRules};
pub(super) use self::class::{Retention, SealedClasses};
pub(super) use self::expire::Expirer;
pub use self::partition::Sealed;
pub(super) use self::partition::{ClassId, PartRange, SealedPart, part_name};
pub use self::sizes::{ClassSize, StorageSizes};
pub(super) use self::timescale::{Timescale, has_chunk, make_chunk};
