//! A position in the one order of everything, and what comes next from there.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use super::error::Refusal;
use super::hub::Hub;
use super::item::{Item, items};
use super::ring::{Interest, Span};
use crate::journal::{JournalError, Reader};
use crate::message::{Message, Offset, Scope, Timestamp};
use crate::store::{MessageQuery, Order, Pages, Store, StoreError};
use crate::view::Showing;

/// So much is read from the journal at once.
const READ_BYTES: usize = 256 * 1024;

/// Reads messages of one scope in the order of `seq`, each once, from wherever they are.
pub(super) struct Feed {
    hub: Arc<Hub>,
    wanted: Wanted,
    reader: Option<Reader>,
    replay: Option<DatabaseReplay>,
    /// The last removal of topics that has been told of.
    told: i32,
    /// From which message on it has been told that everything is kept.
    told_kept: Offset,
    span: watch::Receiver<Option<Span>>,
    _interest: Interest,
}

/// Which messages are wanted.
#[derive(Debug, Clone)]
struct Wanted {
    store: Store,
    scope: Scope,
    /// Those received before are not.
    not_before: Option<Timestamp>,
    /// Everything wanted below it has been given.
    position: Offset,
    /// Whether they go out as they are: then they are written as JSON where they are read.
    whole: bool,
}

impl Wanted {
    fn holds(&self, message: &Message) -> bool {
        message.offset >= self.position
            && self.not_before.is_none_or(|at| message.received_at >= at)
            && self.scope.holds(&message.topic)
            && !self.store.is_removed(&message.topic, message.offset)
    }

    fn prepare(&self, items: &[Arc<Item>], showing: &Showing) {
        if self.whole {
            for item in items {
                item.json(showing);
            }
        }
    }
}

/// Reading the database up to but without `end`.
struct DatabaseReplay {
    pages: Pages,
    end: Offset,
}

#[derive(Debug)]
pub(super) enum Step {
    /// Messages, by `seq`; there may be none that are wanted.
    Items(Vec<Arc<Item>>),
    /// Nobody has these records any more, or not all of them.
    Gap(Gap),
}

/// Records that are missing in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// The first that may be missing.
    pub(super) from: Offset,
    /// The last that may be missing.
    pub(super) to: Offset,
    pub(super) reason: GapReason,
}

/// Why records are missing, by its name in the `gap` frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GapReason {
    /// The cursor is of another journal.
    Epoch,
    /// The journal has let go of them, and the database does not have them either, or not all.
    Expired,
    /// The database will never have them.
    Missing,
    /// Somebody removed their topics.
    Removed,
}

impl Feed {
    /// Everything at and beyond `position` that `scope` holds.
    pub(super) fn new(
        interest: Interest,
        hub: Arc<Hub>,
        scope: Scope,
        position: Offset,
        not_before: Option<Timestamp>,
    ) -> Self {
        Self {
            span: hub.ring.span(),
            wanted: Wanted {
                store: hub.store.clone(),
                scope,
                not_before,
                position,
                whole: false,
            },
            hub,
            reader: None,
            replay: None,
            told: 0,
            told_kept: Offset(0),
            _interest: interest,
        }
    }

    /// The same, of messages that are sent as they are.
    pub(super) fn whole(mut self) -> Self {
        self.wanted.whole = true;
        self
    }

    /// Everything wanted below it has been given.
    pub(super) fn position(&self) -> Offset {
        self.wanted.position
    }

    /// The next step; waits for one. Cancel-safe: what is not returned is read again.
    pub(super) async fn next(&mut self) -> Result<Step, Refusal> {
        if let Some(gap) = self.removed() {
            return Ok(Step::Gap(gap));
        }
        loop {
            let position = self.position();
            if let Some(stretch) = self.hub.ring.at(position) {
                self.reader = None;
                self.replay = None;
                let items = stretch
                    .items
                    .iter()
                    .filter(|item| self.wanted.holds(&item.message));
                let items = items.map(Arc::clone).collect();
                self.wanted.position = stretch.end;
                return Ok(Step::Items(items));
            }
            let is_ahead = |span: &Option<Span>| span.is_some_and(|span| position >= span.first);
            if self.span.borrow().is_none() || is_ahead(&self.span.borrow()) {
                // The sender lives as long as this feed.
                let _ = self
                    .span
                    .wait_for(|span| span.is_some_and(|span| position < span.end))
                    .await;
                continue;
            }
            match self.read_journal().await? {
                Ok(step) => return Ok(step),
                Err(JournalError::Gone { oldest }) => return self.read_database(oldest).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Messages that are not there any more because somebody removed their topics; what is left of
    /// that part follows.
    fn removed(&mut self) -> Option<Gap> {
        let (store, position) = (&self.hub.store, self.position());
        let removal = store.removal_from(self.wanted.scope.filter(), position, self.told)?;
        self.told = removal.id;
        Some(Gap {
            from: position,
            to: removal.up_to,
            reason: GapReason::Removed,
        })
    }

    /// Messages below `end` that are not there any more because they had been kept long enough; what
    /// is left of that part follows.
    fn expired(&mut self, end: Offset) -> Option<Gap> {
        let (store, filter) = (&self.hub.store, self.wanted.scope.filter());
        let kept = store.messages_kept_from_seq(filter);
        let time = store.messages_kept_from(filter)?;
        let is_wanted = self.wanted.not_before.is_none_or(|from| from < time);
        if !is_wanted || kept <= self.position() || kept <= self.told_kept {
            return None;
        }
        self.told_kept = kept;
        Some(Gap {
            from: self.position(),
            to: kept.min(end).last_below(),
            reason: GapReason::Expired,
        })
    }

    /// What was read and written as JSON elsewhere, since that is to compute.
    async fn read_journal(&mut self) -> Result<Result<Step, JournalError>, Refusal> {
        self.replay = None;
        let (reader, journal) = (self.reader.take(), self.hub.journal.clone());
        let showing = self.hub.showing.clone();
        let wanted = self.wanted.clone();
        let read = async move {
            let mut reader = match reader {
                Some(reader) => reader,
                None => journal.reader(wanted.position)?,
            };
            let records = reader.try_next(READ_BYTES)?;
            let items: Vec<_> = items(records)
                .filter(|item| wanted.holds(&item.message))
                .collect();
            wanted.prepare(&items, &showing);
            Ok((reader, items))
        };
        Ok(match self.hub.readers.stream(read).await? {
            Ok((reader, items)) => {
                self.wanted.position = reader.position();
                self.reader = Some(reader);
                Ok(Step::Items(items))
            }
            Err(error) => Err(error),
        })
    }

    /// `oldest`: where the journal begins.
    async fn read_database(&mut self, oldest: Offset) -> Result<Step, Refusal> {
        let store = &self.hub.store;
        let DatabaseReplay { mut pages, end } = if let Some(replay) = self.replay.take() {
            replay
        } else {
            let mut end = (*store.cursor().borrow()).min(oldest);
            if !store.is_ready() {
                return Err(StoreError::NotReady.into());
            }
            // What the database will never have is told where it is.
            if let Some(missing) = store.missing_from(self.position()) {
                if missing.from <= self.position() {
                    return Ok(self.skip(missing.to, GapReason::Missing));
                }
                end = end.min(missing.from);
            }
            if end <= self.position() {
                return Ok(self.skip(oldest, GapReason::Expired));
            }
            if let Some(gap) = self.expired(end) {
                return Ok(Step::Gap(gap));
            }
            DatabaseReplay {
                pages: Pages::new(self.hub.store.clone(), self.query(end)),
                end,
            }
        };
        let (wanted, showing) = (self.wanted.clone(), self.hub.showing.clone());
        let read = async move {
            let messages = pages.next().await?;
            let items = messages
                .into_iter()
                .map(|message| Arc::new(Item::new(Arc::new(message))));
            let items: Vec<_> = items.collect();
            wanted.prepare(&items, &showing);
            Ok::<_, StoreError>((pages, items))
        };
        let (pages, items) = self.hub.readers.stream(read).await??;
        match items.last() {
            Some(last) => {
                self.wanted.position = self.hub.cursor_after(last.seq()).next;
                self.replay = Some(DatabaseReplay { pages, end });
            }
            None => self.wanted.position = end,
        }
        Ok(Step::Items(items))
    }

    fn query(&self, end: Offset) -> MessageQuery {
        MessageQuery {
            scope: self.wanted.scope.clone(),
            from: self.wanted.not_before,
            to: None,
            after: Some(self.hub.cursor(self.position()).last_seen()),
            up_to: Some(self.hub.cursor(end).last_seen()),
            order: Order::Ascending,
            limit: usize::MAX,
        }
    }

    /// Goes on at `to`: nobody has what is before.
    fn skip(&mut self, to: Offset, reason: GapReason) -> Step {
        let gap = Gap {
            from: self.position(),
            to: self.hub.cursor(to).last_seen(),
            reason,
        };
        self.wanted.position = to;
        Step::Gap(gap)
    }
}
