//! Against a real PostgreSQL, in a folder of its own.

mod connecting;
mod discovering;
mod embedded;
mod flushing;
mod merging;
mod past;
mod poison;
mod queries;
mod redecoding;
mod removing;
mod retention;
mod rollups;
mod schema;
mod scope;
mod sealing;
mod sparkplug;
mod sql;
mod timescale;
mod upgrading;
mod writing;

use std::sync::Arc;

use bytes::Bytes;
use tempfile::TempDir;

use super::embedded::Postgres;
use super::*;
use crate::message::{
    ClientId, DefectCode, Defects, Epoch, Message, Offset, Qos, Scope, TimeSource, Timestamp,
    Topic, TopicFilter,
};

/// A database and the folder that it is in.
struct TestStore {
    store: Store,
    postgres: Postgres,
    _dir: TempDir,
}

impl TestStore {
    /// With a cursor at 1 of the epoch 7.
    async fn start() -> Self {
        let (postgres, dir) = postgres().await;
        let store = open(&postgres).await;
        store.adopt(Epoch(7), Offset(1)).await.unwrap();
        Self {
            store,
            postgres,
            _dir: dir,
        }
    }

    /// The same database, as a server that has just started sees it.
    async fn again(&self) -> Store {
        open(&self.postgres).await
    }

    async fn stop(self) {
        self.store.close().await;
        self.postgres.stop().await;
    }

    async fn connect(&self) -> sqlx::PgConnection {
        connect::connect(&self.store.state().options).await.unwrap()
    }

    async fn count(&self, table: &str) -> i64 {
        let statement = format!("select count(*) from {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(&mut self.connect().await)
            .await
            .unwrap()
    }
}

/// Reads nothing again.
struct NothingAgain;

impl DecodeAgain for NothingAgain {
    fn reads(&self, _: &Topic) -> bool {
        false
    }

    fn begin(&mut self) {}

    fn read(&mut self, _: Arc<Message>) -> Option<MessageRow> {
        None
    }
}

/// Says nothing of how long something is kept.
struct NoKeeps;

impl KeepRules for NoKeeps {
    fn all(&self) -> Vec<KeepRule> {
        Vec::new()
    }

    fn of(&self, _: &Topic) -> Option<KeepRule> {
        None
    }
}

/// A folder that the database's user can get to.
fn folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// Closes a file to everybody but its owner.
fn private(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

async fn postgres() -> (Postgres, TempDir) {
    let dir = folder();
    let postgres = Postgres::start(dir.path(), None).await.unwrap();
    (postgres, dir)
}

async fn open(postgres: &Postgres) -> Store {
    let store = Store::open(&postgres.database(), Arc::default()).unwrap();
    store.prepare().await.unwrap();
    store
}

fn message(offset: u64, at: i64, topic: &str, payload: &[u8]) -> Message {
    let topic = Topic::new(topic).unwrap();
    Message {
        offset: Offset(offset),
        received_at: Timestamp(at),
        client: ClientId("device".into()),
        qos: Qos::AtLeastOnce,
        retain: offset.is_multiple_of(2),
        ..Message::new(topic, Bytes::copy_from_slice(payload))
    }
}

/// A message with the payload `value` and one sample at `time`.
fn row(offset: u64, at: i64, topic: &str, time: i64, value: f64) -> MessageRow {
    MessageRow {
        message: Arc::new(message(offset, at, topic, value.to_string().as_bytes())),
        samples: vec![NewSample {
            path: String::new(),
            time: Timestamp(time),
            value: Some(value),
            text: None,
            time_source: TimeSource::Receipt,
            kind: SeriesKind::Number,
        }],
        defects: Defects::default(),
        remarks: None,
    }
}

/// Rows that follow each other, as a batch.
fn batch(rows: Vec<MessageRow>) -> RowBatch {
    RowBatch {
        first: rows[0].message.offset,
        next: rows[rows.len() - 1].message.offset.plus(1),
        rows,
        left_out: Vec::new(),
    }
}

fn filter(filter: &str) -> TopicFilter {
    TopicFilter::new(filter).unwrap()
}

/// What `filter` names, for somebody who may read everything.
fn scope(text: &str) -> Scope {
    Scope::unrestricted(filter(text))
}

/// Everything, newest first.
fn all_messages() -> MessageQuery {
    MessageQuery {
        scope: scope("#"),
        from: None,
        to: None,
        after: None,
        up_to: None,
        order: Order::Descending,
        limit: 1000,
    }
}

/// Every sample.
fn all_samples() -> SampleQuery {
    SampleQuery {
        scope: scope("#"),
        path: None,
        from: Timestamp(i64::MIN / 2),
        to: Timestamp(i64::MAX / 2),
        up_to: None,
        resolution: Resolution::Raw(100_000),
        carries: false,
        with_gaps: false,
        details: None,
        series_limit: 1000,
    }
}

/// The raw samples of each series.
async fn raw(store: &Store) -> Vec<(String, Vec<RawSample>)> {
    let set = store.samples(&all_samples()).await.unwrap();
    let series = set.series.into_iter().map(|series| {
        let Samples::Raw(samples) = series.samples else {
            panic!("asked for raw samples");
        };
        (format!("{}{}", series.topic, series.path), samples)
    });
    series.collect()
}
