//! Mode `latest`: what has changed since the last frame, a few times a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::Instant;

use super::error::Refusal;
use super::feed::{Feed, Step};
use super::frame::{Frame, begin, json, raw};
use super::hub::Hub;
use super::item::Item;
use super::limits::FRAME_BYTES;
use super::memory::HeldBytes;
use super::outlet::{FramePlace, Outlet, Unsent};
use super::ring::Interest;
use crate::message::{Epoch, Offset, Scope, Timestamp, Topic};
use crate::store::{Latest, Store};
use crate::view::PayloadView;

const FRAME_ROWS: usize = 1000;

/// What is kept of a topic that a client was told of.
const KNOWN_TOPIC_BYTES: usize = 96;

/// From when on it counts what waits for a client: one that reads in time holds what others hold, too.
const OVERDUE: Duration = Duration::from_secs(2);

/// What one subscription wants to know of each message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wish {
    /// JSON Pointers; where there are none, the payload.
    pub(super) fields: Vec<String>,
    /// The time between two frames.
    pub(super) every: Duration,
}

/// Feeds one subscription: first a row for every topic, then what changes.
pub(super) async fn feed(
    hub: Arc<Hub>,
    scope: Scope,
    wish: Wish,
    outlet: Outlet,
) -> Result<(), Refusal> {
    let interest = Interest::new(Arc::clone(&hub.ring));
    let head = hub.head();
    // Last values hold everything below the mirror's cursor; the rest is in the journal.
    let from = (*hub.store.cursor().borrow()).max(hub.journal.oldest());
    let mut latest = Values {
        feed: Feed::new(interest, Arc::clone(&hub), scope.clone(), from, None),
        view: ValueRenderer {
            epoch: hub.journal.epoch(),
            fields: wish.fields.into(),
        },
        hub,
        every: wish.every,
        held: outlet.memory.held(),
        outlet,
        topics: KnownTopics::default(),
        changed: HashMap::new(),
        changed_bytes: 0,
    };
    let sent = async {
        latest.snapshot(scope).await?;
        latest.follow(head).await
    };
    sent.await.or_else(Unsent::told)
}

struct Values {
    hub: Arc<Hub>,
    view: ValueRenderer,
    every: Duration,
    outlet: Outlet,
    feed: Feed,
    topics: KnownTopics,
    changed: HashMap<Topic, Change>,
    /// What the messages in `changed` may come to.
    changed_bytes: usize,
    held: HeldBytes,
}

/// How a value is shown.
#[derive(Clone)]
struct ValueRenderer {
    epoch: Epoch,
    fields: Arc<[String]>,
}

/// Topics that the client has been told of.
#[derive(Default)]
struct KnownTopics(HashMap<Topic, KnownTopic>);

struct KnownTopic {
    alias: usize,
    /// The last message that the client has been told of.
    seq: Offset,
}

/// What of a topic has not been sent.
struct Change {
    item: Arc<Item>,
    /// Messages since the last row.
    count: u64,
}

/// A frame in the making.
#[derive(Default)]
struct ValueRows {
    names: String,
    text: String,
    count: usize,
}

impl ValueRows {
    fn push(&mut self, alias: usize, at: Timestamp, value: &RawValue, count: u64) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
        let millis = at.as_millis();
        self.text.extend([
            "[",
            &alias.to_string(),
            ",",
            &millis.to_string(),
            ",",
            value.get(),
            ",",
            &count.to_string(),
            "]",
        ]);
        self.count += 1;
    }

    fn name(&mut self, alias: usize, topic: &Topic) {
        if !self.names.is_empty() {
            self.names.push(',');
        }
        self.names
            .extend(["\"", &alias.to_string(), "\":", &json(&topic.as_str())]);
    }

    fn is_full(&self) -> bool {
        self.count >= FRAME_ROWS || self.text.len() + self.names.len() >= FRAME_BYTES
    }
}

/// The last values on their way to the client, frame by frame.
struct Snapshot {
    store: Store,
    scope: Scope,
    view: ValueRenderer,
    topics: KnownTopics,
    /// The last topic that was read.
    after: Option<Topic>,
    /// What has been read and is in no frame yet.
    page: std::vec::IntoIter<Latest>,
}

impl Snapshot {
    /// The next frame, if there is more.
    fn frame(&mut self) -> Option<ValueRows> {
        if self.page.len() == 0 {
            let page = self
                .store
                .latest(&self.scope, self.after.as_ref(), FRAME_ROWS);
            self.after = Some(page.last()?.topic.clone());
            self.page = page.into_iter();
        }
        let mut rows = ValueRows::default();
        for latest in self.page.by_ref() {
            let alias = self.topics.know(&mut rows, &latest.topic, latest.seq);
            rows.push(alias, latest.received_at, &self.view.latest(&latest), 0);
            if rows.is_full() {
                break;
            }
        }
        Some(rows)
    }
}

impl Values {
    /// The last value of every topic, counted as no message.
    async fn snapshot(&mut self, scope: Scope) -> Result<(), Unsent> {
        let mut snapshot = Snapshot {
            store: self.hub.store.clone(),
            scope,
            view: self.view.clone(),
            topics: std::mem::take(&mut self.topics),
            after: None,
            page: Vec::new().into_iter(),
        };
        loop {
            let place = self.outlet.place().await?;
            let made = self.hub.readers.stream(async move {
                let rows = snapshot.frame();
                (snapshot, rows)
            });
            let rows;
            (snapshot, rows) = made.await.map_err(Refusal::from)?;
            self.held.hold(snapshot.topics.bytes())?;
            let Some(rows) = rows else {
                self.topics = snapshot.topics;
                return Ok(());
            };
            self.send(place, rows);
        }
    }

    async fn follow(&mut self, head: Offset) -> Result<(), Unsent> {
        let mut is_live = false;
        let mut due = Instant::now();
        loop {
            if !is_live && self.feed.position() >= head {
                self.flush_all().await?;
                is_live = true;
                let cursor = self.hub.cursor(self.feed.position());
                let live = Frame::live(self.outlet.id, cursor);
                self.outlet.send(live).await?;
                due = Instant::now() + self.every;
            }
            let is_due = is_live && !self.changed.is_empty();
            let place = self.outlet.place();
            let turn = async move {
                tokio::time::sleep_until(due).await;
                place.await
            };
            tokio::select! {
                biased;
                place = turn, if is_due => {
                    self.flush(place?);
                    // What did not fit goes on at once.
                    if self.changed.is_empty() {
                        due = Instant::now() + self.every;
                    }
                }
                step = self.feed.next() => match step {
                    Ok(Step::Items(items)) => {
                        self.fold(items);
                        let is_overdue = !is_live || due.elapsed() > OVERDUE;
                        let waiting = if is_overdue { self.changed_bytes } else { 0 };
                        self.held.hold(self.topics.bytes() + waiting)?;
                    }
                    // What is missing is older than what is told next.
                    Ok(Step::Gap(_)) => {}
                    Err(refusal) => self.outlet.bear(refusal).await?,
                },
                () = self.outlet.frames.closed() => return Ok(()),
            }
        }
    }

    fn fold(&mut self, items: Vec<Arc<Item>>) {
        for item in items {
            let topic = &item.message.topic;
            let known = self.topics.0.get(topic);
            if known.is_some_and(|known| known.seq >= item.seq()) {
                continue;
            }
            self.changed_bytes += item.bytes();
            match self.changed.get_mut(topic) {
                Some(change) => {
                    self.changed_bytes -= change.item.bytes();
                    change.count += 1;
                    change.item = item;
                }
                None => {
                    self.changed
                        .insert(topic.clone(), Change { item, count: 1 });
                }
            }
        }
    }

    async fn flush_all(&mut self) -> Result<(), Unsent> {
        while !self.changed.is_empty() {
            let place = self.outlet.place().await?;
            self.flush(place);
        }
        Ok(())
    }

    /// Sends what has changed, as much as fits into one frame.
    fn flush(&mut self, place: FramePlace) {
        let mut rows = ValueRows::default();
        let changed = std::mem::take(&mut self.changed);
        let mut changed = changed.into_iter();
        for (topic, Change { item, count }) in changed.by_ref() {
            self.changed_bytes -= item.bytes();
            let alias = self.topics.know(&mut rows, &topic, item.seq());
            let value = self.view.value(item.seq(), &item.message.payload);
            rows.push(alias, item.message.received_at, &value, count);
            if rows.is_full() {
                break;
            }
        }
        self.changed = changed.collect();
        self.send(place, rows);
    }

    fn send(&self, place: FramePlace, rows: ValueRows) {
        let cursor = self.hub.cursor(self.feed.position());
        let ValueRows { names, text, count } = rows;
        let begin = begin("values", self.outlet.id);
        let frame = Frame::new(format!(
            "{begin},\"topics\":{{{names}}},\"rows\":[{text}]}}"
        ));
        place.send(frame.with_cursor(cursor));
        self.hub.metrics.live_messages_sent.inc_by(count as u64);
    }
}

impl KnownTopics {
    /// What they take in memory, about.
    fn bytes(&self) -> usize {
        KNOWN_TOPIC_BYTES * self.0.len()
    }

    /// The alias of a topic, which the frame names where it is new.
    fn know(&mut self, rows: &mut ValueRows, topic: &Topic, seq: Offset) -> usize {
        if let Some(known) = self.0.get_mut(topic) {
            known.seq = seq;
            return known.alias;
        }
        let alias = self.0.len() + 1;
        rows.name(alias, topic);
        self.0.insert(topic.clone(), KnownTopic { alias, seq });
        alias
    }
}

impl ValueRenderer {
    fn value(&self, seq: Offset, payload: &[u8]) -> Box<RawValue> {
        if self.fields.is_empty() {
            return match PayloadView::new(self.epoch, seq, payload) {
                PayloadView::Json { payload } => payload,
                PayloadView::Text { payload } => raw(&payload),
                reference @ PayloadView::Reference { .. } => raw(&reference),
            };
        }
        fields(&self.fields, payload)
    }

    fn latest(&self, latest: &Latest) -> Box<RawValue> {
        match &latest.payload {
            Some(payload) => self.value(latest.seq, payload),
            None => raw(&PayloadView::reference(
                self.epoch,
                latest.seq,
                latest.kind,
                latest.payload_bytes,
            )),
        }
    }
}

/// One field as it is, several as an array; what is not there is null.
fn fields(pointers: &[String], payload: &[u8]) -> Box<RawValue> {
    let value: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
    match pointers {
        [pointer] => raw(&value.pointer(pointer)),
        pointers => {
            let all: Vec<_> = pointers
                .iter()
                .map(|pointer| value.pointer(pointer))
                .collect();
            raw(&all)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_out_of_the_payload() {
        for (pointers, payload, shown) in [
            (&["/a"][..], "{\"a\":1.5}", "1.5"),
            (
                &["/a/b", "/c"],
                "{\"a\":{\"b\":true},\"d\":1}",
                "[true,null]",
            ),
            (&[""], "7", "7"),
            (&["/a"], "no json", "null"),
        ] {
            let pointers: Vec<_> = pointers.iter().map(ToString::to_string).collect();
            assert_eq!(fields(&pointers, payload.as_bytes()).get(), shown);
        }
    }
}
