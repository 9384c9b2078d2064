//! PostgreSQL. The only place with SQL.
//!
//! Everything is in the schema `unspool` (`migrations/`). The hot end is cheap to write: one row
//! for each message, its samples in arrays beside it, no btree ([`write`]). Full slots of it are
//! sealed in the background ([`housekeeping`]): messages ordered by topic into day partitions with
//! indexes, samples into blocks of one series and at most one hour. Readers ([`query`]) see both
//! as one. What is asked for most, topics and last values, is kept in memory ([`catalog`]).
//!
//! Invariants:
//! - Rows and the mirror's cursor move in one transaction, and only from where the cursor is
//!   believed to be: no message is stored twice, whoever writes and whatever dies.
//! - What is hot is the newest end of everything: slots are sealed in the order of `seq`, rows
//!   move in one transaction. A reader learns in the snapshot that it reads the hot end in where
//!   that begins, and then reads the sealed rest below it.
//! - The catalog shows what is committed.

mod address;
mod answer;
mod asking;
mod batch;
mod births;
mod blocks;
mod bucket;
mod catalog;
mod connect;
mod database;
mod dictionary;
mod discoveries;
pub mod embedded;
mod error;
mod fitness;
mod handle;
mod housekeeping;
mod mirrored;
mod missing;
mod prepare;
mod properties;
mod query;
mod redecoding;
mod removal;
mod retention;
mod rollups;
mod rules;
mod slots;
mod sql_reader;
mod state;
#[cfg(test)]
mod tests;
mod wire;
mod write;

pub use self::address::AddressError;
pub use self::answer::{
    ClientClock, DeadLetter, Latest, LatestSeries, RawSample, SeriesKind, TopicExtent, TreeNode,
};
pub use self::asking::DatabaseInfo;
pub use self::batch::{MessageRow, NewSample, Remarks, RowBatch};
pub use self::bucket::{Bucket, Detail, DetailWish, Grid};
pub use self::database::Database;
pub use self::dictionary::NameLimits;
pub use self::error::StoreError;
pub use self::handle::Store;
pub use self::mirrored::Mirrored;
pub use self::missing::{Changeover, Missing};
pub use self::query::{
    DeadLetterQuery, MessageQuery, Moment, Order, Pages, Past, PastPiece, PastQuery, Resolution,
    SampleQuery, SampleSet, Samples, SeriesSamples,
};
pub use self::redecoding::{DecodeAgain, Redecoding, RedecodingState};
pub use self::removal::{Removal, RemovalPreview, RemovalState};
pub use self::retention::{ClassSize, KeepRule, KeepRules, Sealed, StorageSizes};
pub use self::rules::StoredRule;
pub use self::sql_reader::{add_sql_reader, remove_sql_reader, sql_readers};
pub use self::state::Duty;
