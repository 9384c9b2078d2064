//! What the mirror hands to the store.

use std::sync::Arc;

use super::answer::SeriesKind;
use crate::message::{Defects, Message, Offset, Timestamp};

/// A run of the journal, decoded: everything in `first..next`. Records that are no messages have
/// no row.
#[derive(Debug, Clone)]
pub struct RowBatch {
    /// Where the cursor has to stand for the batch to be taken.
    pub first: Offset,
    /// Where it will stand then.
    pub next: Offset,
    /// The messages, by offset.
    pub rows: Vec<MessageRow>,
}

/// One message and what was decoded from it.
#[derive(Debug, Clone)]
pub struct MessageRow {
    pub message: Arc<Message>,
    pub samples: Vec<NewSample>,
    /// What is wrong with it; noted as a dead letter.
    pub defects: Defects,
}

/// One sample, not yet in a series.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSample {
    /// The JSON Pointer of its place in the payload.
    pub path: String,
    /// When it was true.
    pub time: Timestamp,
    /// The number, or 1 and 0 for `true` and `false`.
    pub value: Option<f64>,
    /// The text; of an integer beyond 2^53 its digits.
    pub text: Option<String>,
    pub kind: SeriesKind,
}

impl RowBatch {
    /// What of it is not below `cursor`.
    #[must_use]
    pub fn after(mut self, cursor: Offset) -> Self {
        if self.first < cursor {
            self.first = cursor;
            self.next = self.next.max(cursor);
            self.rows.retain(|row| row.message.offset >= cursor);
        }
        self
    }

    /// Two batches in place of this one, or itself where it has fewer than two messages.
    pub(super) fn split(&self) -> Result<(Self, Self), &Self> {
        if self.rows.len() < 2 {
            return Err(self);
        }
        let (left, right) = self.rows.split_at(self.rows.len() / 2);
        let between = right[0].message.offset;
        let part = |first, next, rows: &[MessageRow]| Self {
            first,
            next,
            rows: rows.to_vec(),
        };
        Ok((
            part(self.first, between, left),
            part(between, self.next, right),
        ))
    }
}
