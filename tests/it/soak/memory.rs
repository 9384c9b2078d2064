//! Whether a server's memory grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::support::server::Server;

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// How many samples it takes until a server knows everybody and everything that comes again.
const WARM_UP: usize = 5 * 60 * 4;

/// How much more the later half of the time behind that may take than the earlier one: a burst comes
/// sooner or later.
const GROWTH_PERCENT_MAX: u64 = 10;

/// The most at any time: what a container of 512 MiB leaves beside PostgreSQL.
const KIB_MAX: u64 = 352 * 1024;

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

    /// In a short time, only that it is bounded.
    pub(super) fn assert_memory_does_not_grow(self) {
        self.stop.store(true, Ordering::Relaxed);
        let samples = self.thread.join().expect("the watch");
        let max = samples.iter().max().copied().unwrap_or_default();
        let rest = samples.get(WARM_UP..).unwrap_or_default();
        let (earlier, later) = rest.split_at(rest.len() / 2);
        let (earlier, later) = (median(earlier), median(later));
        println!("memory of the server: {earlier} KiB, later {later} KiB, at most {max} KiB");
        assert!(max <= KIB_MAX, "{max} KiB");
        let allowed = earlier + earlier * GROWTH_PERCENT_MAX / 100;
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
