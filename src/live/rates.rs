//! How fast messages come and go.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::metrics::Metrics;
use crate::supervisor::Supervisor;

/// Over so many seconds.
const WINDOW: usize = 5;

/// Messages a second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rates {
    /// That came in.
    pub received: f64,
    /// That went out to MQTT subscribers.
    pub sent: f64,
}

/// Remembers the counters of the last seconds.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<VecDeque<Reading>>);

#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Instant,
    received: u64,
    sent: u64,
}

impl Meter {
    /// The rates over the last seconds.
    pub(super) fn read(&self) -> Rates {
        let readings = self.0.lock();
        let (Some(first), Some(last)) = (readings.front(), readings.back()) else {
            return Rates::default();
        };
        rates(first, last)
    }

    fn add(&self, reading: Reading) {
        let mut readings = self.0.lock();
        readings.push_back(reading);
        if readings.len() > WINDOW + 1 {
            readings.pop_front();
        }
    }
}

fn rates(first: &Reading, last: &Reading) -> Rates {
    let seconds = (last.at - first.at).as_secs_f64();
    if seconds <= 0.0 {
        return Rates::default();
    }
    let rate = |first: u64, last: u64| {
        let rate = last.saturating_sub(first) as f64 / seconds;
        (rate * 10.0).round() / 10.0
    };
    Rates {
        received: rate(first.received, last.received),
        sent: rate(first.sent, last.sent),
    }
}

/// Takes a reading every second.
pub(super) async fn measure(
    (meter, metrics): (Arc<Meter>, Arc<Metrics>),
    supervisor: Supervisor,
) -> Result<(), Infallible> {
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = supervisor.stopping() => return Ok(()),
            at = second.tick() => meter.add(Reading {
                at,
                received: metrics.messages_received.get(),
                sent: metrics.messages_sent.get(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_came_over_the_time_it_took() {
        let at = Instant::now();
        let first = Reading {
            at,
            received: 10,
            sent: 0,
        };
        let last = Reading {
            at: at + Duration::from_secs(4),
            received: 50,
            sent: 1,
        };
        let both = rates(&first, &last);
        assert_eq!((both.received, both.sent), (10.0, 0.3));
        assert_eq!(rates(&first, &first), Rates::default());
    }
}
