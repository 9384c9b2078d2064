//! What a client is told that can't have what it asked for.

use std::borrow::Cow;

use crate::journal::JournalError;
use crate::port::PublishError;
use crate::store::StoreError;

/// The code of what the database is needed for while it is away.
pub(super) const AWAY: &str = "database_away";

/// Why a client can't have what it asked for; the `error` frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What kind of error; never changes.
    pub code: &'static str,
    /// What is wrong in this case.
    pub message: Cow<'static, str>,
    /// Whether the same may succeed later.
    pub retry: bool,
}

impl Refusal {
    /// Something that will not get better by itself.
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
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
        if error.is_away() {
            tracing::debug!(%error, "a live stream needs the database");
            return Self::new(
                AWAY,
                "what was asked for is in the database only, which can't be reached: the stream \
                 goes on where it is once it can",
            )
            .retry();
        }
        tracing::error!(%error, "a live stream can't read the database");
        Self::new("internal", "the server's log names the cause").retry()
    }
}

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        if let JournalError::Gone { .. } = error {
            let message = "what was asked for has just left the journal: subscribe again";
            return Self::new("moved", message).retry();
        }
        tracing::error!(%error, "a live stream can't read the journal");
        Self::new("internal", "the server's log names the cause").retry()
    }
}

impl From<PublishError> for Refusal {
    fn from(error: PublishError) -> Self {
        let (code, retry) = match error {
            PublishError::Full => ("journal_full", true),
            PublishError::Stopping => ("shutdown", true),
            PublishError::TooLarge => ("too_large", false),
            PublishError::RetainedFull => ("retained_full", false),
        };
        Self {
            code,
            message: error.to_string().into(),
            retry,
        }
    }
}
