//! What can be wrong with a message that was taken all the same.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Declares the codes: name for clients and in the database, meaning.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $code:ident, $name:literal;)+) => {
        /// What kind of defect it is. The names are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum DefectCode {
            $($(#[doc = $doc])+ $code,)+
        }

        impl DefectCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$code,)+];

            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }
        }
    };
}

codes! {
    /// It claims to be JSON, or looks like it, and is not: cut off, or broken in between. The
    /// values that are sure all the same are there.
    NotJson, "not_json";
    /// Not quite JSON, such as single quotes or a comma too many, but sure in what it means.
    NearJson, "near_json";
    /// It claims to be of a format other than JSON, or is marked as such, and is not: cut off, or
    /// broken in between. What is whole before that is there; nothing where it is compressed.
    Malformed, "malformed";
    /// Compressed, and larger inside than it may be: nothing of it is read.
    TooLarge, "too_large";
    /// A value in well-formed JSON that no text or number can hold as it is: half of a surrogate
    /// pair, which is not there, or a number such as 1e400, which is there as a text. The other
    /// values are there.
    Unreadable, "unreadable";
    /// NaN or an infinity in place of a number: it has no sample. The other values are there.
    NotANumber, "not_a_number";
    /// The same member more than once in one object: the last one counts.
    RepeatedMember, "repeated_member";
    /// A text in other bytes than plain UTF-8: with zero bytes at its end, with a byte order mark,
    /// in UTF-16 or Latin-1. It is read as what it is.
    OtherEncoding, "other_encoding";
    /// The payload's own time is none that can be meant; the time of receipt stands.
    ImplausibleTime, "implausible_time";
    /// The payload's own time is not a number of milliseconds, but can be told all the same: a
    /// text, or in seconds, microseconds or nanoseconds. It counts.
    OtherTimeUnit, "other_time_unit";
    /// The payload's own time is more than a day ahead of the receipt: a clock is wrong. It counts.
    FutureTime, "future_time";
    /// On a topic of Sparkplug B, and no payload of it, or one with metrics that can't be read. The
    /// other metrics are there.
    NotSparkplug, "not_sparkplug";
    /// Data of Sparkplug B before the birth that says what it is: metrics that need no birth to be
    /// understood are there.
    NoBirth, "no_birth";
    /// A metric's alias that the last birth did not define; the other metrics are there.
    UnknownAlias, "unknown_alias";
    /// Messages of an edge node are missing before this one, by their sequence numbers.
    SequenceGap, "sequence_gap";
    /// The death of an earlier connection of an edge node than that of its last birth: it says
    /// nothing of the present one.
    LateDeath, "late_death";
    /// Bytes or a file as the value of a metric: they are in the raw payload only.
    BinaryValue, "binary_value";
    /// More edge nodes, devices, metrics or names than are remembered of births: data that needs
    /// them can't be read.
    TooManyBirths, "too_many_births";
    /// Nested so deeply that what is below is in the raw payload only.
    TooDeep, "too_deep";
    /// More values than one message may have; the rest is in the raw payload only.
    TooManyValues, "too_many_values";
    /// A name that is too long, or names that together are too long for the payload's size; the
    /// values below them are in the raw payload only.
    NameTooLong, "name_too_long";
    /// U+0000 in a text or in a name, where the database has U+FFFD in its place.
    ZeroInText, "zero_in_text";
    /// A time that the database can't hold.
    TimeOutOfRange, "time_out_of_range";
    /// More series than one topic may have; the further ones are in the raw payload only.
    TooManySeries, "too_many_series";
    /// More topics than are kept apart; the message is only here.
    TooManyTopics, "too_many_topics";
    /// The database did not take it as it was.
    Refused, "refused";
}

/// One thing that is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Defect {
    /// What kind of defect it is.
    pub code: DefectCode,
    /// Where in the payload: a JSON Pointer, that of the first place where there are several;
    /// absent where it is the message as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "/motor/temp")]
    pub path: Option<String>,
    /// What is wrong, for a person to read.
    #[schema(example = "number out of range at line 1 column 12")]
    pub text: String,
}

/// What is wrong with a message, each kind of defect once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Defects(Vec<Defect>);

impl Defects {
    /// Adds what is wrong, unless the like of it is there already.
    pub fn add(&mut self, code: DefectCode, path: Option<&str>, text: impl FnOnce() -> String) {
        if self.0.iter().all(|defect| defect.code != code) {
            self.0.push(Defect {
                code,
                path: path.map(ToOwned::to_owned),
                text: text(),
            });
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong, in the order in which it was found.
    pub fn all(&self) -> &[Defect] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_by_its_name() {
        for code in DefectCode::ALL {
            assert_eq!(
                serde_json::to_value(code).unwrap(),
                serde_json::json!(code.name())
            );
        }
    }

    #[test]
    fn each_kind_of_defect_is_noted_once_with_its_first_place() {
        let mut defects = Defects::default();
        assert!(defects.is_empty());
        for path in ["/a", "/b"] {
            defects.add(DefectCode::ZeroInText, Some(path), String::new);
        }
        defects.add(DefectCode::TooDeep, None, String::new);
        let found: Vec<_> = defects
            .all()
            .iter()
            .map(|one| one.path.as_deref())
            .collect();
        assert_eq!(found, [Some("/a"), None]);
    }
}
