//! Messages a second, over about the last ten seconds.

use super::time::Timestamp;

/// How fast the past is forgotten, in seconds.
const SPAN_S: f64 = 10.0;

/// A count that decays: what happened `SPAN_S` ago weighs 1/e.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rate {
    per_s: f64,
    at: Timestamp,
}

impl Rate {
    /// Counts `n` messages at `now`.
    pub fn add(&mut self, n: u64, now: Timestamp) {
        self.per_s = self.at(now) + n as f64 / SPAN_S;
        self.at = now;
    }

    /// The rate at `now`.
    pub fn at(&self, now: Timestamp) -> f64 {
        let seconds = (now.0.saturating_sub(self.at.0)).max(0) as f64 / 1e6;
        let rate = self.per_s * (-seconds / SPAN_S).exp();
        if rate < 0.001 { 0.0 } else { rate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate_and_silence_has_none() {
        let mut rate = Rate::default();
        for second in 0..120 {
            rate.add(50, Timestamp(second * 1_000_000));
        }
        let now = Timestamp(119_000_000);
        assert!((rate.at(now) - 50.0).abs() < 5.0, "{}", rate.at(now));
        let later = Timestamp(now.0 + 200_000_000);
        assert!(rate.at(later) <= 0.0);
    }
}
