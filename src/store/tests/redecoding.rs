//! Decoding again what is stored.

use super::*;

const HOUR: i64 = 3_600_000_000;
const START: i64 = 1_767_225_600_000_000;

/// The message `n`, decoded as it was at first: on one of two topics, its number as the value of the
/// series with the empty path; each tenth has something wrong about it.
fn first(n: u64) -> MessageRow {
    let topic = ["a/1", "b/1"][usize::try_from(n % 2).unwrap()];
    // One in seven is late, by days.
    let at = START + n.cast_signed() * HOUR / 20;
    let late = if n.is_multiple_of(7) { 72 * HOUR } else { 0 };
    let mut row = row(n, at, topic, at - late, n as f64);
    if n.is_multiple_of(10) {
        row.defects
            .add(DefectCode::NotJson, None, || "a test".to_owned());
    }
    row
}

/// As it is decoded now: ten times the number at `/x`, and for every third a text at `/y`; each
/// fifteenth has something wrong about it, and each eleventh stays as it is.
#[derive(Default)]
struct Now {
    topics: usize,
}

impl DecodeAgain for Now {
    fn reads(&self, topic: &Topic) -> bool {
        topic.as_str() != "a/closed"
    }

    fn begin(&mut self) {
        self.topics += 1;
    }

    fn read(&mut self, message: Arc<Message>) -> Option<MessageRow> {
        (!message.offset.0.is_multiple_of(11)).then(|| now(&message))
    }
}

fn now(message: &Message) -> MessageRow {
    let n = message.offset.0;
    let mut row = first(n);
    let number = &mut row.samples[0];
    number.path = "/x".into();
    number.value = Some(10.0 * n as f64);
    if n.is_multiple_of(3) {
        let text = NewSample {
            path: "/y".into(),
            value: None,
            text: Some(format!("text {n}")),
            kind: SeriesKind::Text,
            ..row.samples[0].clone()
        };
        row.samples.push(text);
    }
    row.defects = Defects::default();
    if n.is_multiple_of(15) {
        row.defects
            .add(DefectCode::TooDeep, None, || "a test".to_owned());
    }
    row
}

/// What the samples and dead letters of a store must be when the messages of `a` from `from` on,
/// up to `up_to`, have been decoded again, of messages up to `last`.
fn expected(from: u64, up_to: u64, last: u64) -> (Vec<String>, Vec<u64>) {
    let (mut samples, mut letters) = (Vec::new(), Vec::new());
    for n in 1..=last {
        let row = first(n);
        let is_again = row.message.topic.as_str() == "a/1" && (from..=up_to).contains(&n);
        let row = match Now::default().read(Arc::clone(&row.message)) {
            Some(again) if is_again => again,
            _ => row,
        };
        let topic = row.message.topic.as_str();
        for sample in &row.samples {
            samples.push(shown(
                (topic, &sample.path),
                n,
                sample.time,
                sample.value,
                sample.text.as_deref(),
            ));
        }
        if !row.defects.is_empty() {
            letters.push(n);
        }
    }
    samples.sort();
    (samples, letters)
}

fn shown(
    (topic, path): (&str, &str),
    seq: u64,
    time: Timestamp,
    value: Option<f64>,
    text: Option<&str>,
) -> String {
    format!("{topic}{path} {seq:05} {time} {value:?} {text:?}")
}

async fn found(line: &TestStore, store: &Store) -> (Vec<String>, Vec<u64>) {
    let mut samples = Vec::new();
    for (name, those) in raw(store).await {
        samples.extend(those.iter().map(|sample| {
            let text = sample.text.as_deref();
            shown((&name, ""), sample.seq.0, sample.time, sample.value, text)
        }));
    }
    samples.sort();
    let letters: Vec<i64> = sqlx::query_scalar("select seq from unspool.dead_letter order by seq")
        .fetch_all(&mut line.connect().await)
        .await
        .unwrap();
    let letters = letters.into_iter().map(i64::unsigned_abs).collect();
    (samples, letters)
}

/// The last value of each series.
fn last_values(store: &Store) -> Vec<String> {
    let latest = store.latest(&scope("#"), None, 100);
    let series = latest.iter().flat_map(|topic| {
        topic.series.iter().map(|series| {
            let name = (topic.topic.as_str(), &*series.path);
            let sample = &series.sample;
            shown(
                name,
                sample.seq.0,
                sample.time,
                sample.value,
                sample.text.as_deref(),
            )
        })
    });
    let mut series: Vec<_> = series.collect();
    series.sort();
    series
}

/// Of samples, the one with the greatest `seq` of each series.
fn last_of(samples: &[String]) -> Vec<String> {
    let mut last = std::collections::BTreeMap::new();
    for sample in samples {
        last.insert(sample.split(' ').next().unwrap(), sample.clone());
    }
    last.into_values().collect()
}

async fn write(store: &Store, range: std::ops::Range<u64>) {
    let rows = range.map(first).collect();
    store.write(&batch(rows)).await.unwrap();
}

/// Four hundred messages, of which the first two hundred are sealed in two portions.
async fn filled() -> TestStore {
    let line = TestStore::start().await;
    for to in [101, 201] {
        write(&line.store, to - 100..to).await;
        line.store.seal_all().await.unwrap();
    }
    write(&line.store, 201..401).await;
    line
}

/// Everything that is counted and shown, when `a` has been decoded again from `from` on.
async fn assert_is_decoded_again(
    line: &TestStore,
    store: &Store,
    (from, up_to, last): (u64, u64, u64),
) {
    let expected = expected(from, up_to, last);
    assert_eq!(found(line, store).await, expected);
    assert_eq!(last_values(store), last_of(&expected.0));
    let known = store.mirrored().unwrap();
    let table = Mirrored::load(&mut line.connect().await).await.unwrap();
    assert_eq!(Some(known), table);
    let letters = expected.1.len() as u64;
    assert_eq!(
        (known.samples, known.stored, known.dead_lettered),
        (expected.0.len() as u64, last - letters, letters)
    );
    let series: std::collections::BTreeSet<_> =
        expected.0.iter().map(|it| it.split(' ').next()).collect();
    assert_eq!(
        line.count("unspool.series").await.unsigned_abs(),
        series.len() as u64
    );
    assert_eq!(store.sums(&scope("#")).1, series.len() as u64);
}

async fn ask(store: &Store, from: u64) -> Redecoding {
    let from = (Offset(from), None);
    store
        .decode_again(&filter("a/#"), from, "eve")
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_stored_becomes_what_it_is_decoded_to_now() {
    for from in [0, 150, 333] {
        let line = filled().await;
        let store = &line.store;
        ask(store, from).await;
        store
            .decode_all_again(Box::new(Now::default()))
            .await
            .unwrap();
        let [done] = &*store.redecodings() else {
            panic!("{:?}", store.redecodings())
        };
        assert_eq!(
            (done.state, done.topics, done.topics_done),
            (RedecodingState::Done, 1, 1)
        );
        assert_eq!(done.up_to, Offset(400));
        let of_a = (1..=400_u64).filter(|n| n.is_multiple_of(2) && *n >= from);
        let again: Vec<u64> = of_a.filter(|n| !n.is_multiple_of(11)).collect();
        let texts = again.iter().filter(|n| n.is_multiple_of(3)).count() as u64;
        assert_eq!(done.messages, again.len() as u64);
        assert_eq!(done.samples_before, done.messages);
        assert_eq!(done.samples, done.messages + texts);
        assert_is_decoded_again(&line, store, (from, 400, 400)).await;

        // What comes then is what the mirror makes of it, and nothing of it is decoded again.
        write(store, 401..421).await;
        assert_is_decoded_again(&line, store, (from, 400, 420)).await;
        let again = line.again().await;
        assert_is_decoded_again(&line, &again, (from, 400, 420)).await;
        assert_eq!(again.redecodings(), store.redecodings());
        again.close().await;
        line.stop().await;
    }
}

#[tokio::test]
async fn decoding_again_that_is_broken_off_anywhere_is_finished_by_the_next_start() {
    let line = filled().await;
    ask(&line.store, 0).await;
    for pieces in 1..8 {
        let store = line.again().await;
        store
            .decode_some_again(Box::new(Now::default()), pieces)
            .await
            .unwrap();
        let known = store.mirrored().unwrap();
        assert_eq!(known.stored + known.dead_lettered, 400);
        let (samples, _) = found(&line, &store).await;
        assert_eq!(known.samples, samples.len() as u64, "after {pieces} pieces");
        store.close().await;
    }
    let store = line.again().await;
    store
        .decode_all_again(Box::new(Now::default()))
        .await
        .unwrap();
    assert_is_decoded_again(&line, &store, (0, 400, 400)).await;
    assert_eq!(store.redecodings()[0].messages, 182);
    store.close().await;
    line.stop().await;
}

#[tokio::test]
async fn what_is_cancelled_stays_as_far_as_it_is_done() {
    let line = filled().await;
    let store = &line.store;
    let asked = ask(store, 0).await;
    let cancelled = store.cancel_redecoding(asked.id).await.unwrap().unwrap();
    assert_eq!(cancelled.state, RedecodingState::Cancelled);
    store
        .decode_all_again(Box::new(Now::default()))
        .await
        .unwrap();
    assert_is_decoded_again(&line, store, (1000, 400, 400)).await;
    assert_eq!(
        line.again().await.redecodings()[0].state,
        RedecodingState::Cancelled
    );
    assert_eq!(store.cancel_redecoding(asked.id + 1).await.unwrap(), None);
    // By receipt: the last two hours.
    let from = Timestamp(START + 18 * HOUR);
    let from = (Offset(0), Some(from));
    store
        .decode_again(&filter("a/#"), from, "eve")
        .await
        .unwrap();
    store
        .decode_all_again(Box::new(Now::default()))
        .await
        .unwrap();
    assert_is_decoded_again(&line, store, (360, 400, 400)).await;
    line.stop().await;
}

#[tokio::test]
async fn what_can_not_be_read_again_stays_as_it_is() {
    let line = TestStore::start().await;
    let store = &line.store;
    let mut row = first(2);
    row.defects
        .add(DefectCode::Refused, None, || "a test".to_owned());
    let closed = super::row(3, START, "a/closed", START, 3.0);
    store
        .write(&batch(vec![first(1), row, closed]))
        .await
        .unwrap();
    ask(store, 0).await;
    store
        .decode_all_again(Box::new(Now::default()))
        .await
        .unwrap();
    let (samples, letters) = found(&line, store).await;
    assert_eq!((samples.len(), letters), (3, vec![2]));
    assert_eq!(store.redecodings()[0].topics_done, 2);
    assert!(
        samples.iter().all(|sample| !sample.contains("/x")),
        "{samples:?}"
    );
    line.stop().await;
}
