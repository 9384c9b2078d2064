//! What people ask for that is not in memory: messages and samples, hot and sealed, and dead
//! letters.

mod births;
mod block;
mod dead_letters;
mod messages;
mod pages;
mod past;
mod question;
mod rolled;
mod sample_set;
mod samples;

pub use self::pages::Pages;
pub use self::past::{Moment, Past, PastPiece, PastQuery};
pub use self::question::{DeadLetterQuery, MessageQuery, Order, Resolution, SampleQuery};
pub use self::sample_set::{SampleSet, Samples, SeriesSamples};
