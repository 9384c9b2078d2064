//! What messages, topics and values look like to a reader: the same in REST and in live frames.

mod address;
mod dead_letter;
mod embedded;
mod latest;
mod message;
mod payload;
mod showing;
mod strict;
mod thumbnail;
mod topic;
mod value;

pub use dead_letter::DeadLetterView;
pub use embedded::{EmbeddedView, embedded_bytes, plain_payload};
pub use latest::{LatestView, SeriesView};
pub use message::{MessageView, PropertiesView};
pub use payload::{INLINE_BYTES, PayloadView};
pub use showing::Showing;
pub use thumbnail::{Thumbnail, ThumbnailError, thumbnail};
pub use topic::{NodeView, TopicSeriesView, TopicView};
pub use value::{KindView, ValueView};
