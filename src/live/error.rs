//! What a client is told that can't have what it asked for.

use std::borrow::Cow;

use serde::Serialize;

use crate::journal::JournalError;
use crate::port::PublishError;
use crate::readers::Unanswered;
use crate::store::StoreError;

/// What kind of refusal it is, by its name in the `error` frame. The names never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    BadFields,
    BadFilter,
    BadFrame,
    BadHz,
    BadId,
    BadJson,
    BadLast,
    BadMode,
    BadNumber,
    BadPaths,
    BadPayload,
    BadQos,
    BadSince,
    BadTopic,
    BadType,
    DatabaseAway,
    Internal,
    JournalFull,
    /// What was asked for has gone elsewhere meanwhile: the same again finds it there.
    Moved,
    NotAuthorized,
    RetainedFull,
    Shutdown,
    TooLarge,
    TooMany,
    UnknownParameter,
}

/// Why a client can't have what it asked for; the `error` frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    pub code: RefusalCode,
    /// What is wrong in this case.
    pub message: Cow<'static, str>,
    /// Whether the same may succeed later.
    pub retry: bool,
}

impl Refusal {
    /// Something that will not get better by itself.
    pub fn new(code: RefusalCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            retry: false,
        }
    }

    /// The same, of something that may.
    #[must_use]
    pub fn retry(self) -> Self {
        Self {
            retry: true,
            ..self
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        if error.is_away() || error.is_busy() {
            tracing::debug!(%error, "a live stream needs the database");
            return Self::new(
                RefusalCode::DatabaseAway,
                "what was asked for is in the database only, which can't be reached: the stream \
                 goes on where it is once it can",
            )
            .retry();
        }
        tracing::error!(%error, "a live stream can't read the database");
        Self::new(RefusalCode::Internal, "the server's log names the cause").retry()
    }
}

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        if let JournalError::Gone { .. } = error {
            let message = "what was asked for has just left the journal: subscribe again";
            return Self::new(RefusalCode::Moved, message).retry();
        }
        tracing::error!(%error, "a live stream can't read the journal");
        Self::new(RefusalCode::Internal, "the server's log names the cause").retry()
    }
}

impl From<Unanswered> for Refusal {
    fn from(why: Unanswered) -> Self {
        let code = match why {
            Unanswered::Busy(_) => RefusalCode::TooMany,
            Unanswered::Stopping => RefusalCode::Shutdown,
            Unanswered::Panicked => {
                tracing::error!("what a live stream needs panicked");
                RefusalCode::Internal
            }
        };
        Self::new(code, why.to_string()).retry()
    }
}

impl From<PublishError> for Refusal {
    fn from(error: PublishError) -> Self {
        let (code, retry) = match error {
            PublishError::Full => (RefusalCode::JournalFull, true),
            PublishError::Stopping => (RefusalCode::Shutdown, true),
            PublishError::TooLarge => (RefusalCode::TooLarge, false),
            PublishError::RetainedFull => (RefusalCode::RetainedFull, false),
        };
        Self {
            code,
            message: error.to_string().into(),
            retry,
        }
    }
}
