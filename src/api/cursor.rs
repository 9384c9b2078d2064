//! Where the next page begins. Opaque to clients: base64url of a tag and fields, which hold
//! everything that the page's bounds depend on, so that pages of a relative range fit together.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::params::Param;
use super::problem::Kind;
use crate::message::{Offset, Timestamp, Topic};
use crate::store::Order;

/// After this message, in a range whose ends are fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MessageCursor {
    /// Received at or after.
    pub(super) from: Option<Timestamp>,
    /// Received before.
    pub(super) to: Option<Timestamp>,
    /// Direction.
    pub(super) order: Order,
    /// The last message of the page before.
    pub(super) after: Offset,
}

/// After this dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LetterCursor {
    /// Direction.
    pub(super) order: Order,
    /// The last one of the page before.
    pub(super) after: Offset,
}

/// After this topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TopicCursor(pub(super) Topic);

/// After the child of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChildCursor(pub(super) String);

fn encode(fields: &str) -> String {
    URL_SAFE_NO_PAD.encode(fields)
}

fn decode<T>(text: &str, tag: &str, fields: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|all| fields(all.strip_prefix(tag)?))
        .ok_or_else(|| "is not one that this server gave for this question".into())
}

fn letter_of(order: Order) -> char {
    match order {
        Order::Ascending => 'a',
        Order::Descending => 'd',
    }
}

fn order_of(letter: &str) -> Option<Order> {
    match letter {
        "a" => Some(Order::Ascending),
        "d" => Some(Order::Descending),
        _ => None,
    }
}

impl MessageCursor {
    /// The cursor's text.
    pub(super) fn text(&self) -> String {
        let bound = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.0.to_string());
        let order = letter_of(self.order);
        let (from, to) = (bound(self.from), bound(self.to));
        encode(&format!("m:{from}:{to}:{order}:{}", self.after))
    }
}

impl Param for MessageCursor {
    const KIND: Kind = Kind::BadCursor;

    fn parse(text: &str) -> Result<Self, String> {
        let bound = |text: &str| -> Option<Option<Timestamp>> {
            if text.is_empty() {
                return Some(None);
            }
            Some(Some(Timestamp(text.parse().ok()?)))
        };
        decode(text, "m:", |fields| {
            let mut fields = fields.split(':');
            let cursor = Self {
                from: bound(fields.next()?)?,
                to: bound(fields.next()?)?,
                order: order_of(fields.next()?)?,
                after: Offset(fields.next()?.parse().ok()?),
            };
            fields.next().is_none().then_some(cursor)
        })
    }
}

impl LetterCursor {
    /// The cursor's text.
    pub(super) fn text(self) -> String {
        encode(&format!("d:{}:{}", letter_of(self.order), self.after))
    }
}

impl Param for LetterCursor {
    const KIND: Kind = Kind::BadCursor;

    fn parse(text: &str) -> Result<Self, String> {
        decode(text, "d:", |fields| {
            let (order, after) = fields.split_once(':')?;
            Some(Self {
                order: order_of(order)?,
                after: Offset(after.parse().ok()?),
            })
        })
    }
}

impl TopicCursor {
    /// The cursor's text.
    pub(super) fn text(topic: &Topic) -> String {
        encode(&format!("t:{topic}"))
    }
}

impl Param for TopicCursor {
    const KIND: Kind = Kind::BadCursor;

    fn parse(text: &str) -> Result<Self, String> {
        decode(text, "t:", |topic| Topic::new(topic).ok().map(Self))
    }
}

impl ChildCursor {
    /// The cursor's text.
    pub(super) fn text(name: &str) -> String {
        encode(&format!("c:{name}"))
    }
}

impl Param for ChildCursor {
    const KIND: Kind = Kind::BadCursor;

    fn parse(text: &str) -> Result<Self, String> {
        decode(text, "c:", |name| Some(Self(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        for (from, to, order, after) in [
            (Some(-5), Some(7), Order::Ascending, 0),
            (None, None, Order::Descending, u64::MAX),
        ] {
            let cursor = MessageCursor {
                from: from.map(Timestamp),
                to: to.map(Timestamp),
                order,
                after: Offset(after),
            };
            assert_eq!(MessageCursor::parse(&cursor.text()), Ok(cursor));
            let (order, after) = (cursor.order, cursor.after);
            let letter = LetterCursor { order, after };
            assert_eq!(LetterCursor::parse(&letter.text()), Ok(letter));
        }
        let topic = Topic::new("a/é:1").unwrap();
        let text = TopicCursor::text(&topic);
        assert_eq!(TopicCursor::parse(&text), Ok(TopicCursor(topic)));
        let child = ChildCursor(String::new());
        assert_eq!(ChildCursor::parse(&ChildCursor::text("")), Ok(child));
    }

    #[test]
    fn anything_else_is_refused() {
        let topic = TopicCursor::text(&Topic::new("a").unwrap());
        for text in [
            "",
            "x",
            "%%%",
            "bTo",
            &encode("m:1:2:a:3:4"),
            &encode("m:1:2:x:3"),
            &topic,
        ] {
            assert!(MessageCursor::parse(text).is_err(), "{text}");
            assert!(LetterCursor::parse(text).is_err(), "{text}");
        }
        assert!(TopicCursor::parse(&encode("t:a/#")).is_err());
    }
}
