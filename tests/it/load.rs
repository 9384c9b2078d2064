//! As much as the machine takes, of everything at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::commands::curl;
use crate::support::ledger::assert_nothing_is_lost;
use crate::support::publisher::Publishers;
use crate::support::reader::Readers;
use crate::support::server::Server;
use crate::support::wait::eventually;

const DEVICES: u64 = 8;

/// Together more than a hot slot has room for, so that one is sealed.
const READINGS: u64 = 34_000;

const QUESTIONS: [&str; 5] = [
    "/api/v1/latest?limit=1000",
    "/api/v1/topics?q=zzzz",
    "/api/v1/tree",
    "/api/v1/messages?from=0&limit=1000",
    "/api/v1/samples?from=0&points=2000",
];

/// The end of every test looks for warnings; this one makes sure that there was reason for them.
#[test]
fn a_healthy_server_under_full_load_has_nothing_to_warn_of() {
    let server = Server::start();
    let readers = Readers::start(&server);
    let publishers = Publishers::start(&server, DEVICES, READINGS, None);
    let is_over = Arc::<AtomicBool>::default();
    let asking = QUESTIONS.map(|question| {
        let (url, is_over) = (server.url(question), Arc::clone(&is_over));
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                curl(&url);
            }
        })
    });
    assert_eq!(publishers.finish(), 0, "devices that had to come back");
    eventually("a slot is sealed", || {
        let sealed = server.psql("select exists (select from unspool.message_sealed)");
        (sealed.trim() == "t").then_some(())
    });
    is_over.store(true, Ordering::Relaxed);
    for asking in asking {
        asking.join().expect("answers");
    }
    assert_nothing_is_lost(&server, DEVICES * READINGS, 0);
    readers.assert_saw_everything(&server);
}
