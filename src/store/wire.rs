//! PostgreSQL's binary formats: COPY rows to send, instants both ways.

use std::borrow::Cow;

use sqlx::postgres::{PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef, Postgres};
use sqlx::{Decode, Encode, Type, encode::IsNull, error::BoxDynError};

use crate::message::Timestamp;

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds since 1970.
const EPOCH_US: i64 = 946_684_800_000_000;

/// The first instant that PostgreSQL can hold (4714-11-24 BC), in its own count.
const INSTANT_MIN: i64 = -211_813_488_000_000_000;

/// The last one (the end of 294276), in its own count.
const INSTANT_MAX: i64 = 9_223_371_331_199_999_999;

/// The object identifiers of the element types.
const INT4: i32 = 23;
const INT8: i32 = 20;
const FLOAT8: i32 = 701;
const TEXT: i32 = 25;
const TIMESTAMPTZ: i32 = 1184;

/// An instant as a `timestamptz`. What PostgreSQL can't hold becomes the nearest that it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant(pub(super) Timestamp);

impl Instant {
    /// Microseconds since 2000, within what PostgreSQL takes.
    fn count(self) -> i64 {
        (self.0.0)
            .saturating_sub(EPOCH_US)
            .clamp(INSTANT_MIN, INSTANT_MAX)
    }

    fn from_count(count: i64) -> Self {
        Self(Timestamp(count.saturating_add(EPOCH_US)))
    }
}

/// Whether PostgreSQL can hold `time` as it is.
pub(super) fn holds(time: Timestamp) -> bool {
    (INSTANT_MIN..=INSTANT_MAX).contains(&time.0.saturating_sub(EPOCH_US))
}

/// A text as PostgreSQL takes it: without U+0000.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}").into()
    } else {
        text.into()
    }
}

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(sqlx::postgres::types::Oid(1184))
    }
}

impl PgHasArrayType for Instant {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(sqlx::postgres::types::Oid(1185))
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(
        &self,
        buf: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        buf.extend_from_slice(&self.count().to_be_bytes());
        Ok(IsNull::No)
    }
}

impl<'r> Decode<'r, Postgres> for Instant {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self::from_count(i64::from_be_bytes(
            binary(&value)?.try_into()?,
        )))
    }
}

fn binary<'r>(value: &PgValueRef<'r>) -> Result<&'r [u8], BoxDynError> {
    if value.format() == PgValueFormat::Text {
        return Err("expected the binary format".into());
    }
    value.as_bytes()
}

/// Rows for `copy … from stdin (format binary)`.
#[derive(Debug)]
pub(super) struct CopyRows {
    bytes: Vec<u8>,
}

impl CopyRows {
    /// No rows yet; room for `capacity` bytes.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity + 32);
        bytes.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
        bytes.extend_from_slice(&[0; 8]);
        Self { bytes }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes what there is, to send it before the rest; leaves room for `capacity` bytes.
    pub(super) fn take(&mut self, capacity: usize) -> Vec<u8> {
        let room = Vec::with_capacity(capacity + capacity / 8);
        std::mem::replace(&mut self.bytes, room)
    }

    /// Begins a row of so many columns.
    pub(super) fn row(&mut self, columns: i16) {
        self.bytes.extend_from_slice(&columns.to_be_bytes());
    }

    pub(super) fn null(&mut self) {
        self.i32(-1);
    }

    pub(super) fn int2(&mut self, value: i16) {
        self.i32(2);
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn int4(&mut self, value: i32) {
        self.i32(4);
        self.i32(value);
    }

    pub(super) fn int8(&mut self, value: i64) {
        self.i32(8);
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn float8(&mut self, value: Option<f64>) {
        match value {
            Some(value) => {
                self.i32(8);
                self.bytes.extend_from_slice(&value.to_be_bytes());
            }
            None => self.null(),
        }
    }

    pub(super) fn instant(&mut self, time: Timestamp) {
        self.int8(Instant(time).count());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn optional(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => self.null(),
        }
    }

    pub(super) fn text(&mut self, text: Option<&str>) {
        self.optional(text.map(str::as_bytes));
    }

    /// A `jsonb` from the text of a JSON value.
    pub(super) fn jsonb(&mut self, json: &[u8]) {
        self.length(json.len() + 1);
        self.bytes.push(1);
        self.bytes.extend_from_slice(json);
    }

    pub(super) fn int4_array(&mut self, values: impl ExactSizeIterator<Item = i32>) {
        self.array(INT4, values, CopyRows::int4);
    }

    pub(super) fn int8_array(&mut self, values: impl ExactSizeIterator<Item = i64>) {
        self.array(INT8, values, CopyRows::int8);
    }

    pub(super) fn instant_array(&mut self, times: impl ExactSizeIterator<Item = Timestamp>) {
        self.array(TIMESTAMPTZ, times, CopyRows::instant);
    }

    pub(super) fn float8_array(&mut self, values: impl ExactSizeIterator<Item = Option<f64>>) {
        self.array(FLOAT8, values, CopyRows::float8);
    }

    pub(super) fn text_array<'a>(&mut self, texts: impl ExactSizeIterator<Item = Option<&'a str>>) {
        self.array(TEXT, texts, CopyRows::text);
    }

    /// One dimension; says that there may be nulls, which is always allowed.
    fn array<T>(
        &mut self,
        oid: i32,
        values: impl ExactSizeIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        let start = self.bytes.len();
        self.i32(0);
        let n = values.len();
        self.i32(i32::from(n > 0));
        self.i32(1);
        self.i32(oid);
        if n > 0 {
            self.length(n);
            self.i32(1);
        }
        for value in values {
            each(self, value);
        }
        let length = self.bytes.len() - start - 4;
        let length = i32::try_from(length).unwrap_or(i32::MAX);
        self.bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    fn i32(&mut self, value: i32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    fn length(&mut self, length: usize) {
        self.i32(i32::try_from(length).unwrap_or(i32::MAX));
    }
}
