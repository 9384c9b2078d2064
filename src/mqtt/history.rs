//! Subscriptions to the past: `$history/<from>/<filter>` is what was published on the topics of the
//! filter from then on, and after it what comes. Any client can have it, and nothing has to be
//! prepared.
//!
//! `<from>` is a time as people type it (`-1h`, `2026-11-24T14:03:00Z`, `today`), the `seq` of a
//! message, or `last100`. Messages come on their own topics, or below `$history/<from>` where the
//! filter begins with `$history-prefixed`.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::message::{Message, Offset, Properties, Timestamp, Topic, TopicFilter, parse_time};
use crate::port::ReplayFrom;

use super::codec::{ReasonCode, Subscription};

const OWN_TOPICS: &str = "$history/";
const PREFIXED: &str = "$history-prefixed/";

/// The most messages before now that are asked for by number.
const LAST_MAX: usize = 100_000;

/// What a subscription to the past asks for.
#[derive(Debug, Clone)]
pub(crate) struct HistoryRequest {
    /// The filter as it was written: what names the subscription.
    pub(crate) name: TopicFilter,
    /// The topics that are meant.
    pub(crate) filter: TopicFilter,
    pub(crate) from: ReplayFrom,
    /// What messages have before their own topics.
    prefix: Option<Arc<str>>,
    no_local: bool,
    retain_as_published: bool,
    pub(crate) id: Option<u32>,
}

impl HistoryRequest {
    /// What a subscription asks for, where it is one to the past; or why it can't be one.
    pub(crate) fn of(
        subscription: &Subscription,
        id: Option<u32>,
    ) -> Option<Result<Self, ReasonCode>> {
        let name = &subscription.filter;
        let own = name.as_str().strip_prefix(OWN_TOPICS);
        let prefixed = name.as_str().strip_prefix(PREFIXED);
        let rest = own.or(prefixed)?;
        // Its members would have to begin together.
        if subscription.share.is_some() {
            return Some(Err(ReasonCode::SharedSubscriptionsNotSupported));
        }
        let request = || {
            let (from, filter) = rest.split_once('/')?;
            Some(Self {
                name: name.clone(),
                filter: TopicFilter::new(filter).ok()?,
                from: read(from)?,
                prefix: prefixed.map(|_| format!("{OWN_TOPICS}{from}/").into()),
                no_local: subscription.no_local,
                retain_as_published: subscription.retain_as_published,
                id,
            })
        };
        Some(request().ok_or(ReasonCode::TopicFilterInvalid))
    }

    /// Whether a message of that client is one.
    pub(crate) fn is_wanted(&self, message: &Message, client: &str) -> bool {
        !(self.no_local && *message.client.0 == *client)
    }

    /// Whether a message keeps the flag that it was published with.
    pub(crate) fn retains(&self, message: &Message) -> bool {
        self.retain_as_published && message.retain
    }

    /// A message as it is sent: with its `seq` and its time, where the client can be told, and on the
    /// topic that is asked for. It does not expire any more.
    pub(crate) fn shown(
        &self,
        message: &Arc<Message>,
        tells_properties: bool,
        gap: Option<(Offset, Offset)>,
    ) -> Arc<Message> {
        let topic = self.prefix.as_ref().and_then(|prefix| {
            let topic = Topic::new(format!("{prefix}{}", message.topic));
            topic.ok()
        });
        if topic.is_none() && !tells_properties {
            return Arc::clone(message);
        }
        let mut shown = Message::clone(message);
        if let Some(topic) = topic {
            shown.topic = topic;
        }
        if tells_properties {
            let mut properties: Properties = shown.properties.map(|it| *it).unwrap_or_default();
            properties.message_expiry_s = None;
            let mut tell = |name: &str, value: String| {
                properties.user.push((name.into(), value.into()));
            };
            tell("seq", message.offset.to_string());
            tell("time", message.received_at.to_string());
            if let Some((from, to)) = gap {
                tell("gap", format!("{from}-{to}"));
            }
            shown.properties = Some(Box::new(properties));
        }
        Arc::new(shown)
    }
}

/// From where on.
fn read(from: &str) -> Option<ReplayFrom> {
    if let Some(count) = from.strip_prefix("last") {
        let count: usize = count.parse().ok()?;
        return (count <= LAST_MAX).then_some(ReplayFrom::Last(count));
    }
    if let Ok(seq) = from.parse::<u64>() {
        return Some(ReplayFrom::Offset(Offset(seq)));
    }
    let at = parse_time(from, Timestamp::now(), &TimeZone::UTC).ok()?;
    Some(ReplayFrom::Time(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Qos;
    use crate::mqtt::codec::RetainHandling;

    fn request(filter: &str) -> Option<Result<HistoryRequest, ReasonCode>> {
        let subscription = Subscription {
            share: None,
            filter: TopicFilter::new(filter).unwrap(),
            qos: Qos::AtMostOnce,
            no_local: false,
            retain_as_published: true,
            retain_handling: RetainHandling::Always,
        };
        HistoryRequest::of(&subscription, None)
    }

    #[test]
    fn the_past_is_asked_for_as_people_type_it() {
        for (filter, from, topics) in [
            ("$history/last100/#", ReplayFrom::Last(100), "#"),
            ("$history/0/a/+", ReplayFrom::Offset(Offset(0)), "a/+"),
            (
                "$history/2026-11-22T06:00:00Z/a/#",
                ReplayFrom::Time(Timestamp(1_795_327_200_000_000)),
                "a/#",
            ),
        ] {
            let request = request(filter).unwrap().unwrap();
            assert_eq!((request.from, request.filter.as_str()), (from, topics));
        }
        assert!(matches!(
            request("$history-prefixed/-1h/#").unwrap().unwrap().from,
            ReplayFrom::Time(_)
        ));
        for filter in [
            "$history/someday/#",
            "$history/+/#",
            "$history/-1h",
            "$history/last9999999/a",
            "$history/#",
        ] {
            assert_eq!(
                request(filter).unwrap().unwrap_err(),
                ReasonCode::TopicFilterInvalid
            );
        }
        assert!(request("history/-1h/#").is_none() && request("#").is_none());
    }
}
