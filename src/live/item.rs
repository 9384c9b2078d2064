//! A message that may go to many sockets: written as JSON once.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::message::{Message, Offset, Record};
use crate::view::{MessageView, Showing};

/// A message and, once somebody wanted it, its JSON.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) message: Arc<Message>,
    json: OnceLock<Bytes>,
}

impl Item {
    pub(super) fn new(message: Arc<Message>) -> Self {
        Self {
            message,
            json: OnceLock::new(),
        }
    }

    pub(super) fn seq(&self) -> Offset {
        self.message.offset
    }

    /// What it may come to in memory, about.
    pub(super) fn bytes(&self) -> usize {
        weight(&self.message)
    }

    /// The message as JSON, in one line.
    pub(super) fn json(&self, showing: &Showing) -> &Bytes {
        self.json.get_or_init(|| {
            // A view has string keys only, so that writing it can't fail.
            serde_json::to_vec(&MessageView::new(showing, &self.message))
                .unwrap_or_default()
                .into()
        })
    }
}

/// What the journal gave at once.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) first: Offset,
    /// Where it ends: the first record that is not in it.
    pub(super) end: Offset,
    /// The messages in it, by `seq`.
    pub(super) items: Vec<Arc<Item>>,
    /// What it may come to in memory, about.
    pub(super) bytes: usize,
}

impl Stretch {
    pub(super) fn new(first: Offset, end: Offset, records: Vec<Record>) -> Self {
        let items: Vec<_> = items(records).collect();
        let bytes = items.iter().map(|item| item.bytes()).sum();
        Self {
            first,
            end,
            items,
            bytes,
        }
    }
}

/// The messages among `records`.
pub(super) fn items(records: Vec<Record>) -> impl Iterator<Item = Arc<Item>> {
    records.into_iter().filter_map(|record| match record {
        Record::Message(message) => Some(Arc::new(Item::new(message))),
        Record::Session(_) => None,
    })
}

/// Payload and JSON, and what surrounds them.
fn weight(message: &Message) -> usize {
    300 + 2 * (message.payload.len() + message.topic.as_str().len())
}
