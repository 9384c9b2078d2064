//! Where the database is.

use std::fmt;
use std::path::PathBuf;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use super::address;
use super::error::StoreError;

/// Where the database is.
#[derive(Clone)]
pub enum Database {
    /// A server of our own; see [`super::embedded`].
    Embedded {
        /// The folder of its socket.
        socket_dir: PathBuf,
        /// A part of its name.
        port: u16,
    },
    /// Somebody else's.
    External {
        /// Such as `postgres://user:password@host/database`.
        url: String,
    },
}

/// Without the URL, which has a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded { socket_dir, .. } => {
                f.debug_tuple("Embedded").field(socket_dir).finish()
            }
            Self::External { .. } => f.write_str("External"),
        }
    }
}

impl Database {
    /// How to connect.
    pub(super) fn options(&self) -> Result<PgConnectOptions, StoreError> {
        let options = match self {
            Self::Embedded { socket_dir, port } => PgConnectOptions::new_without_pgpass()
                .socket(socket_dir)
                .port(*port)
                .username("unspool")
                .database("unspool"),
            Self::External { url } => address::options(url)?,
        };
        // What a pooler does not know of is not asked for. Sealing has statements that take seconds,
        // and what a person should know is told elsewhere.
        Ok(options
            .disable_statement_logging()
            .application_name("unspool")
            .extra_float_digits(None))
    }
}
