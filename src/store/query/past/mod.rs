//! What was true at some moment: each topic, and each of its series, as it was then.

mod messages;
mod moment;
mod values;

use self::messages::WantedMessage;
pub use self::moment::Moment;
pub(super) use self::values::{LastValues, SeriesValues};
use crate::message::{Message, Offset, Scope, Topic, classify};
use crate::store::answer::{Latest, LatestSeries, RawSample};
use crate::store::catalog::{FoundSeries, KnownMax, KnownTopic};
use crate::store::error::StoreError;
use crate::store::handle::Store;

/// So much is looked up at a time.
const PIECE: KnownMax = KnownMax {
    topics: 2_500,
    series: 10_000,
    bytes: 8 << 20,
};

/// The largest payload that is told of; of a larger one only where it is.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// A question for what was true, answered topic by topic.
#[derive(Debug, Clone)]
pub struct PastQuery {
    pub scope: Scope,
    pub moment: Moment,
    /// The state as of this message: nothing that came later counts. `None` is the last one that is
    /// committed.
    pub up_to: Option<Offset>,
}

/// The answer to a [`PastQuery`], piece by piece.
#[derive(Debug)]
pub struct Past {
    store: Store,
    query: PastQuery,
    up_to: Offset,
    /// The last message that was received at or before the moment, or any after it that nobody asks
    /// for: no more than `up_to`.
    seen_to: Offset,
}

/// Some of the topics.
#[derive(Debug)]
pub struct PastPiece {
    /// Those that there were, by name. What is counted of a topic is what is counted now.
    pub topics: Vec<Latest>,
    /// After which topic the next piece begins; `None` where there is no more.
    pub next: Option<Topic>,
}

impl Past {
    /// Finds out which messages had been received at the moment that is asked about.
    pub async fn new(store: Store, query: PastQuery) -> Result<Self, StoreError> {
        let complete_to = store.complete_to();
        let up_to = query.up_to.map_or(complete_to, |it| it.min(complete_to));
        let seen_to = store.seen_at(query.moment.time(), up_to).await?;
        Ok(Self {
            store,
            query,
            up_to,
            seen_to,
        })
    }

    /// The message as of which all pieces are.
    pub fn up_to(&self) -> Offset {
        self.up_to
    }

    /// The topics beyond `after`, no more than `limit`.
    pub async fn next(&self, after: Option<&Topic>, limit: usize) -> Result<PastPiece, StoreError> {
        let catalog = &self.store.state().catalog;
        let max = KnownMax {
            topics: limit.clamp(1, PIECE.topics),
            ..PIECE
        };
        let known = catalog.known(&self.query.scope, after, max);
        let next = known.last().map(|last| last.latest.topic.clone());
        let is_as_it_was = |it: &KnownTopic| self.is_as_it_was(&it.latest);
        let (same, other): (Vec<_>, Vec<_>) = known.into_iter().partition(is_as_it_was);
        let mut topics: Vec<Latest> = same.into_iter().map(|it| it.latest).collect();
        for topic in &mut topics {
            let at = self.query.moment.time();
            topic.stale_since = topic.stale_since.filter(|since| *since <= at);
        }
        topics.extend(self.look_up(other).await?);
        topics.sort_by(|a, b| a.topic.cmp(&b.topic));
        Ok(PastPiece { topics, next })
    }

    /// Whether nothing has come of a topic since. Of event times nobody knows, without looking.
    fn is_as_it_was(&self, latest: &Latest) -> bool {
        let mut series = latest.series.iter();
        matches!(self.query.moment, Moment::Receipt(_))
            && latest.seq <= self.seen_to
            && series.all(|it| it.sample.seq <= self.seen_to)
    }

    async fn look_up(&self, topics: Vec<KnownTopic>) -> Result<Vec<Latest>, StoreError> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let moment = self.query.moment;
        let series: Vec<FoundSeries> = topics.iter().flat_map(|it| it.series.clone()).collect();
        let (values, messages) = match moment {
            Moment::EventTime(_) => {
                let values = LastValues::new(&self.store, moment, self.up_to);
                let values = values.by_time(&series).await?;
                let wanted = topics.iter().map(|topic| self.wanted(topic, &values));
                let messages = self.store.messages_then(wanted.collect()).await?;
                (values, messages)
            }
            Moment::Receipt(at) => {
                let ids = topics.iter().map(|it| it.latest.topic_id);
                let wanted = ids.map(|id| WantedMessage::before(id, self.seen_to, at));
                let messages = self.store.messages_then(wanted.collect()).await?;
                let values = LastValues::new(&self.store, moment, self.seen_to);
                (values.by_receipt(&series, &messages).await?, messages)
            }
        };
        let then = topics.into_iter().filter_map(|topic| {
            let message = messages.get(&topic.latest.topic_id);
            then(topic, message, &values, moment)
        });
        Ok(then.collect())
    }

    /// The message that is told of a topic by event time: the one that its newest value came in, or
    /// the last one where it has no values.
    fn wanted(&self, topic: &KnownTopic, values: &SeriesValues) -> WantedMessage {
        let id = topic.latest.topic_id;
        let own = topic.series.iter().filter(|it| it.topic_id == id);
        let newest = own
            .filter_map(|series| values.get(&series.id))
            .max_by_key(|sample| (sample.time, sample.seq));
        match newest {
            Some(sample) => WantedMessage::exactly(id, sample.seq, sample.time),
            None => WantedMessage::before(id, self.seen_to, self.query.moment.time()),
        }
    }
}

/// The value of a series, and of what else belongs to it.
fn value_of<'a>(
    series: &FoundSeries,
    values: &'a SeriesValues,
    moment: Moment,
) -> Option<&'a RawSample> {
    let found = series.ids().filter_map(|id| values.get(&id));
    found.max_by_key(|sample| moment.rank(sample))
}

/// A topic as it was; `None` where there was nothing of it.
fn then(
    topic: KnownTopic,
    message: Option<&Message>,
    values: &SeriesValues,
    moment: Moment,
) -> Option<Latest> {
    let series = topic.series.iter().filter_map(|series| {
        let sample = value_of(series, values, moment)?;
        Some(LatestSeries {
            path: series.path.clone(),
            kind: series.kind,
            unit: series.unit.clone(),
            description: series.description.clone(),
            time_source: series.time_source,
            sample: sample.clone(),
        })
    });
    let series: Vec<LatestSeries> = series.collect();
    let without_values = Latest {
        series: Vec::new(),
        stale_since: None,
        clock_skew_us: None,
        ..topic.latest
    };
    let Some(message) = message else {
        // Samples may be kept for longer than messages.
        let newest = series
            .iter()
            .max_by_key(|it| (it.sample.time, it.sample.seq));
        let sample = newest?.sample.clone();
        return Some(Latest {
            seq: sample.seq,
            received_at: sample.time,
            is_stripped: true,
            payload_bytes: 0,
            payload: Some(bytes::Bytes::new()),
            series,
            ..without_values
        });
    };
    let payload = &message.payload;
    Some(Latest {
        seq: message.offset,
        received_at: message.received_at,
        qos: message.qos,
        retain: message.retain,
        is_stripped: message.is_stripped,
        kind: classify(payload),
        payload_bytes: payload.len() as u64,
        payload: (payload.len() <= PAYLOAD_BYTES_MAX).then(|| payload.clone()),
        series,
        ..without_values
    })
}
