//! Why there is no database of our own.

use std::path::PathBuf;

/// What went wrong, and where it helps, the way out.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No PostgreSQL is installed, as far as can be seen.
    #[error(
        "PostgreSQL's server programs were not found (looked in {looked}). Three ways out: install \
         PostgreSQL 14 or later (apt install postgresql), name the folder of `initdb` and \
         `postgres` with --pg-bin (UNSPOOL_PG_BIN), or use a running server with --database-url \
         (UNSPOOL_DATABASE_URL)"
    )]
    NoPrograms { looked: String },
    /// The cluster is another major version's.
    #[error(
        "the database in {cluster} is of PostgreSQL {found}, but the programs in {programs} are \
         of version {version}. Name the folder of version {found} with --pg-bin (UNSPOOL_PG_BIN); \
         or, to move to version {version}, run the server once with version {found}, dump with \
         `pg_dump -h {socket} -U unspool unspool > unspool.sql`, stop it, move {cluster} away, \
         start with version {version} and restore with `psql` before publishing"
    )]
    OtherMajor {
        cluster: PathBuf,
        found: String,
        programs: PathBuf,
        version: String,
        socket: PathBuf,
    },
    /// Another server uses the data directory.
    #[error("{0} is locked: another unspool server uses this data directory")]
    InUse(PathBuf),
    /// Another PostgreSQL runs on the cluster and does not stop.
    #[error("a PostgreSQL (process {pid}) still uses {cluster} and does not stop")]
    StillRunning { pid: u32, cluster: PathBuf },
    /// There is no user to run PostgreSQL as.
    #[error(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it \
         as: start the server as another user, or use --database-url"
    )]
    NoUser,
    /// The user that PostgreSQL runs as can't get to the data directory.
    #[error(
        "PostgreSQL runs as the user `{user}` here, who can't enter {folder}: let others pass \
         through it (chmod o+x), or choose another --data-dir (UNSPOOL_DATA_DIR)"
    )]
    Unreachable {
        user: String,
        /// The folder that is closed to it.
        folder: PathBuf,
    },
    /// `initdb` did not do its work.
    #[error("initdb could not make a database in {cluster}: {said}")]
    Initdb {
        cluster: PathBuf,
        /// The end of what it said.
        said: String,
    },
    /// PostgreSQL ended, or did not answer in time.
    #[error("PostgreSQL did not start: {said} (its log is {log})")]
    Start {
        /// The end of its log.
        said: String,
        log: PathBuf,
    },
    /// The system did not let us.
    #[error("{doing} {path}: {source}")]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`.
    pub(super) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}
