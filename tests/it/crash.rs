//! Power cuts: the server killed in the middle, the clients' own record against PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::publisher::Publisher;
use super::server::{Server, Settings, eventually, run_until_mirrored};

const CLIENTS: u64 = 50;

/// Every reading of every client, exactly once, in the client's order.
fn assert_all_are_stored_once(server: &Server, each: u64) {
    run_until_mirrored(server);
    let wrong = server.psql(&format!(
        "with reading as (
           select topic, seq, (convert_from(payload, 'UTF8')::json->>'n')::bigint as n
           from unspool.message where topic like 'test/%')
         select topic, count(*), count(distinct n), min(n), max(n),
           count(*) filter (where n < before)
         from (select *, lag(n) over (partition by topic order by seq) as before from reading) r
         group by topic
         having (count(*), count(distinct n), min(n), max(n), count(*) filter (where n < before))
           <> ({each}, {each}, 0, {each} - 1, 0)"
    ));
    assert_eq!(
        wrong.trim(),
        "",
        "topic|rows|distinct|first|last|out of order"
    );
    let topics = server.psql("select count(*) from unspool.topic where name like 'test/%'");
    assert_eq!(topics.trim(), CLIENTS.to_string());
}

fn publish(server: &Server, each: u64) -> (Arc<AtomicU64>, Vec<std::thread::JoinHandle<()>>) {
    let acknowledged = Arc::new(AtomicU64::new(0));
    let publishers = (0..CLIENTS)
        .map(|number| {
            let name = format!("device-{number}");
            let publisher = Publisher::new(name, server.mqtt, each, Arc::clone(&acknowledged));
            std::thread::spawn(move || publisher.run())
        })
        .collect();
    (acknowledged, publishers)
}

#[test]
fn two_hundred_thousand_acknowledged_messages_survive_a_kill_in_the_middle_exactly_once() {
    let each = 4000;
    let mut server = Settings::default().expect_in_log("recovered").start();
    let (acknowledged, publishers) = publish(&server, each);
    eventually("half of the messages are acknowledged", || {
        (acknowledged.load(Ordering::Relaxed) > CLIENTS * each / 2).then_some(())
    });
    server.kill();
    assert!(
        acknowledged.load(Ordering::Relaxed) < CLIENTS * each,
        "killed too late"
    );
    let server = server.restart();
    for publisher in publishers {
        publisher.join().expect("a publisher that gets through");
    }
    assert_eq!(acknowledged.load(Ordering::Relaxed), CLIENTS * each);
    assert_all_are_stored_once(&server, each);
}

#[test]
fn ten_kills_at_any_moment_lose_nothing_and_store_nothing_twice() {
    let kills = std::env::var("UNSPOOL_SOAK_KILLS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(10);
    let seed = std::env::var("UNSPOOL_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("UNSPOOL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let each = 600 * kills;
    let mut server = Settings::default().expect_in_log("database").start();
    let (acknowledged, publishers) = publish(&server, each);
    for kill in 1..=kills {
        let enough = CLIENTS * each * kill / (kills + 1);
        eventually("messages are acknowledged", || {
            (acknowledged.load(Ordering::Relaxed) >= enough).then_some(())
        });
        std::thread::sleep(Duration::from_millis(random.u64(0..50))); // any moment
        match random.u8(0..3) {
            0 => server.kill(),
            1 => {
                server.signal_database("KILL");
                continue;
            }
            _ => {
                server.signal_database("KILL");
                server.kill();
            }
        }
        server = server.restart();
    }
    for publisher in publishers {
        publisher.join().expect("a publisher that gets through");
    }
    assert_all_are_stored_once(&server, each);
}
