//! The values of series as clients see them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::store::{RawSample, SeriesKind};

/// What the values of a series are.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SeriesKind)]
pub enum KindView {
    /// Numbers.
    Number,
    /// `true` and `false`.
    Bool,
    /// Texts.
    Text,
    /// More than one of these over time.
    Mixed,
}

impl From<SeriesKind> for KindView {
    fn from(kind: SeriesKind) -> Self {
        match kind {
            SeriesKind::Number => Self::Number,
            SeriesKind::Bool => Self::Bool,
            SeriesKind::Text => Self::Text,
            SeriesKind::Mixed => Self::Mixed,
        }
    }
}

/// The value of one sample. A number of more digits than a double holds keeps them all.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum ValueView {
    Bool(bool),
    Number(f64),
    /// A number that a double would round.
    Digits(Box<RawValue>),
    Text(String),
}

impl PartialSchema for ValueView {
    fn schema() -> RefOr<Schema> {
        let types = [Type::Boolean, Type::Number, Type::String];
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter(types))
            .description(Some(
                "The value of one sample. A number of more digits than a double holds keeps them all.",
            ))
            .into()
    }
}

impl ToSchema for ValueView {
    fn name() -> Cow<'static, str> {
        "Value".into()
    }
}

impl ValueView {
    /// How the value of `sample` is shown in a series of this kind.
    pub fn new(kind: SeriesKind, sample: &RawSample) -> Option<Self> {
        match (kind, sample.value, &sample.text) {
            (SeriesKind::Bool, Some(value), _) => Some(Self::Bool(value != 0.0)),
            (_, Some(value), Some(text)) => Some(Self::long(value, text)),
            (_, Some(value), None) => Some(Self::Number(value)),
            (_, None, Some(text)) => Some(Self::Text(text.clone())),
            (_, None, None) => None,
        }
    }

    /// A number that a double would round, of these digits.
    pub fn long(number: f64, text: &str) -> Self {
        digits(text).unwrap_or(Self::Number(number))
    }
}

fn digits(text: &str) -> Option<ValueView> {
    serde_json::from_str::<serde_json::Number>(text).ok()?;
    RawValue::from_string(text.to_owned())
        .ok()
        .map(ValueView::Digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Offset, Timestamp};

    #[test]
    fn a_value_is_shown_as_it_was() {
        for (kind, value, text, shown) in [
            (SeriesKind::Number, Some(21.5), None, "21.5"),
            (
                SeriesKind::Number,
                Some(9e15),
                Some("9007199254740993"),
                "9007199254740993",
            ),
            (SeriesKind::Bool, Some(1.0), None, "true"),
            (SeriesKind::Text, None, Some("run"), "\"run\""),
            (SeriesKind::Mixed, None, Some("run"), "\"run\""),
            (SeriesKind::Mixed, Some(2.0), None, "2.0"),
            (SeriesKind::Mixed, None, None, "null"),
        ] {
            let sample = RawSample {
                time: Timestamp(0),
                seq: Offset(0),
                value,
                text: text.map(Into::into),
            };
            let view = serde_json::to_string(&ValueView::new(kind, &sample)).unwrap();
            assert_eq!(view, shown);
        }
    }
}
