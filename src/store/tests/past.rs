//! What was true at some moment is what a replay of the messages until then comes to.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::queries::history;
use super::*;

type Value = (i64, u64, Option<u64>, Option<String>);

/// The message of each topic, and the value of each of its series.
type Told = BTreeMap<String, (u64, BTreeMap<String, Value>)>;

fn value(time: Timestamp, seq: Offset, value: Option<f64>, text: Option<&String>) -> Value {
    (time.0, seq.0, value.map(f64::to_bits), text.cloned())
}

async fn told(store: &Store, moment: Moment, up_to: Option<Offset>, limit: usize) -> Told {
    let query = PastQuery {
        scope: scope("site/#"),
        moment,
        up_to,
    };
    let past = Past::new(store.clone(), query).await.unwrap();
    let (mut told, mut after) = (Told::new(), None);
    loop {
        let piece = past.next(after.as_ref(), limit).await.unwrap();
        for latest in piece.topics {
            let series = latest.series.into_iter().map(|series| {
                let RawSample {
                    time,
                    seq,
                    value: number,
                    text,
                } = series.sample;
                let value = value(time, seq, number, text.as_ref());
                (series.path.to_string(), value)
            });
            let known = told.insert(latest.topic.to_string(), (latest.seq.0, series.collect()));
            assert_eq!(known, None, "a topic is told once");
        }
        after = piece.next;
        if after.is_none() {
            return told;
        }
    }
}

/// One message after the other.
fn replayed(rows: &[MessageRow], moment: Moment, up_to: Option<Offset>) -> Told {
    let mut topics: BTreeMap<String, (Option<u64>, BTreeMap<String, Value>)> = BTreeMap::new();
    let is_meant = |row: &&MessageRow| up_to.is_none_or(|it| row.message.offset <= it);
    for row in rows.iter().filter(is_meant) {
        let message = &row.message;
        let is_seen = message.received_at <= moment.time();
        let (seq, values) = topics.entry(message.topic.to_string()).or_default();
        if is_seen {
            *seq = Some(message.offset.0);
        }
        for sample in &row.samples {
            let new = value(
                sample.time,
                message.offset,
                sample.value,
                sample.text.as_ref(),
            );
            let counts = match moment {
                Moment::Receipt(_) => is_seen,
                Moment::EventTime(at) => {
                    let known = values.get(&*sample.path);
                    sample.time <= at && known.is_none_or(|known| known.0 <= new.0)
                }
            };
            if counts {
                values.insert(sample.path.clone(), new);
            }
        }
    }
    let told = topics.into_iter().filter_map(|(topic, (seq, values))| {
        let newest = values.values().max_by_key(|it| (it.0, it.1));
        let seq = match moment {
            Moment::EventTime(_) => newest.map(|it| it.1).or(seq),
            Moment::Receipt(_) => seq,
        };
        Some((topic, (seq?, values)))
    });
    told.collect()
}

async fn check(store: &Store, rows: &[MessageRow], rng: &mut Rng) {
    for at in 0..60 {
        let row = &rows[rng.usize(..rows.len())];
        let off = [0, 0, -1, 1][rng.usize(..4)];
        let time = [row.message.received_at, row.samples[0].time][rng.usize(..2)];
        let time = Timestamp(time.0 + off);
        let up_to = rng.bool().then(|| Offset(rng.u64(1..410)));
        for moment in [Moment::Receipt(time), Moment::EventTime(time)] {
            let found = told(store, moment, up_to, [1, 4, 1000][at % 3]).await;
            assert_eq!(found, replayed(rows, moment, up_to), "{moment:?} {up_to:?}");
        }
    }
}

#[tokio::test]
async fn the_past_is_what_a_replay_comes_to() {
    let line = TestStore::start().await;
    let mut rng = Rng::with_seed(3);
    let mut rows = history(&mut rng);
    for row in &mut rows {
        // A device says what has changed.
        row.samples.retain(|_| rng.u8(0..3) > 0);
        if row.samples.is_empty() {
            row.samples = super::row(1, 0, "x", row.message.received_at.0, 1.0).samples;
        }
    }
    for (at, part) in rows.chunks(50).enumerate() {
        line.store.write(&batch(part.to_vec())).await.unwrap();
        check(&line.store, &rows[..50 * (at + 1)], &mut rng).await;
        if at % 2 == 1 {
            line.store.seal_all().await.unwrap();
            check(&line.store, &rows[..50 * (at + 1)], &mut rng).await;
        }
    }
    line.store.merge_all().await.unwrap();
    check(&line.store, &rows, &mut rng).await;
    let never = Moment::Receipt(Timestamp(0));
    assert_eq!(told(&line.store, never, None, 10).await, Told::new());
    line.stop().await;
}
