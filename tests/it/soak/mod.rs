//! Everything at once, for as long as `UNSPOOL_SOAK_S` says: devices whose every message counts, and
//! beside them whatever a server has to live with. It does so in bounded memory, which does not
//! grow, and in the end all is on record.

mod abuse;
mod memory;

use std::time::Duration;

use crate::support::ledger::count_on_record;
use crate::support::publisher::Publishers;
use crate::support::reader::Readers;
use crate::support::settings::Settings;
use abuse::Abuse;
use memory::Watch;

/// Of the server and its database together, as a small container has.
const MEMORY_BYTES: u64 = 512 << 20;

const DEVICES: u64 = 10;

/// Readings a second of each device.
const RATE: u64 = 20;

/// How long it goes on where nothing else is said: enough to find what breaks at once.
const SECONDS: u64 = 60;

#[test]
fn whatever_others_do_devices_are_served_in_memory_that_does_not_grow() {
    let seconds = std::env::var("UNSPOOL_SOAK_S").ok();
    let seconds = seconds
        .and_then(|text| text.parse().ok())
        .unwrap_or(SECONDS);
    let server = Settings::default().within_memory(MEMORY_BYTES).start();
    let watch = Watch::start(&server);
    let readers = Readers::start(&server);
    let publishers = Publishers::start(&server, DEVICES, RATE * seconds, Some(RATE));
    let abuse = Abuse::start(&server);
    while publishers.acknowledged() < DEVICES * RATE * seconds {
        watch.assert_is_running();
        std::thread::sleep(Duration::from_secs(1));
    }
    assert_eq!(publishers.finish(), 0, "devices that had to come back");
    let poisoned = abuse.stop();
    assert!(count_on_record(&server) >= DEVICES * RATE * seconds + poisoned);
    readers.assert_saw_everything(&server);
    watch.assert_memory_does_not_grow();
    assert_eq!(server.killed_in_container(), 0, "for want of memory");
}
