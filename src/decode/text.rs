//! Text that is no other format: one value.

use super::format::{KnownFormat, PayloadFormat};
use super::sample::{Decoded, Value};
use super::walk::Walk;
use crate::message::{Message, PayloadKind, classify};

/// `text/plain` claims nothing: many publishers say it of JSON.
pub(super) const FORMAT: KnownFormat = KnownFormat {
    content_type: |_| false,
    topic: |_| false,
    read,
};

fn read(message: &Message, _claimed: bool) -> Option<Decoded> {
    let PayloadKind::Text = classify(&message.payload) else {
        return None;
    };
    let text = std::str::from_utf8(&message.payload).ok()?;
    let mut walk = Walk::new(message.received_at);
    if !text.is_empty() {
        match number(text) {
            Some(number) => walk.leaf(Value::Number(number)),
            None => walk.text(text),
        }
    }
    Some(walk.finish(PayloadFormat::Text))
}

/// Numbers in the notations that JSON does not know (`+5`, `.5`, `007`) are numbers all the same.
fn number(text: &str) -> Option<f64> {
    let trimmed = text.trim();
    let numeric = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
    let number = trimmed.parse::<f64>().ok()?;
    (trimmed.bytes().all(numeric) && number.is_finite()).then_some(number)
}
