//! Replay, then live: every message once, whatever happens at the same time.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn replay_then_live_has_no_gap_and_no_duplicate() {
    const ROUNDS: u64 = 25;
    const BEFORE: usize = 400;
    const MEANWHILE: usize = 600;
    let line = Line::start().await;
    for seed in 0..ROUNDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let from = line.head();
        line.publish_many(BEFORE).await;
        // The database, the journal and the ring each have a part of it, of any size.
        let mirrored = Offset(random.u64(from.0..=line.head().0));
        line.mirror(mirrored).await;
        let since = random.u64(from.0..line.head().0);
        let cursor = format!("{}:{since}", line.journal.epoch());
        let publish = async {
            for _ in 0..MEANWHILE / 100 {
                line.publish_many(100).await;
                for _ in 0..random.u64(0..200) {
                    tokio::task::yield_now().await;
                }
            }
        };
        let mirror = async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
                line.mirror(line.head()).await;
            }
        };
        let read = async {
            let mut client = line.connect(&format!("filter=t/#&since={cursor}"));
            let end = from.0 + (BEFORE + MEANWHILE) as u64;
            let expected: Vec<_> = (since + 1..end).collect();
            let (seqs, went_live) = client.collect(expected.len()).await;
            assert_eq!(
                seqs, expected,
                "seed {seed}, since {since}, mirrored {mirrored}"
            );
            assert!(went_live.is_none_or(|at| at < end), "seed {seed}");
        };
        tokio::join!(publish, mirror, read);
    }
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_long_enough_is_a_gap_and_the_rest_follows() {
    let line = Line::start().await;
    line.publish_many(1000).await;
    line.mirror(Offset(1001)).await;
    line.forgotten(Offset(900)).await;
    let time = Timestamp::now();
    line.store.say_gone_below(Offset(500), time);
    let epoch = line.journal.epoch();
    for (since, gap) in [(100, true), (499, false), (700, false)] {
        let mut client = line.connect(&format!("filter=t/#&since={epoch}:{since}"));
        if gap {
            let told = client.wait_for("gap").await;
            assert_eq!(told["reason"], "expired");
            assert_eq!((&told["from"], &told["to"]), (&101.into(), &499.into()));
        }
        // It is told once, and what is there is sent.
        let expected: Vec<u64> = (since + 1..=1000).collect();
        let (seqs, _) = client.collect(expected.len()).await;
        assert_eq!(seqs, expected, "since {since}");
    }
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_messages_are_found_wherever_they_are() {
    let line = Line::start().await;
    line.publish_many(1000).await;
    for (mirrored, released) in [(1, false), (300, false), (990, true), (1001, true)] {
        line.mirror(Offset(mirrored)).await;
        if released {
            line.forgotten(Offset(mirrored - 100)).await;
        }
        for (filter, last, first, step) in [
            ("t/#", 7, 994, 1),
            ("t/#", 1000, 1, 1),
            ("t/#", 5000, 1, 1),
            ("t/0", 3, 986, 5),
            ("t/0", 190, 51, 5),
        ] {
            let mut client = line.connect(&format!("filter={filter}&last={last}"));
            let expected: Vec<u64> = (first..=1000).step_by(step).collect();
            let (seqs, _) = client.collect(expected.len()).await;
            assert_eq!(
                seqs, expected,
                "{filter} last {last}, mirrored below {mirrored}"
            );
            assert_eq!(offset(&client.wait_for("live").await), 1000);
        }
        let mut client = line.connect("filter=nothing/here&last=5");
        client.wait_for("live").await;
    }
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_a_place_to_begin_at() {
    let line = Line::start().await;
    line.publish_many(300).await;
    let all = line
        .journal
        .reader(Offset(1))
        .unwrap()
        .try_next(1 << 20)
        .unwrap();
    let times: Vec<_> = all
        .iter()
        .map(|record| match record {
            Record::Message(message) => message.received_at,
            Record::Session(_) => panic!("no sessions here"),
        })
        .collect();
    for mirrored in [1, 150, 301] {
        line.mirror(Offset(mirrored)).await;
        for at in [0, 99, 150, 299] {
            let since = times[at];
            let first = times.partition_point(|time| *time < since) as u64 + 1;
            let mut client = line.connect(&format!("filter=t/#&since={since}"));
            let expected: Vec<_> = (first..=300).collect();
            let (seqs, _) = client.collect(expected.len()).await;
            assert_eq!(seqs, expected, "{since}");
        }
    }
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_serves_while_the_database_is_away() {
    let line = Line::without_database();
    line.publish_many(500).await;
    let epoch = line.journal.epoch();
    for (query, first) in [
        (format!("filter=t/#&since={epoch}:100"), 101),
        ("filter=t/#&last=50".into(), 451),
    ] {
        let mut client = line.connect(&query);
        let expected: Vec<u64> = (first..=500).collect();
        let (seqs, _) = client.collect(expected.len()).await;
        assert_eq!(seqs, expected, "{query}");
    }
    for query in ["filter=t/#&since=now-1h", "filter=t/#&last=501"] {
        // There may have been more before the journal begins.
        let mut client = line.connect(query);
        assert_eq!(client.next().await["type"], "hello");
        assert_eq!(client.next().await["type"], "ok");
        let told = client.next().await;
        assert_eq!(told["code"], "database_away", "{told}");
        assert_eq!(told["retry"], true, "{told}");
    }
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_is_told_as_a_gap() {
    // The journal begins at 900, and the database ends at 1.
    let late = JournalOptions {
        first: Offset(900),
        ..options()
    };
    let line = Line::start_with(late).await;
    line.publish_many(100).await;
    let epoch = line.journal.epoch();
    let mut client = line.connect(&format!("filter=t/#&since={epoch}:10"));
    let gap = client.wait_for("gap").await;
    assert_eq!(gap["from"], 11);
    assert_eq!(gap["to"], 899);
    assert_eq!(gap["reason"], "expired");
    let expected: Vec<_> = (900..1000).collect();
    let (seqs, _) = client.collect(expected.len()).await;
    assert_eq!(seqs, expected);
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_lost_for_good_is_told_where_it_is() {
    // The journal begins at 900; the database has 1 to 10.
    let late = JournalOptions {
        first: Offset(900),
        ..options()
    };
    let line = Line::start_with(late).await;
    let epoch = line.journal.epoch();
    let old = (1..=10).map(|seq| MessageRow {
        message: Arc::new(Message {
            offset: Offset(seq),
            ..message("t/old", b"1")
        }),
        samples: Vec::new(),
        defects: Defects::default(),
        remarks: None,
    });
    let batch = RowBatch {
        first: Offset(1),
        next: Offset(11),
        rows: old.collect(),
        left_out: Vec::new(),
    };
    line.store.write(&batch).await.unwrap();
    let missing = Missing {
        epoch,
        from: Offset(11),
        to: Offset(900),
        earlier: None,
        messages: 0,
    };
    line.store.note_missing(missing).await.unwrap();
    line.store.adopt(epoch, Offset(900)).await.unwrap();
    line.publish_many(5).await;
    let mut client = line.connect(&format!("filter=t/#&since={epoch}:5"));
    let mut seen = Vec::new();
    while seen.last() != Some(&904) {
        let frame = client.next().await;
        if frame["type"] == "gap" {
            assert_eq!((&frame["from"], &frame["to"]), (&11.into(), &899.into()));
            assert_eq!(frame["reason"], "missing");
            seen.push(0);
        }
        let messages = frame["msgs"].as_array().into_iter().flatten();
        seen.extend(messages.filter_map(|message| message["seq"].as_u64()));
    }
    assert_eq!(seen, [6, 7, 8, 9, 10, 0, 900, 901, 902, 903, 904]);
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_removed_is_told_as_that_wherever_it_would_be_read_from() {
    for is_forgotten in [false, true] {
        let line = Line::start().await;
        for n in 0..200 {
            let topic = ["old/x", "new/x"][n % 2];
            line.publish(topic, &[b'x'; 100]).await;
        }
        let epoch = line.journal.epoch();
        if is_forgotten {
            line.mirror(Offset(201)).await;
            line.forgotten(Offset(101)).await;
        } else {
            // The journal has it all.
            let rows = (1..201).map(|seq| MessageRow {
                message: Arc::new(Message {
                    offset: Offset(seq),
                    ..message(["new/x", "old/x"][usize::from(seq % 2 == 1)], b"1")
                }),
                samples: Vec::new(),
                defects: Defects::default(),
                remarks: None,
            });
            let batch = RowBatch {
                first: Offset(1),
                next: Offset(201),
                rows: rows.collect(),
                left_out: Vec::new(),
            };
            line.store.write(&batch).await.unwrap();
        }
        let filter = TopicFilter::new("old/#").unwrap();
        line.store.remove_topics(&filter).await.unwrap();
        line.store.remove_all().await.unwrap();
        let again = line.publish("old/x", b"again").await;
        for (filter, expected) in [
            ("old/#", vec![again.0]),
            (
                "%23",
                (5..201).filter(|n| n % 2 == 0).chain([again.0]).collect(),
            ),
        ] {
            let filter = filter.replace("%23", "#");
            let mut client = line.connect(&format!("filter={filter}&since={epoch}:4"));
            let gap = client.wait_for("gap").await;
            assert_eq!((&gap["from"], &gap["to"]), (&5.into(), &200.into()));
            assert_eq!(gap["reason"], "removed");
            let (seqs, _) = client.collect(expected.len()).await;
            assert_eq!(seqs, expected, "{filter}");
        }
        let mut client =
            line.connect(&format!("filter=new/%23&since={epoch}:4").replace("%23", "#"));
        let (seqs, _) = client.collect(98).await;
        assert_eq!(seqs.last(), Some(&200), "of others nothing is told");
        let mut client = line.connect("filter=old/#&last=10");
        let (seqs, _) = client.collect(1).await;
        assert_eq!(seqs, [again.0]);
        line.stop().await;
    }
}
