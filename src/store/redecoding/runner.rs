//! Doing what was asked for, piece by piece.

use std::time::{Duration, Instant as Moment};

use sqlx::PgConnection;

use super::DecodeAgain;
use super::piece::{MESSAGES_MAX, TopicPart, decode_piece};
use super::record::{Redecoding, RedecodingState};
use super::texts::LastTexts;
use super::topic::finish_topic;
use crate::message::{Scope, Timestamp};
use crate::store::connect::{connect, within};
use crate::store::error::StoreError;
use crate::store::handle::Store;

/// How long one piece may take.
const PIECE_TIMEOUT: Duration = Duration::from_secs(300);

/// How long it goes on before it is looked whether something else is to be done.
const TURN: Duration = Duration::from_secs(1);

/// Decodes again what was asked for, one after the other. What it keeps here is found again by a
/// server that starts anew.
#[derive(Default)]
pub(in crate::store) struct Redecoder {
    decoder: Option<Box<dyn DecodeAgain>>,
    running: Option<RunningRedecoding>,
    /// Nobody knows whether the last piece was committed.
    is_doubtful: bool,
    /// How many messages are decoded again in one transaction.
    messages_max: usize,
}

/// What is being worked on.
struct RunningRedecoding {
    id: i32,
    /// The numbers of the topics that are left, the next one last.
    topics: Vec<i32>,
    texts: LastTexts,
}

impl Redecoder {
    pub(in crate::store) fn new(decoder: Box<dyn DecodeAgain>) -> Self {
        Self {
            decoder: Some(decoder),
            running: None,
            is_doubtful: false,
            messages_max: MESSAGES_MAX,
        }
    }

    /// The same, with no more messages in one transaction than these.
    #[cfg(test)]
    pub(in crate::store) fn by(self, messages_max: usize) -> Self {
        Self {
            messages_max,
            ..self
        }
    }

    /// Works for about a second, if there is something to be done, half of the time.
    pub(in crate::store) async fn take_turn(
        &mut self,
        store: &Store,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let until = Moment::now() + TURN;
        while Moment::now() < until {
            let began = Moment::now();
            if !self.work(store, connection).await? {
                break;
            }
            // The others have the machine for as long.
            tokio::time::sleep(began.elapsed()).await;
        }
        Ok(())
    }

    /// Does one piece; answers whether there is more to be done at once.
    pub(in crate::store) async fn work(
        &mut self,
        store: &Store,
        connection: &mut PgConnection,
    ) -> Result<bool, StoreError> {
        let state = store.state();
        if self.is_doubtful {
            state.redecodings.load(connection).await?;
            store.recount(connection).await?;
            self.is_doubtful = false;
        }
        let Some(redecoding) = state.redecodings.next() else {
            self.running = None;
            return Ok(false);
        };
        let failing = redecoding.clone();
        let work = Box::pin(self.piece(store, connection, redecoding));
        let outcome = within("decode again", PIECE_TIMEOUT, work).await.flatten();
        let Err(error) = outcome else {
            return outcome;
        };
        // Where it is, the table says.
        self.running = None;
        self.is_doubtful = true;
        if error.is_answer() && !error.may_pass() {
            tracing::warn!(%error, redecoding = failing.id, "messages can't be decoded again");
            let failed = Redecoding {
                state: RedecodingState::Failed,
                failure: Some(error.to_string()),
                finished_at: Some(Timestamp::now()),
                ..failing
            };
            state.redecodings.put(failed.clone());
            let mut other = connect(&state.options).await?;
            failed.update(&mut other).await?;
        }
        Err(error)
    }

    async fn piece(
        &mut self,
        store: &Store,
        connection: &mut PgConnection,
        mut redecoding: Redecoding,
    ) -> Result<bool, StoreError> {
        let state = store.state();
        let Some(decoder) = &mut self.decoder else {
            return Ok(false);
        };
        if redecoding.state == RedecodingState::Waiting {
            begin(store, &mut redecoding).await;
            redecoding.update(connection).await?;
            state.redecodings.put(redecoding.clone());
        }
        if state.slots.hot_from() <= redecoding.up_to {
            // What is sealed does not change in any other way.
            if state.slots.closed().is_none() {
                store.close_slot().await?;
            }
            return Ok(false);
        }
        let running = self.running.take_if(|running| running.id == redecoding.id);
        let mut running = running.unwrap_or_else(|| {
            decoder.begin();
            RunningRedecoding {
                id: redecoding.id,
                topics: topics(store, &redecoding),
                texts: LastTexts::default(),
            }
        });
        let Some(topic) = running.topics.last().copied() else {
            redecoding.state = RedecodingState::Done;
            redecoding.finished_at = Some(Timestamp::now());
            redecoding.update(connection).await?;
            tracing::info!(
                filter = redecoding.filter.as_str(),
                messages = redecoding.messages,
                "messages are decoded again"
            );
            state.redecodings.put(redecoding);
            return Ok(true);
        };
        let name = state.catalog.name(topic);
        if !name.is_some_and(|name| decoder.reads(&name)) {
            redecoding.at_topic = topic;
            redecoding.is_done_with_topic();
            redecoding.update(connection).await?;
            state.redecodings.put(redecoding);
            running.topics.pop();
            self.running = Some(running);
            return Ok(true);
        }
        if topic != redecoding.at_topic {
            redecoding.at_topic = topic;
            redecoding.at_seq = redecoding.from;
            running.texts = LastTexts::default();
            decoder.begin();
        }
        let part = TopicPart::read(store, connection, &redecoding, self.messages_max).await?;
        let Some(part) = part else {
            finish_topic(store, connection, &mut redecoding, &running.texts).await?;
            running.topics.pop();
            self.running = Some(running);
            return Ok(true);
        };
        let texts = &mut running.texts;
        decode_piece(
            store,
            connection,
            &mut redecoding,
            part,
            (&mut **decoder, texts),
        )
        .await?;
        self.running = Some(running);
        Ok(true)
    }
}

/// Settles what it is for.
async fn begin(store: &Store, redecoding: &mut Redecoding) {
    let mut writer = store.writer().await;
    redecoding.state = RedecodingState::Running;
    redecoding.up_to = store.complete_to();
    redecoding.topic_id_max = writer.names().topic_id_max();
    drop(writer);
    redecoding.topics = topics(store, redecoding).len() as u64;
}

/// The topics that are left, the next one last.
fn topics(store: &Store, redecoding: &Redecoding) -> Vec<i32> {
    let scope = Scope::unrestricted(redecoding.filter.clone());
    let mut ids = store.state().catalog.ids_of(&scope);
    ids.retain(|id| (redecoding.at_topic..=redecoding.topic_id_max).contains(id));
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}
