//! Power cuts: the server killed in the middle, the clients' own record against PostgreSQL.

use std::time::Duration;

use crate::support::ledger::assert_nothing_is_lost;
use crate::support::publisher::{Publishers, TOPICS};
use crate::support::reader::Readers;
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

const CLIENTS: u64 = 50;

/// What is killed.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Server,
    Database,
    Both,
}

/// What a server says that was killed, or whose database was.
fn power_cuts() -> Settings {
    Settings::default()
        .expect_in_log("database")
        .expect_in_log("cut a torn tail, of which nothing had been acknowledged")
}

/// Every reading of every client, exactly once, in the client's order, on the topic that it was
/// sent to; half of the clients publish at QoS 1, half at QoS 2.
fn assert_all_are_stored_once(server: &Server, each: u64) {
    assert_nothing_is_lost(server, CLIENTS * each, 0);
    let wrong = server.psql(&format!(
        "with reading as (
           select client, topic, qos, seq,
             (convert_from(payload, 'UTF8')::json->>'n')::bigint as n
           from unspool.message where topic like 'test/%'),
         ordered as (
           select *, lag(n) over (partition by client order by seq) as before,
             format('test/%s/%s', client, n % {TOPICS}) as sent_to
           from reading),
         told as (
           select client, count(*), count(distinct n) as distinct_n, min(n) as first, max(n) as last,
             count(*) filter (where n < before) as out_of_order,
             count(*) filter (where topic <> sent_to) as elsewhere,
             count(distinct qos) as qualities
           from ordered group by client)
         select * from told
         where (count, distinct_n, first, last, out_of_order, elsewhere, qualities)
           <> ({each}, {each}, 0, {each} - 1, 0, 0, 1)"
    ));
    assert_eq!(
        wrong.trim(),
        "",
        "client|rows|distinct|first|last|out of order|elsewhere|qualities"
    );
    let clients = server
        .psql("select qos, count(distinct client) from unspool.message group by qos order by qos");
    let half = CLIENTS / 2;
    assert_eq!(clients.trim(), format!("1|{half}\n2|{half}"));
}

#[test]
fn two_hundred_thousand_acknowledged_messages_survive_a_kill_in_the_middle_exactly_once() {
    let each = 4000;
    let mut server = power_cuts().start();
    let readers = Readers::start(&server);
    let publishers = Publishers::start(&server, CLIENTS, each, None);
    eventually("half of the messages are acknowledged", || {
        (publishers.acknowledged() > CLIENTS * each / 2).then_some(())
    });
    server.kill();
    assert!(
        publishers.acknowledged() < CLIENTS * each,
        "killed too late"
    );
    let server = server.restart();
    publishers.finish();
    assert_all_are_stored_once(&server, each);
    readers.assert_saw_everything(&server);
}

/// Each kind of kill about as often as the others, in any order.
fn victims(kills: u64, random: &mut fastrand::Rng) -> Vec<Victim> {
    let kinds = [Victim::Server, Victim::Database, Victim::Both];
    let mut victims: Vec<_> = (0..kills).zip(kinds.into_iter().cycle()).collect();
    random.shuffle(&mut victims);
    victims.into_iter().map(|(_, victim)| victim).collect()
}

#[test]
fn ten_kills_at_any_moment_lose_nothing_and_store_nothing_twice() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let kills = number("UNSPOOL_SOAK_KILLS").unwrap_or(10);
    let seed = number("UNSPOOL_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("UNSPOOL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let each = 200 * kills.max(30);
    let mut server = power_cuts().start();
    let readers = Readers::start(&server);
    let publishers = Publishers::start(&server, CLIENTS, each, None);
    for (kill, victim) in (1..).zip(victims(kills, &mut random)) {
        let enough = CLIENTS * each * kill / (kills + 1);
        eventually("messages are acknowledged", || {
            (publishers.acknowledged() >= enough).then_some(())
        });
        std::thread::sleep(Duration::from_millis(random.u64(0..50))); // any moment
        if matches!(victim, Victim::Database | Victim::Both) {
            server.signal_database("KILL");
        }
        if matches!(victim, Victim::Server | Victim::Both) {
            server.kill();
            server = server.restart();
        }
    }
    publishers.finish();
    assert_all_are_stored_once(&server, each);
    readers.assert_saw_everything(&server);
}
