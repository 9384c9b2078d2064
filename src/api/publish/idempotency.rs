//! The same request sent again is published once.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use foldhash::fast::FixedState;
use parking_lot::Mutex;

use super::answer::PublishAnswer;
use crate::api::problem::{Kind, Problem};
use crate::message::Message;

/// So many requests are remembered, with so many numbers of messages in all, and for so long.
const REMEMBERED_MAX: usize = 10_000;
const SEQS_MAX: usize = 1_000_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 3600);
/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// An account, and the key that it gave.
type Key = (Arc<str>, Arc<str>);

/// What was published with a key, as long as the server runs.
#[derive(Debug, Default)]
pub struct PublishedBefore(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    answers: HashMap<Key, PublishedOnce>,
    /// In the order in which they came; some may have been given up, and come again.
    keys: VecDeque<(Instant, Key)>,
    /// The numbers of messages in all answers.
    seqs: usize,
}

#[derive(Debug, Clone)]
struct PublishedOnce {
    at: Instant,
    /// Of what was sent.
    fingerprint: u64,
    /// `None` while it is being published.
    answer: Option<PublishAnswer>,
}

/// The key of a request, where it has one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<Arc<str>>, Problem> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key.to_str().ok().map(unquoted);
    let is_key = |key: &&str| {
        (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match key.filter(is_key) {
        Some(key) => Ok(Some(key.into())),
        None => Err(Problem::new(
            Kind::BadRequest,
            format!(
                "Idempotency-Key: expected 1 to {KEY_BYTES_MAX} characters of ASCII, without spaces"
            ),
        )),
    }
}

/// The key by itself: the draft of the header has it in quotes, and hardly anybody sends them.
fn unquoted(key: &str) -> &str {
    let key = key.trim();
    let inside = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
    inside.filter(|inside| !inside.is_empty()).unwrap_or(key)
}

impl PublishedBefore {
    /// What `publish` comes to, or came to when it was asked for with that key before.
    pub(super) async fn once(
        &self,
        (account, key): (&str, &Arc<str>),
        messages: &[Message],
        publish: impl Future<Output = Result<PublishAnswer, Problem>>,
    ) -> Result<PublishAnswer, Problem> {
        let key = (Arc::from(account), Arc::clone(key));
        let fingerprint = fingerprint(messages);
        if let Some(answer) = self.0.lock().begin(&key, fingerprint)? {
            return Ok(answer);
        }
        let mut unfinished = Unfinished {
            before: self,
            key: Some(key),
        };
        let answer = publish.await?;
        if let Some(key) = unfinished.key.take() {
            self.0.lock().end(&key, &answer);
        }
        Ok(answer)
    }
}

/// A request with a key that is on its way. If it fails, or is given up, it may be sent again.
struct Unfinished<'a> {
    before: &'a PublishedBefore,
    key: Option<Key>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.before.0.lock().answers.remove(&key);
        }
    }
}

impl Remembered {
    /// The answer to a request that was sent before; from now on another one has to wait for this.
    fn begin(&mut self, key: &Key, fingerprint: u64) -> Result<Option<PublishAnswer>, Problem> {
        let now = Instant::now();
        while let Some((at, oldest)) = self.keys.front()
            && (self.keys.len() >= REMEMBERED_MAX
                || self.seqs > SEQS_MAX
                || now - *at > REMEMBERED_FOR)
        {
            if let Entry::Occupied(known) = self.answers.entry(oldest.clone())
                && known.get().at == *at
            {
                self.seqs -= known.remove().seqs();
            }
            self.keys.pop_front();
        }
        match self.answers.get(key) {
            Some(before) if before.fingerprint != fingerprint => {
                let why = "something else was published with this Idempotency-Key";
                Err(Problem::new(Kind::Conflict, why))
            }
            Some(PublishedOnce { answer: None, .. }) => {
                let why = "the request with this Idempotency-Key is still being worked on";
                Err(Problem::new(Kind::Conflict, why))
            }
            Some(before) => Ok(before.answer.clone()),
            None => {
                let answer = None;
                let before = PublishedOnce {
                    at: now,
                    fingerprint,
                    answer,
                };
                self.answers.insert(key.clone(), before);
                self.keys.push_back((now, key.clone()));
                Ok(None)
            }
        }
    }

    fn end(&mut self, key: &Key, answer: &PublishAnswer) {
        if let Some(before) = self.answers.get_mut(key) {
            before.answer = Some(answer.clone());
            self.seqs += before.seqs();
        }
    }
}

impl PublishedOnce {
    /// How many numbers of messages its answer has.
    fn seqs(&self) -> usize {
        match &self.answer {
            Some(PublishAnswer::All(all)) => all.seqs.len(),
            Some(PublishAnswer::One(_)) | None => 0,
        }
    }
}

fn fingerprint(messages: &[Message]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    for message in messages {
        message.topic.as_str().hash(&mut hasher);
        message.payload.hash(&mut hasher);
        (message.qos as u8, message.retain).hash(&mut hasher);
    }
    hasher.finish()
}
