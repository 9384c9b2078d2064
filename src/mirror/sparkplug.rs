//! Sparkplug on the way through the mirror: what edge nodes have said, and what is to be asked of
//! them.

use std::sync::Arc;
use std::time::Duration;

use crate::decode::Decoded;
use crate::decode::sparkplug::{Plant, RebirthWish, SparkplugReading};
use crate::message::{Birth, Message, Timestamp};
use crate::metrics::Metrics;
use crate::port::AskRebirth;
use crate::store::Remarks;

/// How often it is looked whether a message that is missing has had its time.
const TICK: Duration = Duration::from_millis(250);

/// How Sparkplug is taken.
#[derive(Default)]
pub struct SparkplugOptions {
    /// How long a message may come late, in milliseconds.
    pub reorder_ms: u32,
    /// Who asks for rebirths, if anybody is to.
    pub rebirths: Option<Arc<dyn AskRebirth>>,
}

/// What the decoder knows of Sparkplug.
pub(super) struct Sparkplug {
    plant: Plant,
    rebirths: Option<Arc<dyn AskRebirth>>,
    metrics: Arc<Metrics>,
}

impl Sparkplug {
    pub(super) fn new(options: SparkplugOptions, metrics: Arc<Metrics>) -> Self {
        Self {
            plant: Plant::new(options.reorder_ms),
            rebirths: options.rebirths,
            metrics,
        }
    }

    /// Learns the births that were kept.
    pub(super) fn restore(&mut self, births: Vec<Birth>) {
        self.plant.restore(births);
    }

    /// Reads a message, if it is one of Sparkplug.
    pub(super) fn read(&mut self, message: &Message) -> Option<(Decoded, Option<Box<Remarks>>)> {
        let SparkplugReading {
            decoded,
            units,
            historical,
            births,
            stale,
            wish,
        } = self.plant.read(message)?;
        if let Some(wish) = wish {
            self.ask(&wish);
        }
        let remarks = Remarks {
            units,
            historical,
            births,
            stale,
            ..Remarks::default()
        };
        let remarks = (!remarks.is_empty()).then(|| Box::new(remarks));
        Some((decoded, remarks))
    }

    /// Returns once it should be looked whether something is overdue; never while nothing can be.
    pub(super) async fn tick(&self) {
        if self.plant.is_waiting() {
            tokio::time::sleep(TICK).await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// Asks for what has not come in its time.
    pub(super) fn look(&mut self) {
        for wish in self.plant.overdue(Timestamp::now()) {
            self.ask(&wish);
        }
    }

    fn ask(&self, wish: &RebirthWish) {
        self.metrics.sparkplug_births_missed.inc();
        if let Some(rebirths) = &self.rebirths
            && let Some(request) = wish.request(Timestamp::now())
        {
            rebirths.ask_rebirth(&wish.client, wish.since, request);
        }
    }
}
