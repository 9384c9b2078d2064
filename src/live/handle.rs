//! What the rest of the server has of the live streams.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::admission::Admission;
use super::error::Refusal;
use super::hub::Hub;
use super::limits::HELD_BYTES_MAX;
use super::memory::LiveMemory;
use super::rates::{self, Meter, Rates};
use super::ring::Ring;
use super::tail;
use crate::auth::Auth;
use crate::journal::Journal;
use crate::message::{Cursor, Epoch, Offset};
use crate::metrics::Metrics;
use crate::port::Publish;
use crate::readers::ReaderThreads;
use crate::rules::RulesInForce;
use crate::store::Store;
use crate::supervisor::Supervisor;
use crate::view::Showing;

/// The live streams. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    pub(super) hub: Arc<Hub>,
}

impl Live {
    /// Live streams of `journal`, whose older part is in `store`; what clients publish goes to
    /// `publisher`, and `auth` says who may do what. What is to be computed for them, `readers` do. The tasks run under `supervisor`, which tells
    /// them when to say goodbye.
    pub fn new(
        auth: Auth,
        journal: Journal,
        store: Store,
        (publisher, rules): (Arc<dyn Publish>, RulesInForce),
        readers: ReaderThreads,
        metrics: Arc<Metrics>,
        supervisor: &Supervisor,
    ) -> Self {
        let memory = LiveMemory::new(HELD_BYTES_MAX, Arc::clone(&metrics));
        let hub = Arc::new(Hub {
            auth,
            showing: Showing {
                epoch: journal.epoch(),
                rules,
            },
            journal,
            store,
            publisher,
            readers,
            metrics,
            supervisor: supervisor.clone(),
            ring: Arc::new(Ring::default()),
            rates: Arc::new(Meter::default()),
            connections: AtomicUsize::new(0),
            memory,
        });
        supervisor.spawn("live ring", tail::follow(Arc::clone(&hub)));
        let meter = (Arc::clone(&hub.rates), Arc::clone(&hub.metrics));
        supervisor.spawn("live rates", rates::measure(meter, supervisor.clone()));
        Self { hub }
    }

    /// What messages are shown by.
    pub fn showing(&self) -> &Showing {
        &self.hub.showing
    }

    /// The journal's epoch, in which cursors compare.
    pub fn epoch(&self) -> Epoch {
        self.hub.journal.epoch()
    }

    /// The place below which everything has been seen where `next` is the next record.
    pub fn cursor(&self, next: Offset) -> Cursor {
        self.hub.cursor(next)
    }

    /// How fast messages come and go.
    pub fn rates(&self) -> Rates {
        self.hub.rates.read()
    }

    /// A place for one more connection.
    pub fn admit(&self) -> Result<Admission, Refusal> {
        Admission::new(&self.hub)
    }
}
