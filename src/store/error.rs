//! What can go wrong between the server and its database.

use std::borrow::Cow;

use super::address::AddressError;
use crate::message::{Epoch, Offset};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be reached, is stopping, or did not answer in time.
    #[error("{doing}: the database is away: {source}")]
    Away {
        doing: &'static str,
        source: Box<sqlx::Error>,
    },
    /// All connections for readers are in use.
    #[error("{doing}: all connections to the database are in use by other questions")]
    Busy { doing: &'static str },
    /// The database worked on a question for longer than a question may take.
    #[error("{doing}: it takes longer than a question may; ask for less")]
    TooSlow { doing: &'static str },
    /// The database took longer than it was given.
    #[error("{doing}: the database did not answer in time")]
    Late { doing: &'static str },
    /// The tables are not there yet: the database has been away since the server started.
    #[error("the database has not been reached since the server started")]
    NotReady,
    /// The database refused the data itself.
    #[error("{doing}: the database refuses the data: {source}")]
    Refused {
        doing: &'static str,
        source: Box<sqlx::Error>,
    },
    /// Somebody else moved the mirror's cursor.
    #[error(
        "the mirror's cursor in the database is not at {expected}, where this server left it: \
         another server writes to the same database"
    )]
    Stale {
        /// Where it should have been.
        expected: Offset,
    },
    /// The journal and the database belong to different histories.
    #[error(
        "the journal {journal} begins at {oldest}, but the database already holds records up to \
         {cursor} of the journal {database}: they do not belong together; use another database, \
         or bring the journal of this one back"
    )]
    Foreign {
        journal: Epoch,
        oldest: Offset,
        /// The epoch that the database knows.
        database: Epoch,
        cursor: Offset,
    },
    /// The database knows more of the journal than the journal itself.
    #[error(
        "the database holds records of the journal {epoch} up to {cursor}, but the journal ends \
         at {head}: it is an older copy or has lost its end; bring the right one back, or move \
         it away to begin a new one"
    )]
    Ahead {
        /// The epoch of both.
        epoch: Epoch,
        cursor: Offset,
        head: Offset,
    },
    /// The database could not do it for another reason.
    #[error("{doing}: {source}")]
    Database {
        doing: &'static str,
        source: Box<sqlx::Error>,
    },
    /// The tables are of a version that this one knows no way from.
    #[error(
        "the database's tables are not of this version of Unspool but of a newer one or of an \
         early development version ({0}): run the version that made them, or begin anew with \
         another database (or `drop schema unspool cascade`, which deletes all history in it)"
    )]
    Schema(#[source] Box<sqlx::migrate::MigrateError>),
    /// The tables could not be brought to this version's shape.
    #[error("bring the database's tables up to date: {0}")]
    Migrate(#[source] Box<sqlx::migrate::MigrateError>),
    /// The database does not let this server in as it is configured.
    #[error("the database refuses the connection: {why}: {source}")]
    Denied {
        why: String,
        source: Box<sqlx::Error>,
    },
    /// The database is not one that this server can use.
    #[error("the database can't be used: {0}")]
    Unfit(String),
    #[error("the database URL is not valid: {0}")]
    Url(#[from] AddressError),
}

impl StoreError {
    /// Whether the database was out of reach, so that the same may well succeed later.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Away { .. } | Self::Late { .. } | Self::NotReady | Self::Denied { .. } => true,
            Self::Migrate(source) => match &**source {
                sqlx::migrate::MigrateError::Execute(source) => away(source),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the same may well succeed when others have got their answers.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::TooSlow { .. })
    }

    /// Sorts what the database said to a question while `doing` something; for `map_err`.
    pub(super) fn while_asking(doing: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| match &source {
            sqlx::Error::PoolTimedOut => Self::Busy { doing },
            // The statement timeout that the readers' connections have.
            source if code(source).as_deref() == Some("57014") => Self::TooSlow { doing },
            _ => Self::while_doing(doing)(source),
        }
    }

    /// Whether the database itself said that it can't, whatever it is given: it is going or coming,
    /// or has run out of something that no message can be blamed for.
    pub(super) fn is_outage(&self) -> bool {
        let Self::Away { source, .. } = self else {
            return false;
        };
        code(source).is_some_and(|code| {
            matches!(
                &*code,
                "53100" | "53300" | "57P01" | "57P02" | "57P03" | "57P05"
            ) || code.starts_with("58")
        })
    }

    /// Whether the database answered, and so has taken back what it was given. Otherwise nobody
    /// knows what became of it.
    pub(super) fn is_answer(&self) -> bool {
        let (Self::Away { source, .. }
        | Self::Refused { source, .. }
        | Self::Database { source, .. }) = self
        else {
            return false;
        };
        let code = code(source);
        // Class 08 is the connection's, 57P that of a server that goes.
        code.is_some_and(|code| !code.starts_with("08") && !code.starts_with("57P"))
    }

    /// Whether the very same may succeed at once: it was cancelled, or lost against others.
    pub(super) fn may_pass(&self) -> bool {
        let (Self::Away { source, .. } | Self::Database { source, .. }) = self else {
            return false;
        };
        class(source).is_some_and(|class| matches!(&*class, "40" | "53" | "55" | "57"))
    }

    /// Whether a lock was not to be had in time.
    pub(super) fn is_lock_timeout(&self) -> bool {
        matches!(self, Self::Database { source, .. } if is_lock_timeout(source))
    }

    /// Whether a person has to put something right before there is a connection. A server that
    /// starts says so and ends; one that runs goes on asking, as if the database were away.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }

    /// Sorts what the database said while `doing` something; for `map_err`.
    pub(super) fn while_doing(doing: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| {
            let source = Box::new(source);
            if away(&source) {
                Self::Away { doing, source }
            } else if refused(&source) {
                Self::Refused { doing, source }
            } else {
                Self::Database { doing, source }
            }
        }
    }
}

/// Whether a lock was not to be had in time.
pub(super) fn is_lock_timeout(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("55P03")
}

fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

/// The class of the SQLSTATE, the first two characters.
fn class(error: &sqlx::Error) -> Option<String> {
    code(error)?.get(..2).map(Into::into)
}

/// Connection exceptions, insufficient resources (a full disk), operator intervention (a stopping
/// server, a cancelled statement), system errors.
fn away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        error => matches!(class(error).as_deref(), Some("08" | "53" | "57" | "58")),
    }
}

/// Data exceptions, integrity violations, limits of the program exceeded.
fn refused(error: &sqlx::Error) -> bool {
    matches!(class(error).as_deref(), Some("22" | "23" | "54"))
}
