//! How long things took, beside how long the disk takes at best.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How many bare appends are made.
const BARE_SYNCS: usize = 2000;

/// How long each of many took, in order.
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// Of these.
    pub(crate) fn new(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        Self(latencies)
    }

    /// Of bare appends of 4 KiB to a file in `dir`, each with its own `fdatasync`, and a pause
    /// after it.
    pub(crate) fn of_bare_syncs(dir: &Path, pause: Duration) -> io::Result<Self> {
        let mut file = File::create(dir.join("bare"))?;
        let mut latencies = Vec::with_capacity(BARE_SYNCS);
        for _ in 0..BARE_SYNCS {
            let start = Instant::now();
            file.write_all(&[7; 4096])?;
            file.sync_data()?;
            latencies.push(start.elapsed());
            std::thread::sleep(pause);
        }
        Ok(Self::new(latencies))
    }

    /// The one at a quantile.
    pub(crate) fn at(&self, quantile: f64) -> Duration {
        let place = (self.0.len() as f64 * quantile).round();
        let place = (0..self.0.len())
            .find(|at| *at as f64 >= place)
            .unwrap_or(self.0.len() - 1);
        self.0[place]
    }

    /// How many times the other's, at a quantile.
    pub(crate) fn ratio(&self, other: &Self, quantile: f64) -> f64 {
        self.at(quantile).as_secs_f64() / other.at(quantile).as_secs_f64()
    }
}

impl std::fmt::Display for Latencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = |quantile| self.at(quantile).as_secs_f64() * 1e6;
        write!(f, "p50 {:.0} µs, p99 {:.0} µs", micros(0.5), micros(0.99))
    }
}
