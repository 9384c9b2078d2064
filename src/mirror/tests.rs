//! From the journal into a real PostgreSQL.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::*;
use crate::journal::{JournalOptions, JournalWriter, LocalDisk};
use crate::message::{ClientId, Message, Offset, Qos, Record, Scope, Topic, TopicFilter};
use crate::rules::RulesInForce;
use crate::store::embedded::Postgres;
use crate::store::{MessageQuery, Missing, Order};

struct TestMirror {
    dir: TempDir,
    postgres: Postgres,
}

struct RunningMirror {
    journal: Journal,
    store: Store,
    metrics: Arc<Metrics>,
    writer: Supervisor,
    mirror: Supervisor,
}

impl TestMirror {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(dir.path(), open).unwrap();
        let postgres = Postgres::start(dir.path(), None).await.unwrap();
        Self { dir, postgres }
    }

    fn journal(
        &self,
        name: &str,
        options: JournalOptions,
    ) -> (Journal, JournalWriter, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::default());
        let dir = self.dir.path().join(name);
        let disk = Arc::new(LocalDisk);
        let (journal, writer) = Journal::open(&dir, options, disk, Arc::clone(&metrics)).unwrap();
        (journal, writer, metrics)
    }

    fn start(&self, name: &str, first: u64) -> RunningMirror {
        self.start_with(
            name,
            JournalOptions {
                first: Offset(first),
                free_bytes_min: 0,
                ..JournalOptions::default()
            },
        )
    }

    /// On a journal that keeps nothing that is mirrored.
    fn start_forgetful(&self, name: &str, first: u64) -> RunningMirror {
        self.start_with(
            name,
            JournalOptions {
                first: Offset(first),
                segment_bytes: 4000,
                keep_bytes: 0,
                free_bytes_min: 0,
                ..JournalOptions::default()
            },
        )
    }

    fn start_with(&self, name: &str, options: JournalOptions) -> RunningMirror {
        let (journal, log, metrics) = self.journal(name, options);
        let store = Store::open(&self.postgres.database(), Arc::clone(&metrics)).unwrap();
        let (writer, mirror) = (Supervisor::default(), Supervisor::default());
        log.start(&writer);
        start(
            (&journal, &store, &RulesInForce::default()),
            &metrics,
            &mirror,
            SparkplugOptions::default(),
        );
        RunningMirror {
            journal,
            store,
            metrics,
            writer,
            mirror,
        }
    }
}

impl RunningMirror {
    async fn publish(&self, n: usize) {
        let record = |i: usize| {
            let topic = Topic::new(format!("line/{}", i % 5)).unwrap();
            let payload = format!("{{\"temp\":{i},\"state\":\"run\"}}");
            Record::Message(Arc::new(Message {
                client: ClientId("press".into()),
                qos: Qos::AtLeastOnce,
                ..Message::new(topic, payload)
            }))
        };
        let mut batch: Vec<Record> = (0..n).map(record).collect();
        self.journal.append(&mut batch).await.unwrap();
    }

    async fn mirrored(&self) {
        let head = self.journal.head();
        let mut cursor = self.store.cursor();
        let reached = cursor.wait_for(|cursor| *cursor >= head);
        let reached = tokio::time::timeout(Duration::from_secs(60), reached).await;
        assert!(reached.is_ok_and(|reached| reached.is_ok()), "not mirrored");
    }

    /// Waits until the journal has let go of what is mirrored; where it begins then.
    async fn forgot(&self) -> Offset {
        let until = Instant::now() + Duration::from_secs(60);
        while self.journal.removed().messages == 0 {
            assert!(Instant::now() < until, "nothing was removed");
            self.publish(1).await;
            self.mirrored().await;
        }
        self.journal.oldest()
    }

    async fn stop(self) {
        self.writer.stop();
        self.writer.ended().await;
        self.mirror.stop();
        self.mirror.ended().await;
        assert_eq!(self.mirror.failure(), None);
        self.store.close().await;
    }

    async fn offsets(&self) -> Vec<u64> {
        let query = MessageQuery {
            scope: Scope::unrestricted(TopicFilter::all()),
            from: None,
            to: None,
            after: None,
            up_to: None,
            order: Order::Ascending,
            limit: 100_000,
        };
        let messages = self.store.messages(&query).await.unwrap();
        messages.iter().map(|message| message.offset.0).collect()
    }
}

#[tokio::test]
async fn every_message_is_mirrored_once_though_the_database_is_killed() {
    let line = TestMirror::new().await;
    let running = line.start("journal", 1);
    for round in 0..5 {
        running.publish(400).await;
        if round % 2 == 1 {
            let pid = i32::try_from(line.postgres.process()).unwrap();
            if let Some(pid) = Pid::from_raw(pid) {
                kill_process(pid, Signal::KILL).unwrap();
            }
        }
        running.publish(400).await;
        running.mirrored().await;
    }
    assert_eq!(running.offsets().await, (1..=4000).collect::<Vec<_>>());
    let mirrored = running.store.mirrored().unwrap();
    assert_eq!((mirrored.stored, mirrored.samples), (4000, 8000));
    assert_eq!(running.metrics.mirror_up.get(), 1);
    running.stop().await;
    line.postgres.stop().await;
}

#[tokio::test]
async fn stopping_takes_along_what_is_durable() {
    let line = TestMirror::new().await;
    let running = line.start("journal", 1);
    running.mirrored().await;
    running.publish(20_000).await;
    let store = running.store.clone();
    running.stop().await;
    assert_eq!(store.mirrored().unwrap().cursor.next, Offset(20_001));
    line.postgres.stop().await;
}

#[tokio::test]
async fn a_new_journal_goes_on_behind_the_old_one() {
    let line = TestMirror::new().await;
    let first = line.start("first", 1);
    first.publish(10).await;
    first.mirrored().await;
    assert_eq!(first.store.changed_over(), None);
    let first_epoch = first.journal.epoch();
    first.stop().await;
    let second = line.start("second", 11);
    second.publish(10).await;
    second.mirrored().await;
    assert_eq!(second.offsets().await, (1..=20).collect::<Vec<_>>());
    // What the old one may have had further is not known, which is on record, once.
    let missing = second.store.missing();
    assert_eq!(missing, [second.store.changed_over().unwrap()]);
    assert_eq!((missing[0].from, missing[0].to), (Offset(11), Offset(11)));
    let earlier = missing[0].earlier.unwrap();
    assert!(earlier.epoch == first_epoch && earlier.received_at.is_some());
    assert_eq!(
        second.store.missing_from(Offset(1)),
        None,
        "nothing to skip"
    );
    second.stop().await;
    let second = line.start("second", 11);
    second.mirrored().await;
    assert_eq!(second.store.missing(), missing);
    second.stop().await;
    // Whose numbers are taken already.
    let third = line.start("third", 5);
    third.mirror.stopping().await;
    let failure = third.mirror.failure().unwrap();
    assert!(failure.contains("do not belong together"), "{failure}");
    line.postgres.stop().await;
}

#[tokio::test]
async fn a_lone_message_does_not_wait() {
    let line = TestMirror::new().await;
    let running = line.start("journal", 1);
    running.publish(1).await;
    running.mirrored().await;
    let began = Instant::now();
    running.publish(1).await;
    running.mirrored().await;
    eprintln!("published and mirrored in {:?}", began.elapsed());
    running.stop().await;
    line.postgres.stop().await;
}

#[tokio::test]
async fn what_a_new_database_will_never_get_is_noted_with_its_size() {
    let line = TestMirror::new().await;
    let running = line.start_forgetful("journal", 1);
    running.publish(200).await;
    let oldest = running.forgot().await;
    running.stop().await;
    psql(&line.postgres, "drop schema unspool cascade");
    let running = line.start_forgetful("journal", 1);
    running.publish(10).await;
    running.mirrored().await;
    let oldest = running.store.missing()[0].to.max(oldest);
    let missing = Missing {
        epoch: running.journal.epoch(),
        from: Offset(1),
        to: oldest,
        messages: oldest.0 - 1,
        earlier: None,
    };
    assert_eq!(running.store.missing(), [missing]);
    assert_eq!(running.store.missing_messages(), missing.messages);
    let mirrored = running.store.mirrored().unwrap();
    let counted = mirrored.stored + missing.messages;
    assert_eq!(counted, running.journal.counts().messages);
    running.stop().await;
    // It stays noted, and is noted once.
    let running = line.start_forgetful("journal", 1);
    running.mirrored().await;
    assert_eq!(running.store.missing(), [missing]);
    running.stop().await;
    line.postgres.stop().await;
}

#[tokio::test]
async fn what_an_older_copy_of_the_database_will_never_get_is_noted() {
    let line = TestMirror::new().await;
    let running = line.start_forgetful("journal", 1);
    running.publish(200).await;
    let oldest = running.forgot().await;
    let epoch = running.journal.epoch();
    running.stop().await;
    // As if an older copy had been brought back.
    psql(
        &line.postgres,
        "update unspool.mirror_cursor set next_offset = 11, stored = 10",
    );
    let running = line.start_forgetful("journal", 1);
    running.mirrored().await;
    let missing = running.store.missing();
    assert_eq!((missing[0].from, missing[0].epoch), (Offset(11), epoch));
    assert!(missing[0].to >= oldest && missing[0].messages == missing[0].to.0 - 11);
    let next = running.journal.head();
    running.stop().await;
    // And beside a new journal.
    psql(
        &line.postgres,
        "delete from unspool.missing; update unspool.mirror_cursor set next_offset = 11",
    );
    let running = line.start("new", next.0);
    running.mirrored().await;
    let noted = running.store.missing();
    let missing = Missing {
        epoch: running.journal.epoch(),
        from: Offset(11),
        to: next,
        messages: 0,
        earlier: noted[0].earlier,
    };
    assert_eq!(noted, [missing]);
    assert_eq!(missing.earlier.map(|earlier| earlier.epoch), Some(epoch));
    running.stop().await;
    line.postgres.stop().await;
}

fn psql(postgres: &Postgres, statement: &str) {
    let done = std::process::Command::new("psql")
        .args(["-U", "unspool", "-d", "unspool", "-Xqc", statement, "-h"])
        .arg(postgres.socket_dir())
        .status();
    assert!(done.unwrap().success(), "{statement}");
}
