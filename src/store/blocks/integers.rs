//! Integers that mostly grow by the same: times, numbers of messages, readings in their last digit.
//!
//! What is kept is the first one, the step that most take, and of each how much its step is off, in as
//! few bits as the widest of 32 needs. The SQL function `unspool.unpack` reads the same form:
//!
//! - the first integer and the step, zigzag varints (the low seven bits of each byte come first, the
//!   high bit says that more follow). Where every step is this one, that is all;
//! - `unit`, a varint: what is off is always a multiple of it;
//! - for each run of 32 a byte: how many bits each takes, at most 63;
//! - for each run the zigzag multiples in that many bits each, the highest bit first. A run ends
//!   with a byte, since 32 of anything do; behind the last one are zeros.

/// How many integers have one width.
const RUN: usize = 32;

/// The most bits of one: what PostgreSQL can shift as a `bigint`.
const BITS_MAX: u32 = 63;

/// In as few bytes as that comes to; `None` where the differences are too large for it, or there is
/// nothing.
pub(in crate::store) fn pack(values: &[i64]) -> Option<Vec<u8>> {
    let (first, rest) = values.split_first()?;
    let mut off = Vec::with_capacity(rest.len());
    let mut before = *first;
    for value in rest {
        off.push(value.checked_sub(before)?);
        before = *value;
    }
    let step = median(&off);
    let mut unit = 0;
    for off in &mut off {
        *off = off.checked_sub(step)?;
        unit = common_divisor(unit, off.unsigned_abs());
    }
    let mut packed = Vec::with_capacity(24 + off.len());
    put_varint(&mut packed, zigzag(*first));
    put_varint(&mut packed, zigzag(step));
    if unit == 0 {
        return Some(packed);
    }
    put_varint(&mut packed, unit);
    let unit = i64::try_from(unit).ok()?;
    let multiples: Vec<u64> = off.iter().map(|off| zigzag(off / unit)).collect();
    let runs = multiples.chunks(RUN);
    for run in runs.clone() {
        packed.push(u8::try_from(width(run)).ok()?);
    }
    for run in runs {
        let width = width(run);
        if width > BITS_MAX {
            return None;
        }
        put_bits(&mut packed, run, width);
    }
    Some(packed)
}

/// The `n` integers of a packed form; `None` where it is none.
pub(in crate::store) fn unpack(packed: &[u8], n: usize) -> Option<Vec<i64>> {
    let mut rest = packed;
    let mut value = unzigzag(take_varint(&mut rest)?);
    let step = unzigzag(take_varint(&mut rest)?);
    if n == 0 {
        return None;
    }
    if rest.is_empty() {
        let all = std::iter::successors(Some(value), |value| Some(value.wrapping_add(step)));
        return Some(all.take(n).collect());
    }
    let unit = take_varint(&mut rest)?.cast_signed();
    let runs = (n - 1).div_ceil(RUN);
    let (widths, bits) = rest.split_at_checked(runs)?;
    let mut values = Vec::with_capacity(n);
    values.push(value);
    // What is read at once may reach behind the end.
    let mut padded = Vec::with_capacity(bits.len() + size_of::<u128>());
    padded.extend_from_slice(bits);
    padded.resize(bits.len() + size_of::<u128>(), 0);
    let mut start = 0;
    for width in widths {
        let width = usize::from(*width);
        let count = RUN.min(n - values.len());
        if width > BITS_MAX as usize || start + (count * width).div_ceil(8) > bits.len() {
            return None;
        }
        for at in 0..count {
            let multiple = unzigzag(bits_at(&padded, start * 8 + at * width, width)?);
            value = value
                .wrapping_add(step)
                .wrapping_add(unit.wrapping_mul(multiple));
            values.push(value);
        }
        start += RUN / 8 * width;
    }
    Some(values)
}

/// What half of them are no more than.
fn median(values: &[i64]) -> i64 {
    let mut sorted = values.to_vec();
    if sorted.is_empty() {
        return 0;
    }
    let middle = sorted.len() / 2;
    *sorted.select_nth_unstable(middle).1
}

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    if a == 1 {
        return 1;
    }
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn width(run: &[u64]) -> u32 {
    let all = run.iter().fold(0, |all, one| all | one);
    u64::BITS - all.leading_zeros()
}

#[allow(clippy::cast_possible_truncation)] // what does not fit is written with the next byte
fn put_bits(packed: &mut Vec<u8>, run: &[u64], width: u32) {
    let (mut pending, mut count) = (0_u128, 0);
    for one in run {
        pending = pending << width | u128::from(*one);
        count += width;
        while count >= 8 {
            count -= 8;
            packed.push((pending >> count) as u8);
        }
    }
    if count > 0 {
        packed.push((pending << (8 - count)) as u8);
    }
}

#[allow(clippy::cast_possible_truncation)] // there are at most 63
fn bits_at(padded: &[u8], at: usize, width: usize) -> Option<u64> {
    if width == 0 {
        return Some(0);
    }
    let word = padded.get(at / 8..)?.first_chunk()?;
    let word = u128::from_be_bytes(*word) << (at % 8);
    Some((word >> (128 - width)) as u64)
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[allow(clippy::cast_possible_truncation)] // seven bits at a time
fn put_varint(packed: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        packed.push(value as u8 | 0x80);
        value >>= 7;
    }
    packed.push(value as u8);
}

fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, behind) = rest.split_first()?;
        *rest = behind;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_grows_evenly_takes_no_more_than_a_few_bytes() {
        let even: Vec<i64> = (0..3600).map(|n| 7 + n * 1_000_000).collect();
        let packed = pack(&even).unwrap();
        assert_eq!(packed.len(), 4, "{packed:?}");
        assert_eq!(unpack(&packed, even.len()), Some(even));
    }

    #[test]
    fn one_that_is_far_off_costs_only_those_around_it() {
        let mut values: Vec<i64> = (0..3200).map(|n| n * 1000).collect();
        for value in &mut values[1601..] {
            *value += 1_000_000_007;
        }
        let packed = pack(&values).unwrap();
        assert!(packed.len() < 100 + 32 * 4, "{} bytes", packed.len());
        assert_eq!(unpack(&packed, values.len()), Some(values));
    }

    #[test]
    fn what_differs_by_too_much_is_not_packed() {
        for values in [
            &[][..],
            &[i64::MIN, i64::MAX],
            &[0, i64::MAX, 0],
            &[i64::MAX, 0, i64::MAX, 1],
        ] {
            assert_eq!(pack(values), None, "{values:?}");
        }
        assert!(pack(&[i64::MAX, i64::MAX]).is_some());
    }

    #[test]
    fn what_is_no_packed_form_is_refused() {
        let packed = pack(&[1, 5, 2, 9, 12, 3]).unwrap();
        for length in 0..packed.len() {
            // Without its bits it might be that of something shorter; of six it is not.
            let read = unpack(&packed[..length], 6);
            assert!(read.is_none() || length == 2, "{length}: {read:?}");
        }
        assert_eq!(unpack(&[0xff; 20], 6), None);
        assert_eq!(unpack(&[0, 0, 1, 64, 1, 2, 3, 4, 5, 6, 7, 8], 2), None);
    }

    proptest! {
        #[test]
        fn every_form_is_read_as_it_was_packed(
            first in any::<i64>(),
            steps in prop::collection::vec(
                prop_oneof![
                    Just(0), Just(1_000), -5_i64..5, -100_000_i64..100_000,
                    any::<i64>().prop_map(|any| any >> 3),
                ],
                0..200,
            ),
            unit in prop_oneof![Just(1_i64), Just(1000), Just(-7)],
        ) {
            let mut values = vec![first];
            for step in steps {
                values.push(values[values.len() - 1].wrapping_add(step.wrapping_mul(unit)));
            }
            if let Some(packed) = pack(&values) {
                prop_assert_eq!(unpack(&packed, values.len()), Some(values));
            }
        }

        #[test]
        fn nothing_that_is_read_fails_otherwise(
            packed in prop::collection::vec(any::<u8>(), 0..200), n in 0_usize..300,
        ) {
            if let Some(read) = unpack(&packed, n) {
                prop_assert_eq!(read.len(), n);
            }
        }
    }
}
