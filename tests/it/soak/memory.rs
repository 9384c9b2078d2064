//! Whether the memory of a server and its database grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::support::container::Container;
use crate::support::server::Server;

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// How many samples it takes until a server knows everybody and everything that comes again.
const WARM_UP: usize = 5 * 60 * 4;

/// How much more the later half of the time behind that may take than the earlier one: a burst comes
/// sooner or later.
const GROWTH_PERCENT_MAX: u64 = 10;

/// The most that the server itself takes at any time, in sixteenths of what the container has: what
/// that leaves beside PostgreSQL.
const SIXTEENTHS_MAX: u64 = 11;

/// Looks at the memory of a server's process, and of all that is in its container.
pub(super) struct Watch {
    process: u32,
    bytes_max: u64,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Samples>,
}

/// In KiB.
#[derive(Default)]
struct Samples {
    server: Vec<u64>,
    /// Of the server and its database; empty where that can't be told.
    together: Vec<u64>,
}

impl Watch {
    pub(super) fn start(server: &Server, container: &Arc<Container>) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let process = server.pid();
        let (stopped, container) = (Arc::clone(&stop), Arc::clone(container));
        let bytes_max = container.bytes();
        let thread = std::thread::spawn(move || {
            let mut samples = Samples::default();
            while !stopped.load(Ordering::Relaxed) {
                samples.server.extend(private_kib(process));
                samples.together.extend(container.held_kib());
                std::thread::sleep(INTERVAL);
            }
            samples
        });
        Self {
            process,
            bytes_max,
            stop,
            thread,
        }
    }

    /// What the server takes now, in KiB.
    pub(super) fn server_kib(&self) -> u64 {
        private_kib(self.process).expect("the server has ended")
    }

    /// In a short time, only that it is bounded.
    pub(super) fn assert_memory_does_not_grow(self) {
        self.stop.store(true, Ordering::Relaxed);
        let samples = self.thread.join().expect("the watch");
        let max = samples.server.iter().max().copied().unwrap_or_default();
        let of_server = Halves::of(&samples.server);
        let together = Halves::of(&samples.together);
        println!("memory of the server: {of_server:?}, at most {max} KiB; together: {together:?}");
        assert!(
            max <= (self.bytes_max >> 10) * SIXTEENTHS_MAX / 16,
            "{max} KiB"
        );
        of_server.assert_no_growth();
        together.assert_no_growth();
    }
}

/// The medians of the time after the warm-up, in KiB.
#[derive(Debug)]
struct Halves {
    earlier: u64,
    later: u64,
}

impl Halves {
    fn of(samples: &[u64]) -> Self {
        let rest = samples.get(WARM_UP..).unwrap_or_default();
        let (earlier, later) = rest.split_at(rest.len() / 2);
        Self {
            earlier: median(earlier),
            later: median(later),
        }
    }

    fn assert_no_growth(&self) {
        let allowed = self.earlier + self.earlier * GROWTH_PERCENT_MAX / 100;
        assert!(self.later <= allowed, "{self:?}");
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
