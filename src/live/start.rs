//! Where a subscription begins.

use std::collections::VecDeque;

use super::error::{Refusal, RefusalCode};
use super::feed::{Gap, GapReason};
use super::hub::Hub;
use super::item::Stretch;
use crate::journal::JournalError;
use crate::message::{Cursor, Message, Offset, Record, Scope, Timestamp};
use crate::store::{MessageQuery, Order, Pages, StoreError};

const READ_BYTES: usize = 256 * 1024;

/// From when on messages are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Since {
    #[default]
    Now,
    /// The last so many before now, too.
    Last(usize),
    /// What came after what the client has seen.
    Cursor(Cursor),
    /// What was received at or after an instant.
    Time(Timestamp),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) position: Offset,
    pub(super) not_before: Option<Timestamp>,
    pub(super) gap: Option<Gap>,
}

impl Start {
    fn at(position: Offset) -> Self {
        Self {
            position,
            not_before: None,
            gap: None,
        }
    }
}

/// Finds where to begin, everything below `head` being durable.
pub(super) async fn find(
    hub: &Hub,
    scope: &Scope,
    since: &Since,
    head: Offset,
) -> Result<Start, Refusal> {
    match *since {
        Since::Now => Ok(Start::at(head)),
        Since::Cursor(cursor) if cursor.epoch != hub.journal.epoch() => Ok(Start {
            gap: Some(Gap {
                from: cursor.next,
                to: hub.cursor(head).last_seen(),
                reason: GapReason::Epoch,
            }),
            ..Start::at(head)
        }),
        Since::Cursor(cursor) if cursor.next > head => Err(Refusal::new(
            RefusalCode::BadSince,
            format!("{cursor} is ahead of everything"),
        )),
        Since::Cursor(cursor) => Ok(Start::at(cursor.next)),
        Since::Time(at) => Ok(Start {
            not_before: Some(at),
            ..Start::at(time(hub, at)?)
        }),
        Since::Last(count) => last(hub, scope, count, head).await.map(Start::at),
    }
}

/// Times of receipt never decrease, so whoever has a message from before `at` has all after it.
fn time(hub: &Hub, at: Timestamp) -> Result<Offset, Refusal> {
    let is_before = |message: &Message| message.received_at < at;
    let stretches = hub.ring.snapshot();
    let begins_before = |stretch: &Stretch| {
        stretch
            .items
            .first()
            .is_some_and(|item| is_before(&item.message))
    };
    if let Some(stretch) = stretches
        .iter()
        .rev()
        .find(|stretch| begins_before(stretch))
    {
        return Ok(stretch.first);
    }
    let oldest = hub.journal.oldest();
    let mut reader = match hub.journal.reader(oldest) {
        Ok(reader) => reader,
        Err(JournalError::Gone { .. }) => return Ok(Offset(0)),
        Err(error) => return Err(error.into()),
    };
    let records = reader.try_next(READ_BYTES)?;
    let first = records.iter().find_map(|record| match record {
        Record::Message(message) => Some(message),
        Record::Session(_) => None,
    });
    match first {
        Some(message) if is_before(message) => Ok(oldest),
        _ => Ok(Offset(0)),
    }
}

/// The position of the `count`-th last message that `scope` holds, or of the first where there
/// are fewer. Only positions are kept, the messages are read when their turn comes.
async fn last(hub: &Hub, scope: &Scope, count: usize, head: Offset) -> Result<Offset, Refusal> {
    let mut search = Search {
        hub,
        scope,
        left: count,
        first: head,
        low: head,
    };
    search.ring();
    let mirrored = *hub.store.cursor().borrow();
    search.journal(mirrored).await?;
    let (left, first) = (search.left, search.first);
    if let Err(error) = search.database().await {
        // What the journal keeps of what is mirrored may be enough.
        (search.left, search.first) = (left, first);
        search.journal(Offset(0)).await?;
        if search.left > 0 {
            return Err(error.into());
        }
    }
    Ok(search.first)
}

/// Looks back from the head.
struct Search<'a> {
    hub: &'a Hub,
    scope: &'a Scope,
    /// How many are still to be found.
    left: usize,
    /// The first one found.
    first: Offset,
    /// Everything at and beyond has been looked at.
    low: Offset,
}

impl Search<'_> {
    fn is_wanted(&self, message: &Message) -> bool {
        message.offset < self.low
            && self.scope.holds(&message.topic)
            && !self.hub.store.is_removed(&message.topic, message.offset)
    }

    fn ring(&mut self) {
        for stretch in self.hub.ring.snapshot().iter().rev() {
            // The ring may be behind the head for a moment; then the journal is looked at.
            if self.left == 0 || stretch.end < self.low {
                return;
            }
            let wanted = stretch
                .items
                .iter()
                .rev()
                .filter(|item| self.is_wanted(&item.message));
            let found: Vec<_> = wanted.take(self.left).map(|item| item.seq()).collect();
            self.left -= found.len();
            self.first = found.last().copied().unwrap_or(self.first);
            self.low = self.low.min(stretch.first);
        }
    }

    /// Looks through the journal from `from` on.
    async fn journal(&mut self, from: Offset) -> Result<(), Refusal> {
        let from = from.max(self.hub.journal.oldest());
        if self.left == 0 || from >= self.low {
            return Ok(());
        }
        let mut reader = self.hub.journal.reader(from)?;
        let mut found = VecDeque::with_capacity(self.left);
        let (scope, low, left) = (self.scope.clone(), self.low, self.left);
        let is_wanted =
            move |message: &Message| message.offset < low && scope.holds(&message.topic);
        while reader.position() < low {
            let is_wanted = is_wanted.clone();
            let piece = self.hub.readers.stream(async move {
                let records = reader.try_next(READ_BYTES)?;
                let is_end = records.is_empty();
                for record in records {
                    if let Record::Message(message) = record
                        && is_wanted(&message)
                    {
                        if found.len() == left {
                            found.pop_front();
                        }
                        found.push_back(message.offset);
                    }
                }
                Ok::<_, JournalError>((reader, found, is_end))
            });
            let is_end;
            (reader, found, is_end) = piece.await??;
            if is_end {
                break;
            }
        }
        self.left -= found.len();
        self.first = found.front().copied().unwrap_or(self.first);
        self.low = from;
        Ok(())
    }

    async fn database(&mut self) -> Result<(), StoreError> {
        if self.left == 0 || self.low == Offset(0) {
            return Ok(());
        }
        if !self.hub.store.is_ready() {
            return Err(StoreError::NotReady);
        }
        let query = MessageQuery {
            scope: self.scope.clone(),
            from: None,
            to: None,
            after: Some(self.low),
            up_to: None,
            order: Order::Descending,
            limit: self.left,
        };
        let mut pages = Pages::new(self.hub.store.clone(), query);
        loop {
            let messages = pages.next().await?;
            let Some(last) = messages.last() else {
                return Ok(());
            };
            self.first = last.offset;
            self.left = self.left.saturating_sub(messages.len());
        }
    }
}
