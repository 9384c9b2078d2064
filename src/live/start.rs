//! Where a subscription begins.

use std::collections::VecDeque;

use super::Shared;
use super::error::Refusal;
use super::feed::Gap;
use crate::journal::JournalError;
use crate::message::{Cursor, Message, Offset, Record, Scope, Timestamp, TopicFilter};
use crate::store::{MessageQuery, Order, Pages, StoreError};

const READ_BYTES: usize = 256 * 1024;

/// From when on messages are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Since {
    /// From now on.
    #[default]
    Now,
    /// The last so many before now, too.
    Last(usize),
    /// What came after what the client has seen.
    Cursor(Cursor),
    /// What was received at or after an instant.
    Time(Timestamp),
}

/// Where to begin.
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
    shared: &Shared,
    filter: &TopicFilter,
    since: &Since,
    head: Offset,
) -> Result<Start, Refusal> {
    match *since {
        Since::Now => Ok(Start::at(head)),
        Since::Cursor(cursor) if cursor.epoch != shared.journal.epoch() => Ok(Start {
            gap: Some(Gap {
                from: cursor.next,
                to: Offset(head.0.saturating_sub(1)),
                reason: "epoch",
            }),
            ..Start::at(head)
        }),
        Since::Cursor(cursor) if cursor.next > head => Err(Refusal::new(
            "bad_since",
            format!("{cursor} is ahead of everything"),
        )),
        Since::Cursor(cursor) => Ok(Start::at(cursor.next)),
        Since::Time(at) => Ok(Start {
            not_before: Some(at),
            ..Start::at(time(shared, at)?)
        }),
        Since::Last(count) => last(shared, filter, count, head).await.map(Start::at),
    }
}

/// Times of receipt never decrease, so whoever has a message from before `at` has all after it.
fn time(shared: &Shared, at: Timestamp) -> Result<Offset, Refusal> {
    let is_before = |message: &Message| message.received_at < at;
    let batches = shared.ring.snapshot();
    let begins_before = |batch: &super::item::Batch| {
        batch
            .items
            .first()
            .is_some_and(|item| is_before(&item.message))
    };
    if let Some(batch) = batches.iter().rev().find(|batch| begins_before(batch)) {
        return Ok(batch.first);
    }
    let oldest = shared.journal.oldest();
    let mut reader = match shared.journal.reader(oldest) {
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

/// The position of the `count`-th last message that `filter` names, or of the first where there
/// are fewer. Only positions are kept, the messages are read when their turn comes.
async fn last(
    shared: &Shared,
    filter: &TopicFilter,
    count: usize,
    head: Offset,
) -> Result<Offset, Refusal> {
    let mut search = Search {
        shared,
        filter,
        left: count,
        first: head,
        low: head,
    };
    search.ring();
    let mirrored = *shared.store.cursor().borrow();
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
    shared: &'a Shared,
    filter: &'a TopicFilter,
    /// How many are still to be found.
    left: usize,
    /// The first one found.
    first: Offset,
    /// Everything at and beyond has been looked at.
    low: Offset,
}

impl Search<'_> {
    fn is_wanted(&self, message: &Message) -> bool {
        message.offset < self.low && self.filter.matches(&message.topic)
    }

    fn ring(&mut self) {
        for batch in self.shared.ring.snapshot().iter().rev() {
            // The ring may be behind the head for a moment; then the journal is looked at.
            if self.left == 0 || batch.end < self.low {
                return;
            }
            let wanted = batch
                .items
                .iter()
                .rev()
                .filter(|item| self.is_wanted(&item.message));
            let found: Vec<_> = wanted.take(self.left).map(|item| item.seq()).collect();
            self.left -= found.len();
            self.first = found.last().copied().unwrap_or(self.first);
            self.low = self.low.min(batch.first);
        }
    }

    /// Looks through the journal from `from` on.
    async fn journal(&mut self, from: Offset) -> Result<(), Refusal> {
        let from = from.max(self.shared.journal.oldest());
        if self.left == 0 || from >= self.low {
            return Ok(());
        }
        let mut reader = self.shared.journal.reader(from)?;
        let mut found = VecDeque::with_capacity(self.left);
        while reader.position() < self.low {
            let records = reader.try_next(READ_BYTES)?;
            if records.is_empty() {
                break;
            }
            for record in records {
                if let Record::Message(message) = record
                    && self.is_wanted(&message)
                {
                    if found.len() == self.left {
                        found.pop_front();
                    }
                    found.push_back(message.offset);
                }
            }
            tokio::task::yield_now().await;
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
        if !self.shared.store.is_ready() {
            return Err(StoreError::NotReady);
        }
        let query = MessageQuery {
            scope: Scope::unrestricted(self.filter.clone()),
            from: None,
            to: None,
            after: Some(self.low),
            up_to: None,
            order: Order::Descending,
            limit: self.left,
        };
        let mut pages = Pages::new(self.shared.store.clone(), query);
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
