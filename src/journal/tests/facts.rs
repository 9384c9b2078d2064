//! What a user of the journal relies on, on this machine's disk and with its threads.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::message::{Offset, Record};
use crate::port::Tally;

use super::super::disk::simulated::SimulatedDisk;
use super::super::{AppendError, Journal, JournalError, JournalOptions, JournalWriter, LocalDisk};
use super::{message, small};

const DEADLINE: Duration = Duration::from_secs(20);

fn open(dir: &Path, options: JournalOptions) -> (Journal, JournalWriter) {
    Journal::open(dir, options, Arc::new(LocalDisk), Arc::default()).unwrap()
}

/// Runs the writer for as long as `act` takes, and stops it in order.
async fn running<T>(writer: JournalWriter, act: impl Future<Output = T>) -> T {
    let (stop, stopping) = oneshot::channel::<()>();
    let run = writer.run(stopping.map(|_| ()));
    let act = async {
        let result = act.await;
        drop(stop);
        result
    };
    let (result, ended) = timeout(DEADLINE, async { tokio::join!(act, run) })
        .await
        .unwrap();
    ended.unwrap();
    result
}

fn batch(count: usize) -> Vec<Record> {
    (0..count)
        .map(|number| message(&format!("line1/press{number}"), vec![7; 100]))
        .collect()
}

#[tokio::test]
async fn a_reader_gets_what_was_appended_once_it_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, writer) = open(dir.path(), small());
    let mut records = batch(50);
    running(writer, async {
        let mut reader = journal.reader(Offset(1)).unwrap();
        for part in records.chunks_mut(7) {
            journal.append(part).await.unwrap();
        }
        let mut read = Vec::new();
        while read.len() < records.len() {
            read.extend(reader.next(1000).await.unwrap());
        }
        assert_eq!(read, records);
        assert_eq!(reader.position(), journal.head());
        assert!(reader.try_next(1000).unwrap().is_empty());
    })
    .await;
    let (journal, _writer) = open(dir.path(), small());
    assert!(!journal.is_new());
    assert_eq!((journal.oldest(), journal.head()), (Offset(1), Offset(51)));
    assert_eq!(journal.counts().messages, 50);
    let counted = journal.counted();
    assert_eq!((counted.taken, counted.durable), (50, 50));
    assert_eq!((counted.unsynced, counted.durable_to), (0, journal.head()));
    assert_eq!(super::read_all(&journal).unwrap(), records);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_publishers_share_one_order() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, writer) = open(
        dir.path(),
        JournalOptions {
            bytes_max: 1 << 30,
            ..small()
        },
    );
    running(writer, async {
        let publishers = (0..8).map(|_| async {
            let mut offsets = Vec::new();
            for _ in 0..100 {
                let mut records = batch(3);
                journal.append(&mut records).await.unwrap();
                offsets.extend(records.iter().map(Record::offset));
            }
            assert!(offsets.is_sorted(), "a publisher's own order is kept");
            offsets
        });
        let mut offsets = futures_util::future::join_all(publishers).await.concat();
        offsets.sort_unstable();
        let all: Vec<_> = (1..=2400).map(Offset).collect();
        assert_eq!(offsets, all);
        let mut durable = journal.durable();
        durable
            .wait_for(|head| *head == Offset(2401))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_full_journal_says_so_and_takes_records_again_once_they_are_mirrored() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, writer) = open(dir.path(), small());
    running(writer, async {
        let full = loop {
            match journal.append(&mut batch(1)).await {
                Ok(()) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(full, AppendError::Full);
        assert_eq!(journal.room().now_or_never(), None);
        assert!(matches!(journal.reader(Offset(0)), Err(JournalError::Gone { oldest }) if oldest == Offset(1)));
        let head = journal.head();
        journal.durable().wait_for(|durable| *durable == head).await.unwrap();
        journal.release(head);
        journal.room().await;
        journal.append(&mut batch(1)).await.unwrap();
        assert!(journal.oldest() > Offset(1));
    })
    .await;
}

#[tokio::test]
async fn a_held_record_stays_until_the_journal_would_be_full() {
    let dir = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        bytes_max: 40_000,
        ..small()
    };
    let (journal, writer) = open(dir.path(), options.clone());
    let hold = journal.hold();
    hold.set(Some(Offset(5)));
    running(writer, async {
        let mut durable = journal.durable();
        for _ in 0..60 {
            journal.append(&mut batch(2)).await.unwrap();
            let head = journal.head();
            durable.wait_for(|durable| *durable == head).await.unwrap();
            journal.release(head);
        }
        assert_eq!(journal.oldest(), Offset(1));
        for _ in 0..600 {
            journal.append(&mut batch(2)).await.expect("holds give way");
            let head = journal.head();
            durable.wait_for(|durable| *durable == head).await.unwrap();
            journal.release(head);
        }
        assert!(journal.oldest() > Offset(1000));
    })
    .await;
}

#[tokio::test]
async fn a_failed_sync_ends_the_journal_and_lets_nobody_wait() {
    let disk = SimulatedDisk::new(1);
    let dir = Path::new(super::DIR);
    let (journal, writer) =
        Journal::open(dir, small(), Arc::new(disk.clone()), Arc::default()).unwrap();
    disk.state().sync_fails_after = Some(1);
    let publish = async {
        loop {
            if let Err(error) = journal.append(&mut batch(3)).await {
                break error;
            }
        }
    };
    let ran = writer.run(std::future::pending());
    let (error, ran) = timeout(DEADLINE, async { tokio::join!(publish, ran) })
        .await
        .unwrap();
    assert!(matches!(error, AppendError::Closed | AppendError::Full));
    assert!(ran.unwrap_err().to_string().contains("sync journal/"));
    journal.room().await;
    assert_eq!(
        journal.append(&mut batch(1)).await,
        Err(AppendError::Closed)
    );
}

#[tokio::test]
async fn a_disk_that_runs_full_loses_nothing_and_goes_on_once_it_has_room() {
    let disk = SimulatedDisk::new(1);
    let dir = Path::new(super::DIR);
    let options = JournalOptions {
        bytes_max: 1 << 20,
        ..small()
    };
    let (journal, writer) =
        Journal::open(dir, options, Arc::new(disk.clone()), Arc::default()).unwrap();
    disk.state().capacity = 5000;
    running(writer, async {
        let mut accepted = Vec::new();
        let full = loop {
            let mut records = batch(2);
            match journal.append(&mut records).await {
                Ok(()) => accepted.extend(records),
                Err(error) => break error,
            }
        };
        assert_eq!(full, AppendError::Full);
        assert!(*journal.durable().borrow() < journal.head());
        disk.state().capacity = u64::MAX;
        journal.room().await;
        let mut reader = journal.reader(Offset(1)).unwrap();
        let mut read = Vec::new();
        while read.len() < accepted.len() {
            read.extend(reader.next(1 << 20).await.unwrap());
        }
        assert_eq!(read, accepted);
        journal.append(&mut batch(1)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn with_its_ballast_a_full_disk_still_takes_what_was_accepted() {
    let disk = SimulatedDisk::new(1);
    let dir = Path::new(super::DIR);
    let options = JournalOptions {
        bytes_max: 1 << 20,
        ballast_bytes: 4000,
        ..small()
    };
    let (journal, writer) =
        Journal::open(dir, options, Arc::new(disk.clone()), Arc::default()).unwrap();
    disk.state().capacity = 9000;
    running(writer, async {
        while journal.append(&mut batch(1)).await.is_ok() {}
        let head = journal.head();
        let mut durable = journal.durable();
        durable.wait_for(|durable| *durable == head).await.unwrap();
        assert_eq!(journal.append(&mut batch(1)).await, Err(AppendError::Full));
    })
    .await;
}

#[tokio::test]
async fn an_append_that_waits_for_the_disk_takes_nothing_when_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, writer) = open(dir.path(), small());
    // Nobody writes yet: the buffer fills up.
    while journal.append(&mut batch(1)).now_or_never().is_some() {}
    let head = journal.head();
    let mut first = batch(1);
    let mut second = batch(1);
    {
        let mut waiting = std::pin::pin!(journal.append(&mut first));
        assert!(waiting.as_mut().now_or_never().is_none());
        let mut cancelled = std::pin::pin!(journal.append(&mut second));
        assert!(cancelled.as_mut().now_or_never().is_none());
    }
    assert_eq!(journal.head(), head);
    let mut third = batch(1);
    running(writer, async {
        journal.append(&mut third).await.unwrap();
    })
    .await;
    assert_eq!(third[0].offset(), head);
    assert_eq!(journal.append(&mut third).await, Err(AppendError::Closed));
}

#[tokio::test]
async fn however_many_segments_there_are_few_of_them_are_open() {
    let dir = tempfile::tempdir().unwrap();
    let options = JournalOptions {
        bytes_max: 1 << 20,
        ..small()
    };
    let (journal, writer) = open(dir.path(), options);
    running(writer, async {
        let mut durable = journal.durable();
        for _ in 0..150 {
            journal.append(&mut batch(15)).await.unwrap();
            let head = journal.head();
            durable.wait_for(|durable| *durable == head).await.unwrap();
        }
        let read = super::read_all(&journal).unwrap();
        assert_eq!(read.len(), 150 * 15);
        let files = std::fs::read_dir(dir.path()).unwrap().count();
        let open = std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|file| std::fs::read_link(file.unwrap().path()).ok())
            .filter(|path| path.starts_with(dir.path()))
            .count();
        assert!(files > 100 && open <= 20, "{open} of {files} are open");
    })
    .await;
}
