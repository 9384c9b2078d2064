//! What stands before each item (RFC 8949 section 3), and the way from one to the next.

use std::borrow::Cow;

/// Bytes that are not CBOR, and why.
#[derive(Debug)]
pub(super) struct Malformed(pub(super) &'static str);

/// How many bytes or items there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Of(u64),
    /// Up to a break.
    Open,
}

/// What an item is; what belongs to it comes behind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ItemHead {
    Integer(i128),
    Bytes(Length),
    Text(Length),
    /// So many items.
    Array(Length),
    /// So many pairs.
    Map(Length),
    Tag(u64),
    Float(f64),
    Bool(bool),
    /// `null`, `undefined`, and simple values that nobody has given a meaning.
    Nothing,
    Break,
}

impl ItemHead {
    pub(super) fn as_bytes(self) -> Option<Length> {
        match self {
            Self::Bytes(length) => Some(length),
            _ => None,
        }
    }

    pub(super) fn as_text(self) -> Option<Length> {
        match self {
            Self::Text(length) => Some(length),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct CborCursor<'a> {
    whole: &'a [u8],
    rest: &'a [u8],
}

const CUT_OFF: Malformed = Malformed("cut off");

impl<'a> CborCursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            whole: bytes,
            rest: bytes,
        }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are behind.
    pub(super) fn position(&self) -> usize {
        self.whole.len() - self.rest.len()
    }

    #[inline]
    pub(super) fn head(&mut self) -> Result<ItemHead, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(CUT_OFF)?;
        self.rest = rest;
        let (major, low) = (first >> 5, first & 0x1f);
        let argument = match low {
            0..=23 => u64::from(low),
            24 => u64::from(u8::from_be_bytes(self.take()?)),
            25 => u64::from(u16::from_be_bytes(self.take()?)),
            26 => u64::from(u32::from_be_bytes(self.take()?)),
            27 => u64::from_be_bytes(self.take()?),
            31 => return open(major),
            _ => return Err(Malformed("a reserved length")),
        };
        let length = Length::Of(argument);
        Ok(match major {
            0 => ItemHead::Integer(argument.into()),
            1 => ItemHead::Integer(-1 - i128::from(argument)),
            2 => ItemHead::Bytes(length),
            3 => ItemHead::Text(length),
            4 => ItemHead::Array(length),
            5 => ItemHead::Map(length),
            6 => ItemHead::Tag(argument),
            _ => simple(low, argument),
        })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// The content of a string, which may be in pieces: strings of its own kind, each of a known
    /// length.
    #[inline]
    pub(super) fn string(
        &mut self,
        length: Length,
        own_kind: fn(ItemHead) -> Option<Length>,
    ) -> Result<Cow<'a, [u8]>, Malformed> {
        if let Length::Of(length) = length {
            return self.bytes(length).map(Cow::Borrowed);
        }
        let mut whole = Vec::new();
        loop {
            let head = self.head()?;
            if head == ItemHead::Break {
                return Ok(whole.into());
            }
            let Some(Length::Of(length)) = own_kind(head) else {
                return Err(Malformed("a piece of a string that is none"));
            };
            whole.extend_from_slice(self.bytes(length)?);
        }
    }

    fn bytes(&mut self, length: u64) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(length).map_err(|_| CUT_OFF)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Whether there is another of the items of which so many are left; counts it, or passes the
    /// break.
    #[inline]
    pub(super) fn has_next(&mut self, left: &mut Length) -> Result<bool, Malformed> {
        match left {
            Length::Of(0) => Ok(false),
            Length::Of(left) => {
                *left -= 1;
                Ok(true)
            }
            Length::Open => {
                let is_end = *self.rest.first().ok_or(CUT_OFF)? == 0xff;
                self.rest = &self.rest[usize::from(is_end)..];
                Ok(!is_end)
            }
        }
    }

    /// Passes over one item and what is in it.
    pub(super) fn skip_item(&mut self) -> Result<(), Malformed> {
        self.skip_items(Length::Of(1), 1)
    }

    /// Passes over what is left of a container whose entries are so many items each; without
    /// recursion, and with some bytes for each level in which more is to come.
    pub(super) fn skip_items(&mut self, left: Length, each: u64) -> Result<(), Malformed> {
        let items = |left, each| match left {
            Length::Of(entries) => Length::Of(u64::saturating_mul(entries, each)),
            Length::Open => Length::Open,
        };
        let mut open = vec![items(left, each)];
        while let Some(mut left) = open.pop() {
            if !self.has_next(&mut left)? {
                continue;
            }
            if left != Length::Of(0) {
                open.push(left);
            }
            match self.head()? {
                ItemHead::Bytes(length) => drop(self.string(length, ItemHead::as_bytes)?),
                ItemHead::Text(length) => drop(self.string(length, ItemHead::as_text)?),
                ItemHead::Array(length) => open.push(length),
                ItemHead::Map(length) => open.push(items(length, 2)),
                ItemHead::Tag(_) => open.push(Length::Of(1)),
                ItemHead::Break => return Err(Malformed("an end without a beginning")),
                ItemHead::Integer(_)
                | ItemHead::Float(_)
                | ItemHead::Bool(_)
                | ItemHead::Nothing => {}
            }
        }
        Ok(())
    }
}

fn open(major: u8) -> Result<ItemHead, Malformed> {
    Ok(match major {
        2 => ItemHead::Bytes(Length::Open),
        3 => ItemHead::Text(Length::Open),
        4 => ItemHead::Array(Length::Open),
        5 => ItemHead::Map(Length::Open),
        7 => ItemHead::Break,
        _ => return Err(Malformed("a number without an end")),
    })
}

/// Floats and simple values (section 3.3).
fn simple(low: u8, argument: u64) -> ItemHead {
    #[allow(clippy::cast_possible_truncation)] // as wide as it was read
    match low {
        20 => ItemHead::Bool(false),
        21 => ItemHead::Bool(true),
        25 => ItemHead::Float(half(argument as u16)),
        26 => ItemHead::Float(f32::from_bits(argument as u32).into()),
        27 => ItemHead::Float(f64::from_bits(argument)),
        _ => ItemHead::Nothing,
    }
}

/// A float of 16 bits (IEEE 754 binary16), exactly.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let exponent = i32::from(bits >> 10 & 0x1f);
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_float_of_16_bits_is_what_it_means() {
        for (bits, number) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0x3e00, 1.5),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x0400, 0.000_061_035_156_25),
            (0xc400, -4.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(half(bits).to_bits(), f64::to_bits(number), "{bits:#x}");
        }
        assert!(half(0x7e00).is_nan());
        assert!(half(0x8000).is_sign_negative());
    }
}
