//! Writing: a batch, the topics and series that it brings and the cursor, in one transaction.

mod births;
mod dead_letter;
mod discovered;
mod encode;
mod noted;
mod piece;
mod suspect;
mod transaction;
mod writer;

pub(super) use self::dead_letter::{NewDeadLetter, insert as insert_dead_letters};
pub(super) use self::encode::{Encoded, place};
pub(super) use self::transaction::insert_names;
pub(super) use self::writer::BatchWriter;
