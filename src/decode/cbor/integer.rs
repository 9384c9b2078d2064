//! Integers of any length (RFC 8949 section 3.4.3).

use std::fmt::Write as _;

use super::head::{CborCursor, ItemHead};

/// The tags of byte strings that are integers.
pub(super) const POSITIVE_BIGNUM: u64 = 2;
pub(super) const NEGATIVE_BIGNUM: u64 = 3;

/// The longest that is written out: longer ones would take a time that grows with the square of
/// their length, and are no measured value.
const BYTES_MAX: usize = 256;

/// The greatest power of ten in 32 bits, of which a limb is a digit.
const LIMB: u64 = 1_000_000_000;

/// The integer of these bytes, or -1 less it, in decimal digits; `None` where it is too long.
pub(super) fn digits(bytes: &[u8], is_negative: bool) -> Option<String> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = &bytes[zeros..];
    if bytes.len() > BYTES_MAX {
        return None;
    }
    // From the least to the greatest.
    let mut limbs = vec![0_u64];
    for byte in bytes {
        add(&mut limbs, 256, u64::from(*byte));
    }
    if is_negative {
        add(&mut limbs, 1, 1);
    }
    let mut digits = String::from(if is_negative { "-" } else { "" });
    let mut limbs = limbs.into_iter().rev();
    digits += &limbs.next().unwrap_or_default().to_string();
    for limb in limbs {
        // Writing to a string can't fail.
        let _ = write!(digits, "{limb:09}");
    }
    Some(digits)
}

/// Multiplies the number, and adds to it.
fn add(limbs: &mut Vec<u64>, factor: u64, addend: u64) {
    let mut carry = addend;
    for limb in limbs.iter_mut() {
        let sum = *limb * factor + carry;
        *limb = sum % LIMB;
        carry = sum / LIMB;
    }
    if carry > 0 {
        limbs.push(carry);
    }
}

/// Reads an integer of either kind, as its digits.
pub(super) fn integer(cbor: &mut CborCursor<'_>) -> Option<String> {
    match cbor.head().ok()? {
        ItemHead::Integer(number) => Some(number.to_string()),
        ItemHead::Tag(tag @ (POSITIVE_BIGNUM | NEGATIVE_BIGNUM)) => {
            let length = cbor.head().ok()?.as_bytes()?;
            let bytes = cbor.string(length, ItemHead::as_bytes).ok()?;
            digits(&bytes, tag == NEGATIVE_BIGNUM)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_digit_of_a_long_integer_is_lost() {
        for (bytes, is_negative, text) in [
            (&b""[..], false, "0"),
            (b"", true, "-1"),
            (b"\0\0\x05", false, "5"),
            (b"\x01\0\0\0\0\0\0\0\0", false, "18446744073709551616"),
            (b"\x01\0\0\0\0\0\0\0\0", true, "-18446744073709551617"),
            (b"\x3b\x9a\xca\0", false, "1000000000"),
            (
                &[0xff; 16],
                false,
                "340282366920938463463374607431768211455",
            ),
            (
                b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                false,
                "340282366920938463463374607431768211456",
            ),
        ] {
            assert_eq!(digits(bytes, is_negative).as_deref(), Some(text));
        }
        assert!(digits(&[1; BYTES_MAX], false).is_some());
        assert!(digits(&[1; BYTES_MAX + 1], false).is_none());
    }
}
