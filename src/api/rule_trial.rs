//! What a rule would make of the messages that there are.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::JsonBody;
use super::format::Format;
use super::page::json;
use super::problem::{Problem, Problems, ready};
use super::readers::Readers;
use super::rules::checked;
use crate::decode::{self, Decoded, FormatName, PayloadFormat, decode};
use crate::message::{Message, Properties, Scope, SeriesText, Timestamp, Topic};
use crate::readers::Effort;
use crate::rules::{DeadBands, KnownRule, Rule, Rules, RulesInForce, StoredParts};
use crate::store::{MessageQuery, Order, Pages, Store};
use crate::view::ValueView;

/// On how many messages it is tried, and how many are looked at for that at most.
const MESSAGES_MAX: usize = 100;
const LOOKED_AT_MAX: usize = 1000;
/// How many bytes of payloads these have at most, but for the last of them.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How many of the samples of a message are shown, and of the names of topics.
const SAMPLES_SHOWN_MAX: usize = 50;
const NAMES_MAX: usize = 100;
/// The longest text that is shown whole, in characters.
const TEXT_SHOWN_MAX: usize = 200;
/// About what a message takes in the database beside its payload and its properties, and what a
/// sample takes once it is sealed, in bytes.
const MESSAGE_BYTES: u64 = 100;
const SAMPLE_BYTES: u64 = 13;
const SECONDS_A_DAY: f64 = 86_400.0;

/// What a rule touches, and what it makes of the last messages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleTrial)]
pub(super) struct TrialView {
    /// How many topics it is for: those that its filter names and no more specific rule.
    topics: u64,
    /// How many series these have.
    series: u64,
    /// The first of the topics, by name.
    #[schema(value_type = Vec<String>)]
    names: Vec<Topic>,
    /// How fast messages come on them now.
    messages_per_s: f64,
    /// About how many bytes the messages below take in the database.
    bytes: BytesView,
    /// The same for a day of messages as fast as they come now: an estimate, from the messages
    /// below. Null where none come, or none are stored.
    bytes_per_day: Option<BytesView>,
    /// What becomes of the last messages, the newest first.
    messages: Vec<TriedMessage>,
}

/// Bytes without the rule, or with the one that is in force, and with the rule.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[schema(as = TrialBytes)]
pub(super) struct BytesView {
    before: u64,
    after: u64,
}

/// One message, as it is stored now and as it would be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TriedMessage {
    seq: u64,
    #[schema(value_type = String)]
    topic: Topic,
    time: Timestamp,
    before: TriedParts,
    after: TriedParts,
}

/// What of a message is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TriedParts {
    store: StoredParts,
    /// What it is read as.
    #[schema(value_type = String)]
    format: FormatName,
    /// How many samples it has.
    samples_count: usize,
    /// The first of them.
    samples: Vec<TriedSample>,
    #[serde(skip)]
    bytes: u64,
}

/// A sample that a message has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TriedSample {
    path: String,
    time: Timestamp,
    value: ValueView,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    unit: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    description: Option<Arc<str>>,
}

/// Try a rule
///
/// Makes nothing: says which topics the rule would be for, what it would make of the last messages
/// on them, and how many bytes it would save or add. What edge nodes of Sparkplug say is tried
/// without what their births say. For administrators.
#[utoipa::path(post, path = "/rules/trial", tag = "rules", request_body = Rule,
    responses((status = OK, body = TrialView), Problems))]
pub(super) async fn try_rule(
    State(store): State<Store>,
    State(rules): State<RulesInForce>,
    State(readers): State<Readers>,
    asker: Asker,
    JsonBody(rule): JsonBody<Value>,
) -> Result<Response, Problem> {
    asker.check_removes()?;
    let rule = checked(rule)?;
    let store = ready(store)?;
    let before = rules.load();
    let trial = Trial::new(before, rule);
    let body = readers.answer(Effort::Any, Box::pin(trial.run(store)));
    Ok(Format::Json.respond(body.await?))
}

/// The rules as they are, and as they would be.
struct Trial {
    before: Arc<Rules>,
    after: Rules,
    rule: Rule,
}

impl Trial {
    fn new(before: Arc<Rules>, rule: Rule) -> Self {
        let made = Some((Timestamp::now(), String::new()));
        let known = KnownRule {
            rule: rule.clone(),
            made,
        };
        Self {
            after: before.with(known),
            before,
            rule,
        }
    }

    /// Whether it is the rule that counts on a topic.
    fn is_for(&self, topic: &Topic) -> bool {
        let known = self.after.of(topic);
        known.is_some_and(|known| known.rule.filter == self.rule.filter)
    }

    async fn run(self, store: Store) -> Result<bytes::Bytes, Problem> {
        let scope = Scope::unrestricted(self.rule.filter.clone());
        let extent = store.extent(&scope, |topic| self.is_for(topic), NAMES_MAX);
        let mut last = self.last_messages(store, scope).await?;
        // In their order, as a dead band needs them.
        last.reverse();
        let mut bands = [DeadBands::default(), DeadBands::default()];
        let mut messages = Vec::with_capacity(last.len());
        let mut bytes = BytesView::default();
        for message in &last {
            let [before, after] = &mut bands;
            let known = self.before.of(&message.topic);
            let before = tried(known.map(|known| &known.rule), message, before);
            let after = tried(Some(&self.rule), message, after);
            bytes.before += before.bytes;
            bytes.after += after.bytes;
            messages.push(TriedMessage {
                seq: message.offset.0,
                topic: message.topic.clone(),
                time: message.received_at,
                before,
                after,
            });
        }
        messages.reverse();
        let days = extent.messages_per_s * SECONDS_A_DAY / last.len() as f64;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // an estimate
        let per_day = |bytes: u64| (bytes as f64 * days) as u64;
        let is_known = extent.messages_per_s > 0.0 && !last.is_empty();
        json(&TrialView {
            topics: extent.topics,
            series: extent.series,
            names: extent.names,
            messages_per_s: extent.messages_per_s,
            bytes_per_day: is_known.then(|| BytesView {
                before: per_day(bytes.before),
                after: per_day(bytes.after),
            }),
            bytes,
            messages,
        })
    }

    /// The last messages that it is for and that are stored as they were, the newest first.
    async fn last_messages(&self, store: Store, scope: Scope) -> Result<Vec<Message>, Problem> {
        let query = MessageQuery {
            scope,
            from: None,
            to: None,
            after: None,
            up_to: None,
            order: Order::Descending,
            limit: LOOKED_AT_MAX,
        };
        let mut pages = Pages::new(store, query);
        let (mut last, mut looked_at, mut bytes) = (Vec::new(), 0, 0);
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                return Ok(last);
            }
            for message in page {
                looked_at += 1;
                if !message.is_stripped && self.is_for(&message.topic) {
                    bytes += message.payload.len();
                    last.push(message);
                }
                let is_enough = last.len() == MESSAGES_MAX || bytes >= BYTES_MAX;
                if is_enough || looked_at == LOOKED_AT_MAX {
                    return Ok(last);
                }
            }
        }
    }
}

/// What of a message is stored by a rule, or by none.
fn tried(rule: Option<&Rule>, message: &Message, bands: &mut DeadBands) -> TriedParts {
    let told = rule.and_then(|rule| rule.told(message.payload.len()));
    let mut decoded = decode(message, told);
    let said_units = decoded.units.take().unwrap_or_default();
    let effect = rule.map(|rule| rule.apply(message, &mut decoded, bands));
    let effect = effect.unwrap_or_default();
    let store = rule.map_or(StoredParts::All, |rule| rule.store);
    let text = |place: usize| {
        let before = match &effect.places {
            Some(places) => places.get(place).copied(),
            None => Some(place),
        };
        let said = said_units.iter().find(|(at, _)| Some(*at) == before);
        let ruled = effect.texts.iter().find(|(at, _)| *at == place);
        let ruled = ruled.map_or_else(SeriesText::default, |(_, text)| text.clone());
        SeriesText {
            unit: ruled
                .unit
                .or_else(|| said.map(|(_, unit)| Arc::clone(unit))),
            ..ruled
        }
    };
    let samples = decoded.samples.iter().take(SAMPLES_SHOWN_MAX).enumerate();
    let samples = samples.map(|(place, sample)| shown(sample, text(place)));
    TriedParts {
        store,
        format: format_of(&decoded),
        samples_count: decoded.samples.len(),
        samples: samples.collect(),
        bytes: bytes_of(message, store, decoded.samples.len()),
    }
}

fn format_of(decoded: &Decoded) -> FormatName {
    let (compression, format) = (decoded.compression, decoded.format);
    match format {
        PayloadFormat::Binary => PayloadFormat::Binary.into(),
        format => FormatName {
            compression,
            format,
        },
    }
}

fn bytes_of(message: &Message, store: StoredParts, samples: usize) -> u64 {
    let properties = message
        .properties
        .as_deref()
        .map_or(0, Properties::bytes_len);
    let whole = (message.payload.len() + properties) as u64;
    match store {
        StoredParts::Nothing => 0,
        StoredParts::Samples => MESSAGE_BYTES + SAMPLE_BYTES * samples as u64,
        StoredParts::All | StoredParts::Messages => {
            MESSAGE_BYTES + whole + SAMPLE_BYTES * samples as u64
        }
    }
}

fn shown(sample: &decode::Sample, text: SeriesText) -> TriedSample {
    let short = |text: &str| text.chars().take(TEXT_SHOWN_MAX).collect::<String>();
    TriedSample {
        path: sample.path.clone(),
        time: sample.time,
        value: match &sample.value {
            decode::Value::Number(number) => ValueView::Number(*number),
            decode::Value::Long(number, digits) => ValueView::long(*number, digits),
            decode::Value::Bool(bool) => ValueView::Bool(*bool),
            decode::Value::Text(text) => ValueView::Text(short(text)),
        },
        unit: text.unit,
        description: text.description,
    }
}
