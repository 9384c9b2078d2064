//! The past, and after it the present.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

use crate::message::{Message, Offset, Scope, Timestamp};

/// Replays messages from wherever they are. The live streams'.
pub trait Replay: Send + Sync {
    /// The messages of a scope from a place on, and those to come after them: in the order of `seq`,
    /// each once.
    fn replay(&self, scope: Scope, from: ReplayFrom) -> Box<dyn Replayed>;
}

/// Messages that follow each other.
pub trait Replayed: Send {
    /// The next ones; waits for them, also while the database is away. `None` where there will be no
    /// more: the server is stopping, or can't read them.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<ReplayedMessages>> + Send + '_>>;
}

/// From where on messages are replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayFrom {
    /// The last so many before now.
    Last(usize),
    /// What was received at or after an instant.
    Time(Timestamp),
    /// This one.
    Offset(Offset),
}

/// Some messages, and what they take in memory for as long as this is there.
pub struct ReplayedMessages {
    /// By `seq`.
    pub messages: Vec<Arc<Message>>,
    /// Before them some are missing that nobody has any more: from which one to which.
    pub gap: Option<(Offset, Offset)>,
    /// Given back with this.
    pub held: Box<dyn Any + Send>,
}
