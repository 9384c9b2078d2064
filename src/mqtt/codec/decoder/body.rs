//! The fields of a packet's body (MQTT 5.0 section 1.5).

use std::sync::Arc;

use bytes::{Buf, Bytes};

use crate::mqtt::codec::{DecodeError, PacketId, VARIABLE_MAX};

/// What is left of a body. Every method takes from the front.
pub(super) struct Body<'a> {
    /// What `rest` is a part of.
    frame: &'a Bytes,
    rest: &'a [u8],
}

const SHORT: DecodeError =
    DecodeError::malformed("the packet ends in the middle of a field [section 4.13.1]");

impl<'a> Body<'a> {
    pub(super) fn new(frame: &'a Bytes) -> Self {
        Self { frame, rest: frame }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn u8(&mut self) -> Result<u8, DecodeError> {
        self.rest.try_get_u8().map_err(|_| SHORT)
    }

    pub(super) fn u16(&mut self) -> Result<u16, DecodeError> {
        self.rest.try_get_u16().map_err(|_| SHORT)
    }

    pub(super) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.rest.try_get_u32().map_err(|_| SHORT)
    }

    /// A byte that can only be 0 or 1.
    pub(super) fn bool(&mut self) -> Result<bool, DecodeError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::protocol(
                "a property that can only be 0 or 1 is something else [section 2.2.2.2]",
            )),
        }
    }

    /// A variable byte integer, in its shortest form [MQTT-1.5.5-1].
    pub(super) fn variable(&mut self) -> Result<u32, DecodeError> {
        let (value, length) = variable(self.rest)?.ok_or(SHORT)?;
        if length > 1 && value < 1 << (7 * (length - 1)) {
            return Err(NOT_SHORTEST);
        }
        self.rest = &self.rest[length..];
        Ok(value)
    }

    pub(super) fn packet_id(&mut self) -> Result<PacketId, DecodeError> {
        PacketId::new(self.u16()?).ok_or(DecodeError::malformed(
            "the packet identifier is 0 [MQTT-2.2.1-3]",
        ))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `length` bytes as a body of their own.
    pub(super) fn part(&mut self, length: usize) -> Result<Self, DecodeError> {
        Ok(Self {
            frame: self.frame,
            rest: self.take(length)?,
        })
    }

    /// The bytes behind a length of two bytes.
    pub(super) fn raw(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.u16()?;
        self.take(length.into())
    }

    pub(super) fn binary(&mut self) -> Result<Bytes, DecodeError> {
        let raw = self.raw()?;
        Ok(self.frame.slice_ref(raw))
    }

    pub(super) fn str(&mut self) -> Result<&'a str, DecodeError> {
        text(self.raw()?)
    }

    pub(super) fn string(&mut self) -> Result<Arc<str>, DecodeError> {
        self.str().map(Arc::from)
    }

    /// Checks that nothing is left.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::malformed(
                "the packet goes on after its last field [section 4.13.1]",
            ))
        }
    }
}

pub(super) const NOT_SHORTEST: DecodeError =
    DecodeError::malformed("a variable byte integer is not in its shortest form [MQTT-1.5.5-1]");

/// A UTF-8 encoded string (section 1.5.4).
pub(super) fn text(raw: &[u8]) -> Result<&str, DecodeError> {
    let text = std::str::from_utf8(raw)
        .map_err(|_| DecodeError::malformed("a string is not well-formed UTF-8 [MQTT-1.5.4-1]"))?;
    if raw.contains(&0) {
        return Err(DecodeError::malformed(
            "a string contains the null character [MQTT-1.5.4-2]",
        ));
    }
    Ok(text)
}

/// The variable byte integer at the front and its length; `None` where its end is not there yet.
pub(super) fn variable(bytes: &[u8]) -> Result<Option<(u32, usize)>, DecodeError> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            debug_assert!(value <= VARIABLE_MAX);
            return Ok(Some((value, at + 1)));
        }
    }
    if bytes.len() < 4 {
        return Ok(None);
    }
    Err(DecodeError::malformed(
        "a variable byte integer has more than four bytes [section 1.5.5]",
    ))
}
