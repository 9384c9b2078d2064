//! Numbers as whole numbers of their last decimal digit, which is what most devices send.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::integers;
use crate::store::wire::CopyRows;

/// 10 to the power of what a number is scaled by; each a float8 exactly.
const POWERS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// In the first byte of the packed form, beside the exponent: the numbers are those of a float4.
const SINGLE: u8 = 0x10;

/// Below this a float8 is rounded to a whole number by adding this many and a half, and taking it away.
const WHOLE_MAX: f64 = 2_251_799_813_685_248.0;

/// Of so many that all have no last digit it is taken that none has.
const TRIED: usize = 32;

/// What a decimal digit takes, and what a number takes that is kept beside, in bits.
const DIGIT_BITS: f64 = 3.32;
const ODD_BITS: f64 = 100.0;

/// The numbers of a block as they are kept.
#[derive(Debug, Default, PartialEq)]
pub(in crate::store) struct Numbers {
    /// A byte, `exponent | SINGLE`, then the scaled numbers as `integers` packs them. Without it all are
    /// in `beside`, or, if that is empty, none is a number.
    pub(super) packed: Option<Vec<u8>>,
    /// Places from 1 on, in order, of those that are in `beside`: no number, or none like the others.
    pub(super) odd_at: Vec<i32>,
    pub(super) beside: Vec<Option<f64>>,
}

impl Numbers {
    pub(in crate::store) fn of(values: &[Option<f64>]) -> Self {
        if values.iter().all(Option::is_none) {
            return Self::default();
        }
        let scaled = [false, true].into_iter().find_map(|single| {
            let scale = Scale::of(values, single)?;
            scale.pack(values)
        });
        scaled.unwrap_or_else(|| Self {
            beside: values.to_vec(),
            ..Self::default()
        })
    }

    /// How many digits they have behind the point, where that is true of each of them.
    pub(in crate::store) fn digits(&self) -> Option<i32> {
        let form = self.packed.as_ref()?.first()?;
        (self.odd_at.is_empty() && form & SINGLE == 0).then_some(i32::from(*form))
    }

    /// Writes them to three columns: what is packed, and what is beside, with its places before it.
    pub(in crate::store) fn put(self, rows: &mut CopyRows) {
        rows.optional(self.packed.as_deref());
        if self.odd_at.is_empty() {
            rows.null();
        } else {
            rows.int4_array(self.odd_at.into_iter());
        }
        if self.beside.is_empty() {
            rows.null();
        } else {
            rows.float8_array(self.beside.into_iter());
        }
    }

    /// Reads `n` of them from three columns; `None` where they are not as `put` writes them.
    pub(in crate::store) fn at(
        row: &PgRow,
        at: usize,
        n: usize,
    ) -> Result<Option<Vec<Option<f64>>>, sqlx::Error> {
        let packed: Option<&[u8]> = row.try_get(at)?;
        let odd_at: Option<Vec<i32>> = row.try_get(at + 1)?;
        let beside: Option<Vec<Option<f64>>> = row.try_get(at + 2)?;
        let (odd_at, beside) = (odd_at.unwrap_or_default(), beside.unwrap_or_default());
        Ok(Self::read(packed, &odd_at, beside, n))
    }

    /// The `n` numbers; `None` where they are not what `of` makes.
    fn read(
        packed: Option<&[u8]>,
        odd_at: &[i32],
        beside: Vec<Option<f64>>,
        n: usize,
    ) -> Option<Vec<Option<f64>>> {
        let Some(packed) = packed else {
            let none = beside.is_empty();
            return if none {
                Some(vec![None; n])
            } else {
                (beside.len() == n).then_some(beside)
            };
        };
        let (form, whole) = packed.split_first()?;
        let scale = Scale {
            exponent: usize::from(form & !SINGLE),
            single: form & SINGLE != 0,
        };
        let power = *POWERS.get(scale.exponent)?;
        let whole = integers::unpack(whole, n)?;
        let values = whole
            .into_iter()
            .map(|whole| Some(scale.number(whole as f64, power)));
        let mut values: Vec<Option<f64>> = values.collect();
        for (place, value) in odd_at.iter().zip(beside) {
            let place = usize::try_from(*place).ok()?.checked_sub(1)?;
            *values.get_mut(place)? = value;
        }
        Some(values)
    }
}

/// How numbers are made whole.
#[derive(Debug, Clone, Copy)]
struct Scale {
    exponent: usize,
    single: bool,
}

impl Scale {
    /// The one in which these take the least; `None` where most would have to be kept beside.
    fn of(values: &[Option<f64>], single: bool) -> Option<Self> {
        let mut needing = [0_usize; POWERS.len()];
        let (mut odd, mut last) = (0, 0);
        for (at, value) in values.iter().enumerate() {
            match value.and_then(|value| least_exponent(value, single, last)) {
                Some(exponent) => {
                    needing[exponent] += 1;
                    last = exponent;
                }
                None => odd += 1,
            }
            if at + 1 == TRIED && odd == TRIED {
                return None;
            }
        }
        let n = values.len() as f64;
        let mut beside = values.len();
        let costs = needing.iter().enumerate().map(|(exponent, needing)| {
            beside -= *needing;
            let cost = n * DIGIT_BITS * exponent as f64 + beside as f64 * ODD_BITS;
            (exponent, beside, cost)
        });
        let (exponent, beside, _) = costs.min_by(|a, b| a.2.total_cmp(&b.2))?;
        (beside * 4 <= values.len()).then_some(Self { exponent, single })
    }

    fn pack(self, values: &[Option<f64>]) -> Option<Numbers> {
        let (mut odd_at, mut beside) = (Vec::new(), Vec::new());
        let mut whole = Vec::with_capacity(values.len());
        for (place, value) in (1..).zip(values) {
            if let Some(of_this) = value.and_then(|value| self.whole(value)) {
                whole.push(of_this);
            } else {
                odd_at.push(place);
                beside.push(*value);
                // As if it were the one before, and costs nothing.
                whole.push(whole.last().copied().unwrap_or_default());
            }
        }
        let exponent = u8::try_from(self.exponent).ok()?;
        let mut packed = vec![exponent | if self.single { SINGLE } else { 0 }];
        packed.extend_from_slice(&integers::pack(&whole)?);
        Some(Numbers {
            packed: Some(packed),
            odd_at,
            beside,
        })
    }

    /// The whole number of which this is the scaled one to the last bit.
    #[allow(clippy::cast_possible_truncation)] // it is whole, and less than 2^51
    fn whole(self, value: f64) -> Option<i64> {
        let power = POWERS[self.exponent];
        let scaled = value * power;
        if scaled.is_nan() || scaled.abs() >= WHOLE_MAX {
            return None;
        }
        let whole = (scaled + 3.0 * WHOLE_MAX) - 3.0 * WHOLE_MAX;
        let same = self.number(whole, power).to_bits() == value.to_bits();
        same.then_some(whole as i64)
    }

    #[allow(clippy::cast_possible_truncation)] // that is what is meant
    fn number(self, whole: f64, power: f64) -> f64 {
        let number = whole / power;
        if self.single {
            f64::from(number as f32)
        } else {
            number
        }
    }
}

/// The least exponent with which a number is whole; `likely` is tried first.
fn least_exponent(value: f64, single: bool, likely: usize) -> Option<usize> {
    let whole = |exponent| Scale { exponent, single }.whole(value);
    if whole(likely).is_some_and(|whole| likely == 0 || whole % 10 != 0) {
        return Some(likely);
    }
    (0..POWERS.len()).find(|exponent| whole(*exponent).is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_back(values: &[Option<f64>]) -> Numbers {
        let numbers = Numbers::of(values);
        let read = Numbers::read(
            numbers.packed.as_deref(),
            &numbers.odd_at,
            numbers.beside.clone(),
            values.len(),
        );
        let bits = |values: &[Option<f64>]| -> Vec<Option<u64>> {
            values.iter().map(|it| it.map(f64::to_bits)).collect()
        };
        assert_eq!(bits(&read.unwrap()), bits(values), "{numbers:?}");
        numbers
    }

    fn bytes(values: &[Option<f64>]) -> usize {
        let numbers = read_back(values);
        numbers.packed.map_or(0, |packed| packed.len()) + numbers.beside.len() * 12
    }

    #[allow(clippy::cast_possible_truncation)]
    #[test]
    fn decimals_take_the_bits_of_their_last_digits() {
        let slow = |n: i32| 21.5 + f64::from(n * 7 % 5 - 2) / 10.0;
        let decimals: Vec<_> = (0..3600).map(|n| Some(slow(n))).collect();
        assert!(bytes(&decimals) < 3600 * 5 / 8, "{}", bytes(&decimals));
        let singles: Vec<_> = (0..3600).map(|n| Some(f64::from(slow(n) as f32))).collect();
        assert!(bytes(&singles) < 3600 * 5 / 8, "{}", bytes(&singles));
        let states: Vec<_> = (0..3600).map(|n| Some(f64::from(n / 600 % 2))).collect();
        assert!(bytes(&states) < 200, "{}", bytes(&states));
    }

    #[test]
    fn what_is_like_no_other_is_kept_beside() {
        let mut values: Vec<_> = (0..100).map(|n| Some(f64::from(n) / 4.0)).collect();
        for (place, odd) in [
            (0, Some(f64::NAN)),
            (7, None),
            (50, Some(-0.0)),
            (51, Some(f64::INFINITY)),
            (52, Some(1.0 / 3.0)),
            (99, Some(f64::MIN_POSITIVE / 2.0)),
        ] {
            values[place] = odd;
        }
        let numbers = read_back(&values);
        assert_eq!(numbers.odd_at, [1, 8, 51, 52, 53, 100]);
    }

    #[test]
    fn noise_is_kept_as_it_is() {
        let noise: Vec<_> = (1..100).map(|n| Some(f64::from(n).sqrt().sin())).collect();
        let numbers = read_back(&noise);
        assert_eq!((numbers.packed, numbers.beside.len()), (None, 99));
        assert_eq!(read_back(&[None, None]), Numbers::default());
    }

    proptest! {
        #[test]
        fn every_number_is_read_as_it_was(
            values in prop::collection::vec(
                prop_oneof![
                    Just(None),
                    (-100_000_i32..100_000, 0_i32..6)
                        .prop_map(|(n, e)| Some(f64::from(n) / 10_f64.powi(e))),
                    (-1000_i32..1000).prop_map(|n| Some(f64::from(n as f32 / 10.0))),
                    any::<f64>().prop_map(Some),
                    any::<u64>().prop_map(|bits| Some(f64::from_bits(bits))),
                ],
                1..100,
            ),
        ) {
            read_back(&values);
        }
    }
}
