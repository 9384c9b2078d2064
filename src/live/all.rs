//! Mode `all`: every message, each once, replay first.

use std::pin::pin;
use std::sync::Arc;

use super::error::Refusal;
use super::feed::{Feed, Step};
use super::frame::{Frame, begin};
use super::hub::Hub;
use super::item::Item;
use super::limits::FRAME_BYTES;
use super::memory::HeldBytes;
use super::outlet::{FramePlace, Outlet, Unsent};
use super::ring::Interest;
use super::start::{Since, Start, find};
use crate::message::{Offset, Scope};

const FRAME_MESSAGES: usize = 500;

/// Feeds one subscription until its connection or what it reads from ends.
pub(super) async fn feed(
    hub: Arc<Hub>,
    scope: Scope,
    since: Since,
    mut outlet: Outlet,
) -> Result<(), Refusal> {
    // Registered first, then the head: what comes after it is in the ring or on its way there.
    let interest = Interest::new(Arc::clone(&hub.ring));
    let head = hub.head();
    let Start {
        position,
        not_before,
        gap,
    } = loop {
        match find(&hub, &scope, &since, head).await {
            Ok(start) => break start,
            Err(refusal) => outlet.bear(refusal).await?,
        }
    };
    let feed = Feed::new(interest, Arc::clone(&hub), scope, position, not_before).whole();
    if let Some(gap) = gap
        && let Err(unsent) = outlet.send(Frame::gap(outlet.id, gap)).await
    {
        return unsent.told();
    }
    let mut stream = Stream {
        held: outlet.memory.held(),
        hub,
        feed,
        outlet,
        head,
        is_live: false,
    };
    stream.run().await
}

struct Stream {
    /// What has been read and not sent.
    held: HeldBytes,
    hub: Arc<Hub>,
    feed: Feed,
    outlet: Outlet,
    /// Where the replay ends.
    head: Offset,
    is_live: bool,
}

impl Stream {
    async fn run(&mut self) -> Result<(), Refusal> {
        loop {
            if self.feed.position() >= self.head
                && let Err(unsent) = self.go_live().await
            {
                return unsent.told();
            }
            let sent = match self.feed.next().await {
                Ok(Step::Items(items)) => self.send(&items).await,
                Ok(Step::Gap(gap)) => self.outlet.send(Frame::gap(self.outlet.id, gap)).await,
                Err(refusal) => {
                    self.outlet.bear(refusal).await?;
                    continue;
                }
            };
            self.outlet.is_waiting = false;
            if let Err(unsent) = sent {
                return unsent.told();
            }
        }
    }

    /// Says that the replay is over, once.
    async fn go_live(&mut self) -> Result<(), Unsent> {
        if self.is_live {
            return Ok(());
        }
        self.is_live = true;
        let cursor = self.hub.cursor(self.head);
        self.outlet.send(Frame::live(self.outlet.id, cursor)).await
    }

    async fn send(&mut self, items: &[Arc<Item>]) -> Result<(), Unsent> {
        let replayed = items.partition_point(|item| item.seq() < self.head);
        let (replay, fresh) = items.split_at(replayed);
        self.send_all(replay, true).await?;
        if !fresh.is_empty() {
            self.go_live().await?;
            self.send_all(fresh, false).await?;
        }
        self.held.resize(0);
        Ok(())
    }

    async fn send_all(&mut self, mut items: &[Arc<Item>], replay: bool) -> Result<(), Unsent> {
        while !items.is_empty() {
            let place = self.place(items).await?;
            let (frame, count) = self.frame(items, replay);
            place.send(frame);
            self.hub.metrics.live_messages_sent.inc_by(count as u64);
            items = &items[count..];
        }
        Ok(())
    }

    /// Waits for the place of the next frame. What is not in the ring, or no more, is held for
    /// this client alone meanwhile.
    async fn place(&mut self, items: &[Arc<Item>]) -> Result<FramePlace, Unsent> {
        let mut place = pin!(self.outlet.place());
        if let Some(first) = items.first()
            && self.held.is_none()
        {
            tokio::select! {
                biased;
                () = self.hub.ring.forgets(first.seq()) => {}
                place = &mut place => return place,
            }
            self.held
                .hold(items.iter().map(|item| item.bytes()).sum())?;
        }
        place.await
    }

    /// A frame with as many messages as fit, and how many these are.
    fn frame(&self, items: &[Arc<Item>], replay: bool) -> (Frame, usize) {
        let showing = &self.hub.showing;
        let mut bytes = 0;
        let fit = items.iter().take(FRAME_MESSAGES).take_while(|item| {
            let fits = bytes == 0 || bytes + item.json(showing).len() <= FRAME_BYTES;
            bytes += item.json(showing).len() + 1;
            fits
        });
        let count = fit.count();
        let items = &items[..count];
        let cursor = match items.last() {
            Some(last) => self.hub.cursor_after(last.seq()),
            None => self.hub.cursor(self.feed.position()),
        };
        let mut text = begin("msgs", self.outlet.id);
        if replay {
            text += ",\"replay\":true";
        }
        text.extend([",\"cursor\":\"", &cursor.to_string(), "\",\"msgs\":["]);
        text.reserve(bytes + 2);
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text += std::str::from_utf8(item.json(showing)).unwrap_or("null");
        }
        text += "]}";
        (Frame::new(text).with_cursor(cursor), count)
    }
}
