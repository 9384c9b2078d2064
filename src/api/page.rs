//! What several answers have in common: pages, and milliseconds.

use serde::Serialize;
use utoipa::ToSchema;

use crate::message::Timestamp;

/// One page of something.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What was asked for.
    pub(super) items: Vec<T>,
    /// The `cursor` of the next page; null on the last one.
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `items`, of which one more than `limit` was asked for, and shows each with `view`.
    pub(super) fn cut<F>(
        mut items: Vec<F>,
        limit: usize,
        cursor: impl Fn(&F) -> String,
        view: impl Fn(F) -> T,
    ) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self {
            items: items.into_iter().map(view).collect(),
            next,
        }
    }
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

    #[test]
    fn a_page_tells_where_the_next_begins() {
        let page = |n: u32, limit| {
            let page = Page::cut((0..n).collect(), limit, ToString::to_string, |n| n);
            (page.items.len(), page.next)
        };
        assert_eq!(page(4, 3), (3, Some("2".into())));
        assert_eq!(page(3, 3), (3, None));
        assert_eq!(page(0, 3), (0, None));
    }
}
