//! Against a real journal, and a real PostgreSQL where history is needed.

mod latest;
mod replay;
mod resume;
mod slow;
mod social;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Live;
use super::conversation::{Ending, First, Inbound, Peer, run};
use super::frame::Frame;
use super::subscription::StreamRequest;
use crate::auth::{Auth, Principal};
use crate::journal::{Journal, JournalOptions, LocalDisk};
use crate::message::{
    ClientId, Defects, Message, Offset, Qos, Record, Timestamp, Topic, TopicFilter,
};
use crate::metrics::Metrics;
use crate::port::{Publish, PublishError};
use crate::readers::ReaderThreads;
use crate::rules::RulesInForce;
use crate::store::embedded::Postgres;
use crate::store::{Database, MessageRow, Missing, RowBatch, Store};
use crate::supervisor::Supervisor;

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A journal, a database that the test writes to itself, and live streams of both.
struct Line {
    journal: Journal,
    store: Store,
    live: Live,
    supervisor: Supervisor,
    postgres: Option<Postgres>,
    dir: TempDir,
}

/// The entrance for messages, without a broker.
struct Entrance(Journal);

impl Publish for Entrance {
    fn publish_all(
        &self,
        messages: Vec<Message>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Vec<Offset>, PublishError>> + Send + '_>>
    {
        Box::pin(async move {
            let mut offsets = Vec::new();
            for message in messages {
                let offset = append(&self.0, message).await;
                offsets.push(offset.map_err(|_| PublishError::Stopping)?);
            }
            Ok(offsets)
        })
    }
}

async fn append(
    journal: &Journal,
    message: Message,
) -> Result<Offset, crate::journal::AppendError> {
    let mut batch = [Record::Message(Arc::new(message))];
    journal.append(&mut batch).await?;
    let offset = batch[0].offset();
    let _ = journal
        .durable()
        .wait_for(|durable| *durable > offset)
        .await;
    Ok(offset)
}

fn message(topic: &str, payload: &[u8]) -> Message {
    Message {
        offset: Offset(0),
        received_at: Timestamp(0),
        client: ClientId("device".into()),
        topic: Topic::new(topic).unwrap(),
        qos: Qos::AtLeastOnce,
        retain: false,
        packet_id: 0,
        properties: None,
        payload: Bytes::copy_from_slice(payload),
        is_stripped: false,
    }
}

fn anonymous() -> Principal {
    Auth::default().anyone()
}

/// A folder that the database's user can get to.
fn folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// Small segments, and as little as possible kept once it is mirrored.
fn options() -> JournalOptions {
    JournalOptions {
        segment_bytes: 4096,
        bytes_max: 64 << 20,
        free_bytes_min: 0,
        keep_bytes: 0,
        ballast_bytes: 0,
        ..JournalOptions::default()
    }
}

impl Line {
    /// With a database.
    async fn start() -> Self {
        Self::start_with(options()).await
    }

    async fn start_with(options: JournalOptions) -> Self {
        let dir = folder();
        let postgres = Postgres::start(&dir.path().join("database"), None)
            .await
            .unwrap();
        let database = postgres.database();
        let line = Self::with(dir, &database, Some(postgres), options);
        line.store.prepare().await.unwrap();
        line.store
            .adopt(line.journal.epoch(), Offset(1))
            .await
            .unwrap();
        line
    }

    /// With a database that is away, and a journal that keeps everything.
    fn without_database() -> Self {
        let url = "postgres://nobody@127.0.0.1:1/none".to_owned();
        let keep = JournalOptions {
            keep_bytes: 64 << 20,
            ..options()
        };
        Self::with(folder(), &Database::External { url }, None, keep)
    }

    fn with(
        dir: TempDir,
        database: &Database,
        postgres: Option<Postgres>,
        options: JournalOptions,
    ) -> Self {
        let metrics = Arc::<Metrics>::default();
        let supervisor = Supervisor::default();
        let path = dir.path().join("journal");
        let disk = Arc::new(LocalDisk);
        let (journal, writer) = Journal::open(&path, options, disk, Arc::clone(&metrics)).unwrap();
        writer.start(&supervisor);
        let store = Store::open(database, Arc::clone(&metrics)).unwrap();
        let publisher = Arc::new(Entrance(journal.clone()));
        let live = Live::new(
            Auth::default(),
            journal.clone(),
            store.clone(),
            (publisher, RulesInForce::default()),
            ReaderThreads::start(&supervisor),
            metrics,
            &supervisor,
        );
        Self {
            journal,
            store,
            live,
            supervisor,
            postgres,
            dir,
        }
    }

    async fn publish(&self, topic: &str, payload: &[u8]) -> Offset {
        append(&self.journal, message(topic, payload))
            .await
            .unwrap()
    }

    /// Many messages on the topics `t/0` … `t/4`, in batches of one sync each.
    async fn publish_many(&self, count: usize) {
        for start in (0..count).step_by(100) {
            let mut batch: Vec<_> = (start..count.min(start + 100))
                .map(|n| message(&format!("t/{}", n % 5), n.to_string().as_bytes()))
                .map(|message| Record::Message(Arc::new(message)))
                .collect();
            self.journal.append(&mut batch).await.unwrap();
            let last = batch.last().unwrap().offset();
            let mut durable = self.journal.durable();
            durable.wait_for(|durable| *durable > last).await.unwrap();
        }
    }

    /// Does what the mirror does, up to but without `end`, and lets the journal forget it.
    async fn mirror(&self, end: Offset) {
        let first = *self.store.cursor().borrow();
        if first >= end {
            return;
        }
        let mut reader = self.journal.reader(first).unwrap();
        let mut rows = Vec::new();
        while reader.position() < end {
            for record in reader.next(1 << 20).await.unwrap() {
                if let Record::Message(message) = record
                    && message.offset < end
                {
                    rows.push(MessageRow {
                        message,
                        samples: Vec::new(),
                        defects: Defects::default(),
                        remarks: None,
                    });
                }
            }
        }
        let batch = RowBatch {
            first,
            next: end,
            rows,
            left_out: Vec::new(),
        };
        self.store.write(&batch).await.unwrap();
        self.journal.release(end);
    }

    /// Waits until the journal has forgotten what is below `offset`.
    async fn forgotten(&self, offset: Offset) {
        let forget = async {
            while self.journal.oldest() < offset {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, forget).await.unwrap();
    }

    fn head(&self) -> Offset {
        *self.journal.durable().borrow()
    }

    /// Connects, with what the query string asks for.
    fn connect(&self, query: &str) -> Client {
        let pairs: Vec<_> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let first = match StreamRequest::from_query(&pairs) {
            Ok(None) => First::Nothing,
            Ok(Some(subscription)) => First::Wanted(subscription),
            Err(refusal) => First::Refused(refusal),
        };
        let (frames, received) = mpsc::channel(1);
        let (requests, taken) = mpsc::channel(1000);
        let (closed, end) = tokio::sync::oneshot::channel();
        let pipe = Pipe {
            frames,
            taken,
            closed,
        };
        let conversation = run(self.live.admit().unwrap(), anonymous(), pipe, first);
        self.supervisor.spawn_connection("client", conversation);
        Client {
            received,
            requests,
            end,
        }
    }

    async fn stop(self) {
        self.supervisor.stop();
        timeout(PATIENCE, self.supervisor.ended()).await.unwrap();
        assert_eq!(self.supervisor.failure(), None);
        self.store.close().await;
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
        self.dir.close().unwrap();
    }
}

/// The server's end of a connection in memory. It holds one frame; who does not read blocks it.
struct Pipe {
    frames: mpsc::Sender<Frame>,
    taken: mpsc::Receiver<String>,
    closed: tokio::sync::oneshot::Sender<Ending>,
}

impl Peer for Pipe {
    async fn send(&mut self, frame: Frame) -> Result<(), Ending> {
        self.frames.send(frame).await.map_err(|_| Ending::Gone)
    }

    async fn receive(&mut self) -> Inbound {
        match self.taken.recv().await {
            Some(text) => Inbound::Text(Utf8Bytes::from(text)),
            None => Inbound::Gone,
        }
    }

    async fn ping(&mut self) -> Result<bool, Ending> {
        Ok(false)
    }

    async fn close(self, end: Ending) {
        let _ = self.closed.send(end);
    }
}

/// The client's end.
struct Client {
    received: mpsc::Receiver<Frame>,
    requests: mpsc::Sender<String>,
    end: tokio::sync::oneshot::Receiver<Ending>,
}

impl Client {
    /// The next frame that is no tick.
    async fn next(&mut self) -> Value {
        let next = async {
            loop {
                let frame = self.received.recv().await.unwrap();
                let frame: Value = serde_json::from_str(frame.text.as_str()).unwrap();
                if frame["type"] != "tick" {
                    return frame;
                }
            }
        };
        timeout(PATIENCE, next).await.unwrap()
    }

    /// The next frame of this type; fails on an error.
    async fn wait_for(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
            assert_ne!(frame["type"], "error", "{frame}");
        }
    }

    async fn send(&self, request: &str) {
        self.requests.send(request.to_owned()).await.unwrap();
    }

    /// The `seq` of all messages until there are `count`, and that of the `live` frame's cursor.
    async fn collect(&mut self, count: usize) -> (Vec<u64>, Option<u64>) {
        let (mut seqs, mut live) = (Vec::new(), None);
        while seqs.len() < count {
            let frame = self.next().await;
            match frame["type"].as_str() {
                Some("msgs") => {
                    assert_eq!(frame["replay"] == true, live.is_none(), "{frame}");
                    let msgs = frame["msgs"].as_array().unwrap();
                    seqs.extend(msgs.iter().map(|msg| msg["seq"].as_u64().unwrap()));
                }
                Some("live") => {
                    assert_eq!(live.replace(offset(&frame)), None, "live twice");
                }
                Some("hello" | "ok") => {}
                _ => panic!("{frame}"),
            }
        }
        (seqs, live)
    }
}

/// The offset in a frame's cursor.
fn offset(frame: &Value) -> u64 {
    let cursor = frame["cursor"].as_str().unwrap();
    cursor.split_once(':').unwrap().1.parse().unwrap()
}

impl Live {
    /// Live streams of a new journal in `dir`, for the tests of those who use them.
    pub(crate) fn on_a_new_journal(
        dir: &std::path::Path,
        store: &Store,
        supervisor: &Supervisor,
    ) -> Self {
        let metrics = Arc::<Metrics>::default();
        let disk = Arc::new(LocalDisk);
        let (journal, writer) = Journal::open(dir, options(), disk, Arc::clone(&metrics)).unwrap();
        writer.start(supervisor);
        let publisher = Arc::new(Entrance(journal.clone()));
        Self::new(
            Auth::default(),
            journal,
            store.clone(),
            (publisher, RulesInForce::default()),
            ReaderThreads::start(supervisor),
            metrics,
            supervisor,
        )
    }
}
