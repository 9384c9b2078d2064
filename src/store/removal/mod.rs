//! Removing topics, with everything that there is of them.
//!
//! A removal is asked for ([`request`]) and done in the background, by the task that keeps house
//! ([`remover`]): its work and sealing never meet. First its topics are taken out of the tables and
//! the catalog, a thousand at a time ([`detach`]): from then on nobody finds them, and who publishes
//! on such a name makes a new topic with a number of its own. Behind that their rows are deleted
//! ([`delete`]), in transactions that are small enough to hold up nobody. Each transaction counts
//! what it deleted in the ledger and in the removal, so that it can be broken off anywhere.

mod delete;
mod detach;
mod record;
mod remover;
mod request;

pub(super) use self::record::Removals;
pub use self::record::{Removal, RemovalState};
pub(super) use self::remover::Remover;
pub use self::request::RemovalPreview;
