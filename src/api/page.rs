//! What several answers have in common: pages, and milliseconds.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::problem::Problem;
use crate::message::{Offset, Timestamp};

/// A page ends early where its items come to this.
const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// So many items are read at a time, so that no more than these are held beside the page.
pub(super) const PIECE_ITEMS: usize = 100;

/// One page of something.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What was asked for.
    pub(super) items: Vec<T>,
    /// The `cursor` of the next page; null on the last one.
    pub(super) next: Option<String>,
    /// What this page and those after it fit together by: a `seq`, the same in all of them. Messages,
    /// samples and dead letters are shown up to it, and nothing later. Of last values, topics and
    /// places in the tree, each that had a message up to it is in one of the pages, once, as it was
    /// when that page was made: then or later, as its own `seq` tells. What came since is in
    /// `/messages` and in the live stream after this `seq`. Absent where there is nothing of the kind,
    /// and for whoever may not read everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 981_254)]
    pub(super) complete_to: Option<u64>,
    /// Of messages, and of last values in the past: from here on everything is there. Of what was
    /// received before, some or all is gone, since it had been kept long enough. Absent where nothing
    /// of what was asked for is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept_from: Option<Timestamp>,
}

/// A page in the making: it is full when it has as many items, or as many bytes, as it may have.
/// The item that takes it beyond its bytes is its last, so that every page has one.
pub(super) struct PageBuilder {
    items: Vec<Box<RawValue>>,
    items_max: usize,
    bytes: usize,
}

impl PageBuilder {
    pub(super) fn new(items_max: usize) -> Self {
        Self {
            items: Vec::new(),
            items_max,
            bytes: 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.items.len() >= self.items_max || self.bytes >= PAGE_BYTES
    }

    /// Takes one more item.
    pub(super) fn push(&mut self, item: &impl Serialize) -> Result<(), Problem> {
        let item = to_raw_value(item).map_err(Problem::internal)?;
        self.bytes += item.get().len();
        self.items.push(item);
        Ok(())
    }

    /// Fills it with what `read` gives after a key, a few at a time and one more than fit; the key
    /// of the last item, where there are more. Reads are in memory.
    pub(super) fn fill<T, K, V: Serialize>(
        &mut self,
        mut after: Option<K>,
        read: impl Fn(Option<&K>, usize) -> Vec<T>,
        key: impl Fn(&T) -> K,
        view: impl Fn(T) -> V,
    ) -> Result<Option<K>, Problem> {
        loop {
            let items = read(after.as_ref(), PIECE_ITEMS);
            let is_last = items.len() < PIECE_ITEMS;
            for item in items {
                if self.is_full() {
                    return Ok(after);
                }
                after = Some(key(&item));
                self.push(&view(item))?;
            }
            if is_last {
                return Ok(None);
            }
        }
    }

    /// The page, where the next begins, and by which `seq` they fit together, for who may know.
    pub(super) fn end(
        self,
        next: Option<String>,
        complete_to: Option<Offset>,
    ) -> Page<Box<RawValue>> {
        Page {
            items: self.items,
            next,
            complete_to: complete_to.map(|seq| seq.0),
            kept_from: None,
        }
    }
}

/// What is answered, as JSON.
pub(super) fn json(answer: &impl Serialize) -> Result<Bytes, Problem> {
    serde_json::to_vec(answer)
        .map(Bytes::from)
        .map_err(Problem::internal)
}

/// An instant in milliseconds since 1970, with a fraction where it has one.
pub(super) fn millis(at: Timestamp) -> serde_json::Number {
    if at.0 % 1000 == 0 {
        return at.as_millis().into();
    }
    serde_json::Number::from_f64(at.0 as f64 / 1000.0).unwrap_or_else(|| at.as_millis().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_keep_their_fraction() {
        for (micros, shown) in [
            (1_763_848_053_293_000, "1763848053293"),
            (1_763_848_053_293_142, "1763848053293.142"),
            (-1, "-0.001"),
        ] {
            assert_eq!(millis(Timestamp(micros)).to_string(), shown);
        }
    }

    fn filled(count: usize, items_max: usize, item_bytes: usize) -> (usize, Option<usize>) {
        let mut page = PageBuilder::new(items_max);
        let read = |after: Option<&usize>, limit: usize| {
            let first = after.map_or(0, |after| after + 1);
            (first..count.min(first + limit)).collect()
        };
        let view = |_| "x".repeat(item_bytes - 2);
        let next = page.fill(None, read, |n: &usize| *n, view).unwrap();
        (page.items.len(), next)
    }

    #[test]
    fn a_page_tells_where_the_next_begins() {
        assert_eq!(filled(4, 3, 10), (3, Some(2)));
        assert_eq!(filled(3, 3, 10), (3, None));
        assert_eq!(filled(0, 3, 10), (0, None));
        assert_eq!(
            filled(PIECE_ITEMS * 3, PIECE_ITEMS * 2, 10).1,
            Some(PIECE_ITEMS * 2 - 1)
        );
    }

    #[test]
    fn a_page_ends_where_it_has_its_bytes_and_has_one_item_at_least() {
        assert_eq!(filled(10, 10, PAGE_BYTES / 4), (4, Some(3)));
        assert_eq!(filled(10, 10, PAGE_BYTES * 2), (1, Some(0)));
        assert_eq!(filled(1, 10, PAGE_BYTES * 2), (1, None));
    }
}
