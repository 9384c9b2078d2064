//! How to start a server.

use std::sync::Arc;

use super::container::Container;
use super::log::Log;
use super::postgres::Postgres;
use super::proxy::Proxy;
use super::server::{Server, Starting};
use super::template;

/// Where nobody listens.
const NOBODY: &str = "postgres://unspool@127.0.0.1:1/unspool";

/// What differs from the defaults, and what its log may say.
#[derive(Default, Clone)]
pub struct Settings {
    pub(super) env: Vec<(String, String)>,
    /// Texts in warnings and errors that are part of the test.
    pub(super) expected: Vec<&'static str>,
    /// The folder of PostgreSQL's socket, and the database's name.
    pub(super) database: (String, &'static str),
    /// How many files it may have open.
    pub(super) open_files: Option<u64>,
    /// Of PostgreSQL's socket, where it is not the usual one.
    pub(super) database_port: Option<String>,
    data: Data,
    pub(super) container: Option<Arc<Container>>,
}

/// What a server finds in its data directory.
#[derive(Default, Clone, Copy)]
enum Data {
    #[default]
    Copied,
    WithoutDatabase,
    New,
}

impl Settings {
    /// Sets an environment variable, such as `UNSPOOL_INFLIGHT_MAX`.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// A warning or error whose message contains `text` is part of the test.
    pub fn expect_in_log(mut self, text: &'static str) -> Self {
        self.expected.push(text);
        self
    }

    /// On a database of its own in the PostgreSQL of another server, reached through a proxy.
    pub fn on_database_of(mut self, other: &Server, proxy: &Proxy) -> Self {
        other.psql("create database factory");
        self.data = Data::New;
        self.database = (other.socket_dir().to_owned(), "factory");
        let host = proxy.socket_dir().display();
        let url = format!("postgres://unspool@localhost/factory?host={host}");
        self.set("UNSPOOL_DATABASE_URL", &url)
    }

    /// On a PostgreSQL that somebody else runs.
    pub fn on_postgres(mut self, postgres: &Postgres) -> Self {
        self.data = Data::New;
        let socket_dir = postgres.socket_dir().display().to_string();
        self.database = (socket_dir, "unspool");
        self.database_port = Some(postgres.port().to_owned());
        self.set("UNSPOOL_DATABASE_URL", &postgres.url())
    }

    /// Together with its database, in a container.
    pub fn within(mut self, container: &Arc<Container>) -> Self {
        self.container = Some(Arc::clone(container));
        self
    }

    /// For the first time, on no data. Others are started on a copy of what that leaves behind.
    pub fn on_new_data(mut self) -> Self {
        self.data = Data::New;
        self
    }

    /// Without a database: what concerns MQTT alone needs none.
    pub fn without_database(mut self) -> Self {
        self.data = Data::WithoutDatabase;
        self.expect_in_log("database")
            .set("UNSPOOL_DATABASE_URL", NOBODY)
    }

    /// With no more open files than these.
    pub fn with_open_files(mut self, files: u64) -> Self {
        self.open_files = Some(files);
        self
    }

    /// Starts the server and waits until it is ready.
    pub fn start(self) -> Server {
        self.begin().ready()
    }

    /// Starts the server, and does not wait for it.
    pub fn begin(self) -> Starting {
        let data = Arc::new(tempfile::tempdir().expect("make a folder"));
        let folder = data.path().join("data");
        match self.data {
            Data::Copied => template::copy_to(&folder, true),
            Data::WithoutDatabase => template::copy_to(&folder, false),
            Data::New => {}
        }
        Server::begin(self, data, Log::default())
    }
}
