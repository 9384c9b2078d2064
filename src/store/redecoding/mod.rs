//! Decoding again what is stored: with other rules than those of then, or because this version knows
//! more formats.
//!
//! It is asked for ([`request`]) and done in the background, by the task that keeps house
//! ([`runner`]): its work and sealing never meet. First everything that it is for is sealed. Then it
//! goes topic by topic, and in each by `seq`: the samples and dead letters of some messages are taken
//! out and what they are decoded to now is put in their place, in one transaction ([`piece`]), which
//! also notes how far that is. A reader finds the old ones or the new ones of a message, and never
//! both. When a topic is done, its series have their last values again, and those that have no sample
//! any more go ([`topic`]).

mod piece;
mod record;
mod request;
mod runner;
mod texts;
mod topic;

use std::sync::Arc;

pub(super) use self::record::Redecodings;
pub use self::record::{Redecoding, RedecodingState};
pub(super) use self::runner::Redecoder;
pub(super) use self::texts::LastText;
use super::batch::MessageRow;
use crate::message::{Message, Topic};

/// Reads messages as whoever mirrors them would read them now.
pub trait DecodeAgain: Send {
    /// Whether messages on a topic can be read again at all.
    fn reads(&self, topic: &Topic) -> bool;

    /// What comes is of another topic, or of another time, than what came before.
    fn begin(&mut self);

    /// What a message comes to; `None` where what there is of it is to stay as it is.
    fn read(&mut self, message: Arc<Message>) -> Option<MessageRow>;
}
