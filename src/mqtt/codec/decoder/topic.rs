//! Topic names and filters (MQTT 5.0 sections 4.7 and 4.8.2).

use std::hash::BuildHasher;
use std::sync::Arc;

use crate::message::{Topic, TopicError, TopicFilter, TopicFilterError};
use crate::mqtt::codec::DecodeError;

use super::body::text;

/// The topics that a client has lately published to, so that a name it repeats is neither
/// checked nor allocated again.
#[derive(Debug, Default)]
pub(super) struct Topics {
    /// Made by the first PUBLISH: a client that only listens needs none.
    slots: Option<Box<[Option<Topic>; SLOTS]>>,
}

const SLOTS: usize = 32;

/// Longer names are not kept.
const KEPT_BYTES_MAX: usize = 512;

impl Topics {
    /// The topic for its name as it was read.
    pub(super) fn topic(&mut self, raw: &[u8]) -> Result<Topic, DecodeError> {
        if raw.len() > KEPT_BYTES_MAX {
            return name(raw);
        }
        let slots = self.slots.get_or_insert_default();
        #[allow(clippy::cast_possible_truncation)] // any part of the hash will do
        let at = foldhash::fast::FixedState::default().hash_one(raw) as usize % SLOTS;
        match &mut slots[at] {
            Some(topic) if topic.as_str().as_bytes() == raw => Ok(topic.clone()),
            slot => Ok(slot.insert(name(raw)?).clone()),
        }
    }
}

pub(super) fn name(raw: &[u8]) -> Result<Topic, DecodeError> {
    Topic::new(text(raw)?).map_err(|error| {
        DecodeError::malformed(match error {
            TopicError::Empty => "a topic name has no characters [MQTT-4.7.3-1]",
            TopicError::Null => "a topic name contains the null character [MQTT-4.7.3-2]",
            TopicError::TooLong => "a topic name has more than 65535 bytes [MQTT-4.7.3-3]",
            TopicError::Wildcard => "a topic name contains a wildcard [MQTT-3.3.2-2]",
        })
    })
}

/// Takes `$share/name/filter` apart; a filter that is not shared has no name.
pub fn parse_share(text: &str) -> Result<(Option<Arc<str>>, TopicFilter), DecodeError> {
    let invalid = |what| Err(DecodeError::malformed(what));
    let Some(shared) = text.strip_prefix("$share/") else {
        return filter(text).map(|filter| (None, filter));
    };
    let Some((share, rest)) = shared.split_once('/') else {
        return invalid("a shared subscription has no filter after its name [MQTT-4.8.2-2]");
    };
    if share.is_empty() {
        return invalid("a shared subscription has no name [MQTT-4.8.2-1]");
    }
    if share.contains(['+', '#']) {
        return invalid("the name of a shared subscription contains a wildcard [MQTT-4.8.2-2]");
    }
    Ok((Some(share.into()), filter(rest)?))
}

fn filter(text: &str) -> Result<TopicFilter, DecodeError> {
    TopicFilter::new(text).map_err(|error| {
        DecodeError::malformed(match error {
            TopicFilterError::Empty => "a filter has no characters [MQTT-4.7.3-1]",
            TopicFilterError::Null => "a filter contains the null character [MQTT-4.7.3-2]",
            TopicFilterError::TooLong => "a filter has more than 65535 bytes [MQTT-4.7.3-3]",
            TopicFilterError::MultiLevel => {
                "'#' is not the last level, or not alone in it [MQTT-4.7.1-1]"
            }
            TopicFilterError::SingleLevel => "'+' is not alone in its level [MQTT-4.7.1-2]",
        })
    })
}
