//! What people ask for that is not in memory: messages and samples, hot and sealed, and dead
//! letters.

mod births;
mod block;
mod dead_letters;
mod messages;
mod pages;
mod question;
mod rolled;
mod samples;

pub use self::pages::Pages;
pub use self::question::{DeadLetterQuery, MessageQuery, Order, Resolution, SampleQuery};
