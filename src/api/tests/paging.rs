//! Pages while messages come in.

use super::history::{line, message, rows};
use super::*;
use crate::message::{Defects, Scope};
use crate::store::{MessageRow, RowBatch};

/// Topics come in between those that have been told of and those that have not, and all go on.
#[tokio::test(flavor = "multi_thread")]
async fn pages_from_memory_miss_nothing_and_tell_nothing_twice() {
    let (line, postgres) = line(rows()).await;
    let store = line.store.clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let writing = async {
        let mut stopped = std::pin::pin!(stopped);
        loop {
            let first = store.complete_to().plus(1);
            let seqs = first.0..first.0 + 60;
            let next = Offset(seqs.end);
            // Some are old, some are new; a multiplication with an odd number mixes their names.
            let rows = seqs.map(|n| MessageRow {
                message: Arc::new(message(n, &format!("mix/{:03}", n * 379 % 1000), b"1")),
                samples: Vec::new(),
                defects: Defects::default(),
                remarks: None,
            });
            let rows = rows.collect();
            store
                .write(&RowBatch {
                    first,
                    next,
                    rows,
                    left_out: Vec::new(),
                })
                .await
                .unwrap();
            if !matches!(futures_util::poll!(&mut stopped), std::task::Poll::Pending) {
                return;
            }
        }
    };
    let reading = async {
        for (path, name) in [
            ("latest?filter=mix/%23", "topic"),
            ("topics?filter=mix/%23", "topic"),
            ("tree?path=mix", "path"),
        ] {
            read_by_pages(&line, path, name).await;
        }
        stop.send(()).unwrap();
    };
    tokio::join!(writing, reading);
    line.stop().await;
    postgres.stop().await;
}

async fn read_by_pages(line: &Line, path: &str, name: &str) {
    let known: Vec<_> = {
        let scope = Scope::unrestricted(TopicFilter::all());
        let latest = line.store.latest(&scope, None, usize::MAX);
        let latest = latest.into_iter().map(|latest| (latest.topic, latest.seq));
        latest
            .filter(|(topic, _)| topic.as_str().starts_with("mix/"))
            .collect()
    };
    let (mut told, mut cursor, mut complete_to) = (Vec::new(), String::new(), None);
    loop {
        let page = line.get(&format!("/api/v1/{path}&limit=7{cursor}")).await;
        let page = page.json();
        let of_this = page["complete_to"].as_u64().unwrap();
        assert_eq!(*complete_to.get_or_insert(of_this), of_this, "{path}");
        for item in page["items"].as_array().unwrap() {
            let seq = item["seq"].as_u64().or(item["latest"]["seq"].as_u64());
            told.push((item[name].as_str().unwrap().to_owned(), seq.unwrap()));
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(told.is_sorted_by(|a, b| a.0 < b.0), "{path}: told twice");
    assert!(
        complete_to >= known.iter().map(|(_, seq)| seq.0).max(),
        "{path}"
    );
    for (topic, seq) in known {
        let is_told = |(name, as_of): &&(String, u64)| *name == topic.as_str() && *as_of >= seq.0;
        assert!(told.iter().any(|item| is_told(&item)), "{path}: {topic:?}");
    }
}
