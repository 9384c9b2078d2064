//! Reading many messages in pieces that fit in memory.

use super::question::MessageQuery;
use crate::message::{Message, Properties};
use crate::store::error::StoreError;
use crate::store::handle::Store;

/// A piece comes to about so many bytes of payloads and properties.
const BYTES: usize = 2 * 1024 * 1024;
/// As many messages as the first piece has at most, however small their payloads are on average:
/// how large the properties are, nobody knows before.
const FIRST: usize = 32;
const MOST: usize = 1000;

/// The answer to a [`MessageQuery`], piece by piece: keyset paging with pieces sized by what the
/// one before weighed. All pieces show the state as of the same message.
#[derive(Debug)]
pub struct Pages {
    store: Store,
    query: MessageQuery,
    left: usize,
    size: usize,
}

impl Pages {
    /// Reads what `query` asks for, its limit counting for all pieces together.
    pub fn new(store: Store, mut query: MessageQuery) -> Self {
        query.up_to.get_or_insert(store.complete_to());
        let topics = store.state().find_topics(&query.scope);
        let count = usize::try_from(topics.messages).unwrap_or(usize::MAX);
        let bytes = usize::try_from(topics.bytes).unwrap_or(usize::MAX);
        Self {
            store,
            left: query.limit,
            query,
            size: size(FIRST / 2, count, bytes),
        }
    }

    /// The next piece; empty where there is no more.
    pub async fn next(&mut self) -> Result<Vec<Message>, StoreError> {
        self.query.limit = self.size.min(self.left);
        if self.query.limit == 0 {
            return Ok(Vec::new());
        }
        let messages = self.store.messages(&self.query).await?;
        if let Some(last) = messages.last() {
            self.query.after = Some(last.offset);
        }
        self.left = if messages.len() < self.query.limit {
            0
        } else {
            self.left - messages.len()
        };
        let bytes: usize = messages.iter().map(weight).sum();
        self.size = size(self.size, messages.len(), bytes);
        Ok(messages)
    }
}

fn weight(message: &Message) -> usize {
    let properties = message.properties.as_deref();
    message.payload.len() + properties.map_or(0, Properties::bytes_len)
}

/// How many messages the next piece is to have, after one of `count` with `bytes` in them.
fn size(before: usize, count: usize, bytes: usize) -> usize {
    let fit = BYTES.saturating_mul(count.max(1)) / bytes.max(1);
    fit.clamp(1, MOST.min(before * 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_sized_by_what_the_one_before_weighed() {
        for (before, count, bytes, next) in [
            (FIRST, FIRST, 100 * FIRST, 2 * FIRST),
            (800, 800, 80_000, MOST),
            (FIRST, FIRST, FIRST * BYTES, 1),
            (1, 1, 100, 2),
            (FIRST, 0, 0, 2 * FIRST),
            (1000, 1000, 10 * BYTES, 100),
        ] {
            assert_eq!(size(before, count, bytes), next);
        }
    }
}
