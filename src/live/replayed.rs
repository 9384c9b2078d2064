//! Streams for those who have a way of their own to their clients.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::error::Refusal;
use super::feed::{Feed, Step};
use super::handle::Live;
use super::hub::Hub;
use super::item::Item;
use super::memory::{ConnectionMemory, HeldBytes};
use super::ring::Interest;
use super::start::{Since, Start, find};
use crate::message::{Offset, Scope};
use crate::port::{Replay, ReplayFrom, Replayed, ReplayedMessages};

/// How long it takes until something is tried again that did not work.
const PAUSE: Duration = Duration::from_secs(1);

/// So much of what others have too counts for nobody.
const SHARED_BYTES_MAX: usize = 16 * 1024;

impl Live {
    /// Where others ask for streams. It keeps nothing alive.
    pub fn replays(&self) -> Arc<dyn Replay> {
        Arc::new(Replays(Arc::downgrade(&self.hub)))
    }
}

struct Replays(Weak<Hub>);

/// A stream of a server that is stopping.
struct NoMore;

impl Replayed for NoMore {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<ReplayedMessages>> + Send + '_>> {
        Box::pin(std::future::ready(None))
    }
}

impl Replay for Replays {
    fn replay(&self, scope: Scope, from: ReplayFrom) -> Box<dyn Replayed> {
        let Some(hub) = self.0.upgrade() else {
            return Box::new(NoMore);
        };
        Box::new(ReplayStream {
            // Registered first, then the head: what comes after it is in the ring or on its way there.
            interest: Some(Interest::new(Arc::clone(&hub.ring))),
            head: hub.head(),
            memory: hub.memory.connection(),
            hub,
            scope,
            from,
            feed: None,
            gap: None,
        })
    }
}

/// The messages of a scope, from a place on.
struct ReplayStream {
    hub: Arc<Hub>,
    scope: Scope,
    from: ReplayFrom,
    /// Everything below was durable when it was asked for.
    head: Offset,
    memory: ConnectionMemory,
    /// Until there is a feed.
    interest: Option<Interest>,
    feed: Option<Feed>,
    /// What is missing before what comes next.
    gap: Option<(Offset, Offset)>,
}

impl Replayed for ReplayStream {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<ReplayedMessages>> + Send + '_>> {
        Box::pin(async move {
            loop {
                match self.step().await {
                    Ok(items) if items.is_empty() => {}
                    Ok(items) => return Some(self.messages(&items).await),
                    Err(refusal) if refusal.retry => tokio::time::sleep(PAUSE).await,
                    Err(refusal) => {
                        tracing::debug!(%refusal, "history can't be replayed");
                        return None;
                    }
                }
            }
        })
    }
}

impl ReplayStream {
    async fn step(&mut self) -> Result<Vec<Arc<Item>>, Refusal> {
        if self.feed.is_none() {
            self.begin().await?;
        }
        let Some(feed) = &mut self.feed else {
            return Ok(Vec::new());
        };
        match feed.next().await? {
            Step::Items(items) => Ok(items),
            Step::Gap(gap) => {
                let from = self.gap.map_or(gap.from, |(from, _)| from);
                self.gap = Some((from, gap.to));
                Ok(Vec::new())
            }
        }
    }

    async fn begin(&mut self) -> Result<(), Refusal> {
        let since = match self.from {
            ReplayFrom::Last(count) => Since::Last(count),
            ReplayFrom::Time(at) => Since::Time(at),
            ReplayFrom::Offset(offset) => Since::Cursor(self.hub.cursor(offset.min(self.head))),
        };
        let Start {
            position,
            not_before,
            ..
        } = find(&self.hub, &self.scope, &since, self.head).await?;
        if let Some(interest) = self.interest.take() {
            let (hub, scope) = (Arc::clone(&self.hub), self.scope.clone());
            self.feed = Some(Feed::new(interest, hub, scope, position, not_before));
        }
        Ok(())
    }

    /// What was read for this stream alone waits for memory. What is in the ring is shared, as long as
    /// it is there: of that a little counts for nobody.
    async fn messages(&mut self, items: &[Arc<Item>]) -> ReplayedMessages {
        let mut held = self.memory.held();
        let bytes = items.iter().map(|item| item.bytes()).sum();
        let is_shared = |first: &Arc<Item>| self.hub.ring.at(first.seq()).is_some();
        if bytes > SHARED_BYTES_MAX || !items.first().is_some_and(is_shared) {
            self.wait_for(&mut held, bytes).await;
        }
        let messages = items.iter().map(|item| Arc::clone(&item.message));
        ReplayedMessages {
            messages: messages.collect(),
            gap: self.gap.take(),
            held: Box::new(held),
        }
    }

    async fn wait_for(&self, held: &mut HeldBytes, bytes: usize) {
        while held.hold(bytes).is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}
