//! Whatever the database does with a message, the mirror gets to the end.

use std::time::{Duration, Instant};

use fastrand::Rng;

use super::*;

/// A database that does something bad with some payloads, and with samples of others.
async fn line_with_poison() -> TestStore {
    let line = TestStore::start().await;
    sqlx::raw_sql(
        "create function unspool.poison() returns trigger language plpgsql as $$
         declare
            what text := convert_from(new.payload, 'UTF8');
         begin
            if what like '% samples' and new.series is null then
                return new;
            end if;
            case split_part(what, ' ', 1)
                when 'refused' then raise sqlstate '22000';
                when 'odd' then raise exception 'odd';
                when 'internal' then raise sqlstate 'XX000';
                when 'cancelled' then raise sqlstate '57014';
                when 'memory' then raise sqlstate '53200';
                when 'protocol' then raise sqlstate '08P01';
                when 'privilege' then raise sqlstate '42501';
                when 'crash' then copy (select 1) to program 'kill -9 $PPID';
                else null;
            end case;
            return new;
         end $$;
         create trigger poison before insert on unspool.message_hot
         for each row execute function unspool.poison()",
    )
    .execute(&mut line.connect().await)
    .await
    .unwrap();
    line
}

/// Writes as the mirror does: what is not taken is tried again.
async fn write_all(store: &Store, all: &RowBatch) {
    let until = Instant::now() + Duration::from_secs(120);
    let mut rest = all.clone();
    while let Err(error) = store.write(&rest).await {
        assert!(error.is_away(), "{error}");
        assert!(Instant::now() < until, "{error}");
        rest = rest.after(*store.cursor().borrow());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn rows(payloads: &[&str], first: u64) -> Vec<MessageRow> {
    let row = |(offset, payload): (u64, &&str)| {
        let mut row = row(offset, 10, &format!("t/{}", offset % 7), 10, 1.0);
        row.message = Arc::new(message(
            offset,
            10,
            row.message.topic.as_str(),
            payload.as_bytes(),
        ));
        row
    };
    (first..).zip(payloads).map(row).collect()
}

/// Every message is there with its bytes; only the poison has dead letters.
async fn check(line: &TestStore, rows: &[MessageRow]) {
    let query = MessageQuery {
        limit: 10_000,
        order: Order::Ascending,
        ..all_messages()
    };
    let found = line.store.messages(&query).await.unwrap();
    let expected: Vec<Message> = rows.iter().map(|row| (*row.message).clone()).collect();
    assert_eq!(found, expected);
    for row in rows.iter().step_by(13) {
        let found = line.store.message(row.message.offset).await.unwrap();
        assert_eq!(found.as_ref(), Some(&*row.message));
    }
    let query = DeadLetterQuery {
        scope: scope("#"),
        code: Some(DefectCode::Refused),
        after: None,
        up_to: None,
        order: Order::Ascending,
        limit: 10_000,
    };
    let letters = line.store.dead_letters(&query).await.unwrap();
    let blamed: Vec<Offset> = letters.iter().map(|letter| letter.seq).collect();
    let is_poison = |row: &&MessageRow| !row.message.payload.starts_with(b"fine");
    let poison: Vec<Offset> = rows
        .iter()
        .filter(is_poison)
        .map(|row| row.message.offset)
        .collect();
    assert_eq!(blamed, poison);
    let mirrored = line.store.mirrored().unwrap();
    assert_eq!(mirrored.dead_lettered, poison.len() as u64);
    assert_eq!(mirrored.stored, (rows.len() - poison.len()) as u64);
}

#[tokio::test]
async fn from_any_corpus_of_messages_the_mirror_gets_to_the_end() {
    let line = line_with_poison().await;
    let kinds = [
        "refused",
        "refused samples",
        "odd",
        "odd samples",
        "internal",
        "internal samples",
        "cancelled",
        "memory",
        "memory samples",
        "protocol",
        "privilege",
    ];
    let mut rng = Rng::with_seed(9);
    let mut all = Vec::new();
    let mut next = 1;
    for share in [0, 3, 20, 100] {
        let payloads: Vec<&str> = (0..rng.usize(20..60))
            .map(|_| {
                if rng.u8(..100) < share {
                    kinds[rng.usize(..kinds.len())]
                } else {
                    "fine"
                }
            })
            .collect();
        let rows = rows(&payloads, next);
        next += rows.len() as u64;
        write_all(&line.store, &batch(rows.clone())).await;
        all.extend(rows);
    }
    check(&line, &all).await;
    // A server that starts knows the same.
    let again = line.again().await;
    let query = MessageQuery {
        limit: 10_000,
        ..all_messages()
    };
    assert_eq!(again.messages(&query).await.unwrap().len(), all.len());
    line.stop().await;
}

#[tokio::test]
async fn a_message_that_takes_the_database_down_is_found_and_no_other_is_blamed() {
    let line = line_with_poison().await;
    let payloads = ["fine", "crash samples", "fine"];
    let rows = rows(&payloads, 1);
    write_all(&line.store, &batch(rows.clone())).await;
    check(&line, &rows).await;
    line.stop().await;
}

#[tokio::test]
async fn a_database_that_takes_nothing_blames_no_message() {
    let line = TestStore::start().await;
    let all = batch(rows(&["fine"; 20], 1));
    for (broken, mended) in [
        (
            "alter table unspool.message_hot_0 rename to elsewhere",
            "alter table unspool.elsewhere rename to message_hot_0",
        ),
        (
            "alter table unspool.series rename column kind to sort",
            "alter table unspool.series rename column sort to kind",
        ),
        (
            "alter table unspool.topic add check (id < 0) not valid",
            "alter table unspool.topic drop constraint topic_id_check",
        ),
    ] {
        let mut connection = line.connect().await;
        sqlx::query(broken).execute(&mut connection).await.unwrap();
        let outcome = line.store.write(&all).await;
        sqlx::query(mended).execute(&mut connection).await.unwrap();
        assert!(outcome.is_err_and(|error| !error.is_away()), "{broken}");
        assert_eq!(line.count("dead_letter").await, 0, "{broken}");
    }
    write_all(&line.store, &all).await;
    assert_eq!(line.store.mirrored().unwrap().dead_lettered, 0);
    line.stop().await;
}

#[tokio::test]
async fn a_table_that_is_gone_is_named_until_it_is_back() {
    use crate::supervisor::Supervisor;
    let line = TestStore::start().await;
    let mut connection = line.connect().await;
    let rename = "alter table unspool.dead_letter rename to elsewhere";
    sqlx::query(rename).execute(&mut connection).await.unwrap();
    let supervisor = Supervisor::default();
    supervisor.spawn(
        "store",
        line.store.clone().keep_house(
            supervisor.clone(),
            Box::new(NothingAgain),
            Box::new(NoKeeps),
        ),
    );
    let until = Instant::now() + Duration::from_secs(30);
    while !line
        .store
        .obstacle()
        .is_some_and(|why| why.contains("unspool.dead_letter"))
    {
        assert!(Instant::now() < until, "{:?}", line.store.obstacle());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    supervisor.stop();
    supervisor.ended().await;
    line.stop().await;
}
