//! Every topic and series with its last value, in memory: what is asked for most never costs a
//! query.
//!
//! It shows what is committed, and nothing else: a batch is applied after its transaction. Memory
//! is bounded by the limits on topics and on series for each topic ([`super::dictionary`]) and by a
//! budget for payloads: beyond a limit in all, or one for each ([`data`]), a
//! payload is not kept and is read from the table.

mod again;
mod apply;
mod born;
mod clocks;
mod data;
mod flush;
mod known;
mod load;
mod lookup;
mod seen;
mod state;
mod tree;

pub(super) use self::flush::FlushPace;
pub(super) use self::known::{KnownMax, KnownTopic};
pub(super) use self::lookup::{Catalog, FoundSeries, FoundTopics, TopicSize};
