//! The compact encoding of events and rows: numbers of variable length (seven bits a byte, the
//! least significant first), texts with their length before them.

use std::sync::Arc;

use bytes::Bytes;

use crate::message::{Offset, Topic, TopicFilter};
use crate::mqtt::codec::PacketId;

/// Appends.
#[derive(Debug, Default)]
pub(super) struct Output(pub(super) Vec<u8>);

impl Output {
    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn number(&mut self, number: impl Into<u64>) {
        let mut rest = number.into();
        while rest >= 0x80 {
            #[allow(clippy::cast_possible_truncation)] // seven bits are meant
            self.0.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        #[allow(clippy::cast_possible_truncation)] // it is below 0x80
        self.0.push(rest as u8);
    }

    pub(super) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn optional<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            put(self, value);
        }
    }

    pub(super) fn all<T>(
        &mut self,
        values: impl ExactSizeIterator<Item = T>,
        mut put: impl FnMut(&mut Self, T),
    ) {
        self.count(values.len());
        for value in values {
            put(self, value);
        }
    }
}

/// Takes from the front; `None` where the bytes are not what they should be.
#[derive(Debug)]
pub(super) struct Input<'bytes>(pub(super) &'bytes [u8]);

impl<'bytes> Input<'bytes> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn small<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.number()?).ok()
    }

    pub(super) fn offset(&mut self) -> Option<Offset> {
        self.number().map(Offset)
    }

    pub(super) fn packet_id(&mut self) -> Option<PacketId> {
        PacketId::new(self.small()?)
    }

    pub(super) fn bytes(&mut self) -> Option<&'bytes [u8]> {
        let length = self.small()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn blob(&mut self) -> Option<Bytes> {
        self.bytes().map(Bytes::copy_from_slice)
    }

    pub(super) fn text(&mut self) -> Option<Arc<str>> {
        std::str::from_utf8(self.bytes()?).ok().map(Arc::from)
    }

    pub(super) fn topic(&mut self) -> Option<Topic> {
        Topic::new(self.text()?).ok()
    }

    pub(super) fn filter(&mut self) -> Option<TopicFilter> {
        TopicFilter::new(self.text()?).ok()
    }

    /// What may be absent: `Some(None)` where it is.
    #[allow(clippy::option_option)] // the outer one says whether the bytes make sense
    pub(super) fn optional<T>(
        &mut self,
        take: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.byte()? {
            0 => Some(None),
            1 => take(self).map(Some),
            _ => None,
        }
    }

    pub(super) fn all<T>(
        &mut self,
        mut take: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count: usize = self.small()?;
        // Each value takes a byte at least: what claims more is no list.
        if count > self.0.len() {
            return None;
        }
        (0..count).map(|_| take(self)).collect()
    }

    /// The value, if nothing is left over.
    pub(super) fn end<T>(&self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}
