//! The vocabulary that every station of the line shares. Pure: no I/O, nothing of ours.

mod defect;
mod described;
mod encoding;
mod filter;
mod keep;
mod offset;
mod payload;
mod qos;
mod rate;
mod record;
mod scope;
mod sparkplug;
mod time;
mod time_source;
mod topic;
mod when;

pub use defect::{Defect, DefectCode, Defects};
pub use described::{DescribedSeries, SeriesText};
pub use encoding::{PlainText, TextEncoding, plain_text};
pub use filter::{TopicFilter, TopicFilterError};
pub use keep::{DAY_US, Keep};
pub use offset::{Cursor, Epoch, Offset};
pub use payload::{PayloadKind, classify, image_mime};
pub use qos::Qos;
pub use rate::Rate;
pub use record::{ClientId, Message, Properties, Record, SessionEvent};
pub use scope::{Extent, Scope, Sight};
pub use sparkplug::{
    Birth, BirthChange, BornMetric, SPARKPLUG_NAMESPACE, SparkplugTopic, Verb, certificate_topic,
    certified,
};
pub use time::Timestamp;
pub use time_source::{TimeMember, TimeSource};
pub use topic::{Topic, TopicError};
pub use when::{WhenError, parse_duration, parse_time};
