//! A rollup as the row of a table.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::Rollup;
use crate::message::{Offset, Timestamp};
use crate::store::blocks::{Numbers, pack, unpack};
use crate::store::bucket::{Aggregate, MINUTE, States};
use crate::store::wire::{CopyRows, Instant};

/// The columns behind `series_id` that say what the whole of it comes to, and behind them those of its
/// minutes, in the order in which `put` writes and `rollup_at` reads them.
pub(in crate::store) const WHOLE: &str = "hours, start, n, seq_max, numbers, least, greatest, total, \
     initial, final, initial_at, final_at, integral, state_initial, state_final, state_from, state_to, \
     states, state_seconds";
pub(in crate::store) const MINUTES: &str = "minutes, minute_whole, minute_values, \
     minute_values_odd_at, minute_values_beside, minute_sums, minute_sums_odd_at, minute_sums_beside";

/// What is read in the place of minutes that are not wanted.
pub(in crate::store) const NO_MINUTES: &str = "0, null::bytea";

/// How many columns these are.
const COUNT: i16 = 27;

/// Seconds have so many digits behind the point.
const TIME_DIGITS: i32 = 6;

/// Writes a row.
pub(super) fn put(series: i32, rollup: &Rollup, rows: &mut CopyRows) {
    rows.row(1 + COUNT);
    rows.int4(series);
    rows.int2(rollup.hours);
    rows.instant(rollup.start);
    rows.int8(rollup.n.cast_signed());
    rows.int8(rollup.seq_max.0.cast_signed());
    let numbers = rollup.numbers.as_ref();
    rows.int8(numbers.map_or(0, |it| it.count.cast_signed()));
    for number in [
        numbers.map(|it| it.min),
        numbers.map(|it| it.max),
        numbers.map(|it| it.sum),
        numbers.map(|it| it.first),
        numbers.map(|it| it.last),
    ] {
        rows.float8(number);
    }
    put_instant(numbers.map(|it| it.first_at), rows);
    put_instant(numbers.map(|it| it.last_at), rows);
    rows.float8(numbers.map(|it| it.integral));
    let states = rollup.states.as_ref();
    rows.text(states.map(|it| it.first.as_str()));
    rows.text(states.map(|it| it.last.as_str()));
    put_instant(states.map(|it| it.first_at), rows);
    put_instant(states.map(|it| it.last_at), rows);
    if let Some(states) = states {
        rows.text_array(states.seconds.keys().map(|it| Some(it.as_str())));
        rows.float8_array(states.seconds.values().map(|it| Some(*it)));
    } else {
        rows.null();
        rows.null();
    }
    put_minutes(rollup, rows);
}

fn put_instant(at: Option<Timestamp>, rows: &mut CopyRows) {
    match at {
        Some(at) => rows.instant(at),
        None => rows.null(),
    }
}

/// Of each minute in turn: which it is, how many numbers it has, and when the first and the last of
/// them were true, in microseconds from its start. Then the least, the greatest, the first and the
/// last; then sums and integrals. Each in one column for all minutes.
fn put_minutes(rollup: &Rollup, rows: &mut CopyRows) {
    let minutes = &rollup.minutes;
    let of = |field: fn(&Aggregate) -> f64| minutes.iter().map(move |it| Some(field(it)));
    let place = |it: &Aggregate| (it.first_at.0 - rollup.start.0).div_euclid(MINUTE);
    let within = |at: Timestamp| at.0.rem_euclid(MINUTE);
    let whole = minutes.iter().map(place);
    let whole = whole
        .chain(minutes.iter().map(|it| it.count.cast_signed()))
        .chain(minutes.iter().map(|it| within(it.first_at)))
        .chain(minutes.iter().map(|it| within(it.last_at)));
    let whole: Vec<i64> = whole.collect();
    let Some(whole) = pack(&whole) else {
        rows.int4(0);
        for _ in 0..7 {
            rows.null();
        }
        return;
    };
    rows.int4(i32::try_from(minutes.len()).unwrap_or_default());
    rows.bytes(&whole);
    let values = of(|it| it.min).chain(of(|it| it.max));
    let values = values.chain(of(|it| it.first)).chain(of(|it| it.last));
    let values = Numbers::of(&values.collect::<Vec<_>>());
    let sums = of(|it| it.sum).chain(of(|it| it.integral));
    // What was added up has a last digit as well, but for what was lost in adding.
    let sums: Vec<Option<f64>> = match values.digits() {
        Some(digits) => sums
            .map(|sum| sum.map(|sum| rounded(sum, digits + TIME_DIGITS)))
            .collect(),
        None => sums.collect(),
    };
    values.put(rows);
    Numbers::of(&sums).put(rows);
}

/// With so many digits behind the point, where that changes no more than adding does.
fn rounded(sum: f64, digits: i32) -> f64 {
    let power = 10_f64.powi(digits);
    let rounded = (sum * power).round() / power;
    if (rounded - sum).abs() <= sum.abs() * 1e-12 {
        rounded
    } else {
        sum
    }
}

/// The rollup of a row whose columns from `at` on are these.
pub(in crate::store) fn rollup_at(row: &PgRow, at: usize) -> Result<Rollup, sqlx::Error> {
    let float = |column: usize| {
        let value: Option<f64> = row.try_get(at + column)?;
        Ok::<_, sqlx::Error>(value.unwrap_or_default())
    };
    let instant = |column: usize| {
        let value: Option<Instant> = row.try_get(at + column)?;
        Ok::<_, sqlx::Error>(value.map_or(Timestamp(0), |it| it.0))
    };
    let count: i64 = row.try_get(at + 4)?;
    let numbers = Aggregate {
        count: count.unsigned_abs(),
        min: float(5)?,
        max: float(6)?,
        sum: float(7)?,
        first: float(8)?,
        last: float(9)?,
        first_at: instant(10)?,
        last_at: instant(11)?,
        integral: float(12)?,
    };
    let start = instant(1)?;
    let minutes = minutes_at(row, at + 19, start)?;
    Ok(Rollup {
        start,
        hours: row.try_get(at)?,
        n: row.try_get::<i64, _>(at + 2)?.unsigned_abs(),
        seq_max: Offset(row.try_get::<i64, _>(at + 3)?.unsigned_abs()),
        numbers: (count > 0).then_some(numbers),
        states: states_at(row, at + 13)?,
        minutes: minutes.ok_or_else(|| {
            sqlx::Error::Decode("the minutes of a rollup are not as they were written".into())
        })?,
    })
}

fn states_at(row: &PgRow, at: usize) -> Result<Option<States>, sqlx::Error> {
    let Some(first) = row.try_get::<Option<String>, _>(at)? else {
        return Ok(None);
    };
    let names: Vec<String> = row.try_get(at + 4)?;
    let seconds: Vec<f64> = row.try_get(at + 5)?;
    Ok(Some(States {
        first,
        last: row.try_get(at + 1)?,
        first_at: row.try_get::<Instant, _>(at + 2)?.0,
        last_at: row.try_get::<Instant, _>(at + 3)?.0,
        seconds: names.into_iter().zip(seconds).collect::<BTreeMap<_, _>>(),
    }))
}

fn minutes_at(
    row: &PgRow,
    at: usize,
    start: Timestamp,
) -> Result<Option<Vec<Aggregate>>, sqlx::Error> {
    let minutes = usize::try_from(row.try_get::<i32, _>(at)?).unwrap_or_default();
    let Some(whole) = row
        .try_get::<Option<&[u8]>, _>(at + 1)?
        .filter(|_| minutes > 0)
    else {
        return Ok(Some(Vec::new()));
    };
    let whole = unpack(whole, 4 * minutes);
    let values = Numbers::at(row, at + 2, 4 * minutes)?;
    let sums = Numbers::at(row, at + 5, 2 * minutes)?;
    let Some(((whole, values), sums)) = whole.zip(values).zip(sums) else {
        return Ok(None);
    };
    let one = |place: usize| {
        let whole = |section: usize| whole[section * minutes + place];
        let value = |section: usize| values[section * minutes + place].unwrap_or_default();
        let sum = |section: usize| sums[section * minutes + place].unwrap_or_default();
        let begins = start.0 + whole(0) * MINUTE;
        Aggregate {
            count: whole(1).unsigned_abs(),
            min: value(0),
            max: value(1),
            sum: sum(0),
            first: value(2),
            last: value(3),
            first_at: Timestamp(begins + whole(2)),
            last_at: Timestamp(begins + whole(3)),
            integral: sum(1),
        }
    };
    Ok(Some((0..minutes).map(one).collect()))
}
