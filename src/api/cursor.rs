//! Where the next page begins. Opaque to clients: base64url of a tag and what the page's bounds
//! depend on, so that pages of a relative range fit together. The tag names the kind of cursor and
//! the version of its fields; a cursor with another tag is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::params::Param;
use super::problem::Kind;
use crate::message::{Offset, Timestamp, Topic};
use crate::store::Order;

/// One kind of cursor.
pub(super) trait PageCursor: Serialize + DeserializeOwned {
    /// Changes with the fields.
    const TAG: &'static str;

    /// The cursor as clients see it.
    fn text(&self) -> String {
        // Fields of numbers and texts, which JSON can always hold.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(Self::TAG, self)).unwrap_or_default())
    }
}

impl<T: PageCursor> Param for T {
    const KIND: Kind = Kind::BadCursor;

    fn parse(text: &str) -> Result<Self, String> {
        let json = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        match serde_json::from_slice::<(String, T)>(&json) {
            Ok((tag, cursor)) if tag == T::TAG => Ok(cursor),
            _ => Err("is not one that this server gave for this question".into()),
        }
    }
}

/// After a message, in a range whose ends are fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MessageCursor {
    from_us: Option<i64>,
    to_us: Option<i64>,
    /// In which direction the pages go.
    pub(super) order: Order,
    after: u64,
    up_to: u64,
}

/// After a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeadLetterCursor {
    /// In which direction the pages go.
    pub(super) order: Order,
    after: u64,
    up_to: u64,
}

/// After a topic, in pages that fit together by `complete_to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TopicCursor {
    #[serde(with = "name")]
    pub(super) after: Topic,
    complete_to: u64,
    /// The moment that is asked about, where that is past.
    at_us: Option<i64>,
}

/// After the child of a name, in pages that fit together by `complete_to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChildCursor {
    pub(super) after: String,
    complete_to: u64,
}

/// After a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClientCursor {
    pub(super) after: String,
}

impl PageCursor for ClientCursor {
    const TAG: &'static str = "client-1";
}

impl ClientCursor {
    pub(super) fn new(after: &str) -> Self {
        let after = after.to_owned();
        Self { after }
    }
}

impl PageCursor for MessageCursor {
    const TAG: &'static str = "message-2";
}

impl PageCursor for DeadLetterCursor {
    const TAG: &'static str = "dead-letter-2";
}

impl PageCursor for TopicCursor {
    const TAG: &'static str = "topic-3";
}

impl PageCursor for ChildCursor {
    const TAG: &'static str = "child-2";
}

impl MessageCursor {
    /// After the message `after` of those received from which time until which, all pages as of
    /// the message `up_to`.
    pub(super) fn new(
        (from, to): (Option<Timestamp>, Option<Timestamp>),
        order: Order,
        after: Offset,
        up_to: Offset,
    ) -> Self {
        Self {
            from_us: from.map(|from| from.0),
            to_us: to.map(|to| to.0),
            order,
            after: after.0,
            up_to: up_to.0,
        }
    }

    /// The ends of the range.
    pub(super) fn range(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.from_us.map(Timestamp), self.to_us.map(Timestamp))
    }

    /// The last message of the page before.
    pub(super) fn after(&self) -> Offset {
        Offset(self.after)
    }

    /// The last message that was there when the first page was asked for.
    pub(super) fn up_to(&self) -> Offset {
        Offset(self.up_to)
    }
}

impl DeadLetterCursor {
    /// After the dead letter `after`, all pages as of the message `up_to`.
    pub(super) fn new(order: Order, after: Offset, up_to: Offset) -> Self {
        let (after, up_to) = (after.0, up_to.0);
        Self {
            order,
            after,
            up_to,
        }
    }

    /// The last one of the page before.
    pub(super) fn after(&self) -> Offset {
        Offset(self.after)
    }

    /// The last message that was there when the first page was asked for.
    pub(super) fn up_to(&self) -> Offset {
        Offset(self.up_to)
    }
}

impl TopicCursor {
    pub(super) fn new(after: Topic, complete_to: Offset) -> Self {
        Self {
            after,
            complete_to: complete_to.0,
            at_us: None,
        }
    }

    /// The same, in pages of what was true at a moment.
    pub(super) fn at(self, at: Timestamp) -> Self {
        Self {
            at_us: Some(at.0),
            ..self
        }
    }

    /// The moment, where it is past.
    pub(super) fn moment(&self) -> Option<Timestamp> {
        self.at_us.map(Timestamp)
    }

    /// The last message that was there when the first page was asked for.
    pub(super) fn complete_to(&self) -> Offset {
        Offset(self.complete_to)
    }
}

impl ChildCursor {
    pub(super) fn new(after: String, complete_to: Offset) -> Self {
        Self {
            after,
            complete_to: complete_to.0,
        }
    }

    /// The last message that was there when the first page was asked for.
    pub(super) fn complete_to(&self) -> Offset {
        Offset(self.complete_to)
    }
}

/// A topic as its name.
mod name {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::message::Topic;

    pub(super) fn serialize<S: Serializer>(topic: &Topic, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(topic.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Topic, D::Error> {
        Topic::new(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        for (from, to, order, after) in [
            (Some(-5), Some(7), Order::Ascending, 0),
            (None, Some(i64::MAX), Order::Descending, u64::MAX),
        ] {
            let range = (from.map(Timestamp), to.map(Timestamp));
            let cursor = MessageCursor::new(range, order, Offset(after), Offset(9));
            assert_eq!(MessageCursor::parse(&cursor.text()), Ok(cursor));
            assert_eq!((cursor.range(), cursor.after()), (range, Offset(after)));
            let letter = DeadLetterCursor::new(order, Offset(after), Offset(9));
            assert_eq!(DeadLetterCursor::parse(&letter.text()), Ok(letter));
        }
        let topic = TopicCursor::new(Topic::new("a/é:1").unwrap(), Offset(9));
        assert_eq!(TopicCursor::parse(&topic.text()), Ok(topic));
        let child = ChildCursor::new(String::new(), Offset(9));
        assert_eq!(ChildCursor::parse(&child.text()), Ok(child));
    }

    #[test]
    fn anything_else_is_refused() {
        let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let fields = r#"{"from_us":1,"to_us":2,"order":"ascending","after":3,"up_to":9}"#;
        let known = encode(&format!(r#"["message-2",{fields}]"#));
        assert!(MessageCursor::parse(&known).is_ok());
        for text in [
            String::new(),
            "x".into(),
            "%%%".into(),
            "bTo".into(),
            format!("{known}="),
            encode("[]"),
            encode(fields),
            encode(&format!(r#"["message-1",{fields}]"#)),
            encode(&format!(r#"["message-2",{fields},1]"#)),
            encode(&format!(
                r#"["message-2",{}]"#,
                fields.replace("ascending", "up")
            )),
            encode(&format!(
                r#"["message-2",{}]"#,
                fields.replace("\"after\":3", "\"after\":-3")
            )),
            TopicCursor::new(Topic::new("a").unwrap(), Offset(9)).text(),
        ] {
            assert!(MessageCursor::parse(&text).is_err(), "{text}");
            assert!(DeadLetterCursor::parse(&text).is_err(), "{text}");
        }
        assert!(TopicCursor::parse(&encode(r#"["topic-3","a/#"]"#)).is_err());
    }
}
