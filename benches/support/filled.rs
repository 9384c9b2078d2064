//! A store in a database of its own, filled with samples.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use unspool::message::{ClientId, Defects, Epoch, Message, Offset, TimeSource, Timestamp, Topic};
use unspool::store::embedded::Postgres;
use unspool::store::{MessageRow, NewSample, RowBatch, SeriesKind, Store};

/// How many messages are written at a time, and how many such batches are sealed together.
const BATCH: usize = 20_000;
const BATCHES_SEALED: usize = 13;

/// The time of a sample in microseconds, the number of its series, and its value.
pub(crate) type Told = (i64, usize, f64);

/// A store in a folder of its own.
pub(crate) struct Filled {
    pub(crate) store: Store,
    postgres: Postgres,
    _dir: tempfile::TempDir,
}

impl Filled {
    /// With these samples, which are in the order of time, each in a message of its own on the topic
    /// `series/N`; sealed and merged. And how many they are.
    pub(crate) async fn with(told: impl Iterator<Item = Told>) -> anyhow::Result<(Self, u64)> {
        let dir = tempfile::tempdir()?;
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755))?;
        let postgres = Postgres::start(dir.path(), None).await?;
        let store = Store::open(&postgres.database(), Arc::default())?;
        store.prepare().await?;
        store.adopt(Epoch(1), Offset(1)).await?;
        let mut next = 1;
        let mut told = told.peekable();
        let mut topics: Vec<Topic> = Vec::new();
        let mut batches = 0;
        while told.peek().is_some() {
            let first = next;
            let mut rows = Vec::with_capacity(BATCH);
            for (time, place, value) in told.by_ref().take(BATCH) {
                while topics.len() <= place {
                    topics.push(Topic::new(format!("series/{}", topics.len()))?);
                }
                rows.push(row(Offset(next), topics[place].clone(), time, value));
                next += 1;
            }
            let batch = RowBatch {
                first: Offset(first),
                next: Offset(next),
                rows,
                left_out: Vec::new(),
            };
            store.write(&batch).await?;
            batches += 1;
            if batches % BATCHES_SEALED == 0 {
                store.seal_all().await?;
            }
        }
        store.seal_all().await?;
        store.merge_all().await?;
        let filled = Self {
            store,
            postgres,
            _dir: dir,
        };
        Ok((filled, next - 1))
    }

    pub(crate) async fn stop(self) {
        self.store.close().await;
        self.postgres.stop().await;
    }

    /// A connection as anybody's.
    pub(crate) async fn sql(&self) -> anyhow::Result<PgConnection> {
        let options = PgConnectOptions::new()
            .socket(self.postgres.socket_dir())
            .username("unspool")
            .database("unspool");
        Ok(PgConnection::connect_with(&options).await?)
    }
}

fn row(offset: Offset, topic: Topic, time: i64, value: f64) -> MessageRow {
    let mut message = Message::new(topic, "0");
    message.offset = offset;
    message.received_at = Timestamp(time);
    message.client = ClientId("gateway".into());
    MessageRow {
        message: Arc::new(message),
        samples: vec![NewSample {
            path: String::new(),
            time: Timestamp(time),
            time_source: TimeSource::Receipt,
            value: Some(value),
            text: None,
            kind: SeriesKind::Number,
        }],
        defects: Defects::default(),
        remarks: None,
    }
}
