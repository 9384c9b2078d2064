//! Everything at once, for as long as `UNSPOOL_SOAK_S` says and in as much
//! memory as `UNSPOOL_SOAK_MEMORY_MIB` says: devices whose every message counts, and
//! beside them whatever a server has to live with. It does so in bounded memory, which does not
//! grow, and in the end all is on record.

mod abuse;
mod memory;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::container::Container;
use crate::support::ledger::count_on_record;
use crate::support::publisher::Publishers;
use crate::support::reader::Readers;
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::eventually;
use abuse::Abuse;
use memory::Watch;

/// Of the server and its database together, as a small container has.
const MEMORY_MIB: u64 = 512;

const DEVICES: u64 = 10;

/// Readings a second of each device.
const RATE: u64 = 20;

/// How long it goes on where nothing else is said: enough to find what breaks at once.
const SECONDS: u64 = 60;

/// How often it is said how it goes.
const REPORT: Duration = Duration::from_secs(60);

#[test]
fn whatever_others_do_devices_are_served_in_memory_that_does_not_grow() {
    let seconds = setting("UNSPOOL_SOAK_S").unwrap_or(SECONDS);
    let mib = setting("UNSPOOL_SOAK_MEMORY_MIB").unwrap_or(MEMORY_MIB);
    let container = Arc::new(Container::new(mib << 20));
    println!("memory: {container}");
    let server = Settings::default()
        .within(&container)
        // What waits for clients that never come back for it grows up to this, and is to have grown
        // before the memory is compared.
        .set("UNSPOOL_QUEUE_MESSAGES_MAX", "10000")
        // Somebody always has a transaction open.
        .expect_in_log("sealed slots can't be emptied")
        // After most of an hour the journal is full of what clients never acknowledge, and lets go
        // of it.
        .expect_in_log("the journal is at its size limit")
        .expect_in_log("no longer in the journal")
        .start();
    let watch = Watch::start(&server, &container);
    let readers = Readers::start(&server);
    let publishers = Publishers::start(&server, DEVICES, RATE * seconds, Some(RATE));
    let abuse = Abuse::start(&server);
    let began = Instant::now();
    let mut reported = began;
    while publishers.acknowledged() < DEVICES * RATE * seconds {
        let server_kib = watch.server_kib();
        if reported.elapsed() >= REPORT {
            reported = Instant::now();
            report(&server, began, server_kib, container.held_kib());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    assert_eq!(publishers.finish(), 0, "devices that had to come back");
    let poisoned = abuse.stop();
    // Wills of those who were cut off come when they are.
    let received = || server.metric("unspool_ledger_received");
    eventually("nobody publishes any more", || {
        let before = received();
        std::thread::sleep(Duration::from_secs(3));
        (received() == before).then_some(())
    });
    assert!(count_on_record(&server) >= DEVICES * RATE * seconds + poisoned);
    readers.assert_saw_everything(&server);
    report(&server, began, watch.server_kib(), container.held_kib());
    watch.assert_memory_does_not_grow();
    assert_eq!(container.killed(), 0, "for want of memory");
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn report(server: &Server, began: Instant, server_kib: u64, together_kib: Option<u64>) {
    let together = together_kib.map_or_else(String::new, |kib| {
        format!(", with its database {} MiB", kib >> 10)
    });
    println!(
        "{:>5} s: server {} MiB{together}; {} messages, {} sessions, {} topics, {} MiB of journal",
        began.elapsed().as_secs(),
        server_kib >> 10,
        server.metric("unspool_ledger_received"),
        server.metric("unspool_mqtt_sessions"),
        server.metric("unspool_topics"),
        server.metric("unspool_journal_bytes") >> 20,
    );
}
