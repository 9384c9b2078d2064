//! Whether a server's memory grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::support::server::Server;

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// How much more the later half of the time may take than the earlier one: caches fill, and a
/// burst comes sooner or later.
const GROWTH_PERCENT_MAX: u64 = 15;
const GROWTH_KIB_MAX: u64 = 16 * 1024;

/// Looks at the memory of a server's process.
pub(super) struct Watch {
    process: u32,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u64>>,
}

impl Watch {
    pub(super) fn start(server: &Server) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let process = server.pid();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut samples = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                samples.extend(private_kib(process));
                std::thread::sleep(INTERVAL);
            }
            samples
        });
        Self {
            process,
            stop,
            thread,
        }
    }

    pub(super) fn assert_is_running(&self) {
        assert!(private_kib(self.process).is_some(), "the server has ended");
    }

    /// Beyond the first quarter of the time, in which a server gets going.
    pub(super) fn assert_memory_did_not_grow(self) {
        self.stop.store(true, Ordering::Relaxed);
        let samples = self.thread.join().expect("the watch");
        let rest = &samples[samples.len() / 4..];
        let (earlier, later) = rest.split_at(rest.len() / 2);
        let (earlier, later) = (median(earlier), median(later));
        let max = samples.iter().max().copied().unwrap_or_default();
        println!("memory of the server: {earlier} KiB, later {later} KiB, at most {max} KiB");
        let allowed = earlier + earlier * GROWTH_PERCENT_MAX / 100 + GROWTH_KIB_MAX;
        assert!(later <= allowed, "{earlier} KiB became {later} KiB");
    }
}

/// What a process has allocated; `None` where it has ended.
fn private_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    line?.split_whitespace().next()?.parse().ok()
}

fn median(samples: &[u64]) -> u64 {
    let mut samples = samples.to_vec();
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}
