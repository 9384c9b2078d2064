//! The pace at which a client takes what waits for it.

/// How a client takes what waits.
#[derive(Debug, Default)]
pub(super) struct ReadingPace {
    /// How many times it has taken something.
    pub(super) taken: u64,
    /// It took nothing while somebody waited.
    pub(super) is_stalled: bool,
    /// Somebody waits.
    pub(super) is_awaited: bool,
}

impl ReadingPace {
    /// The client takes something.
    pub(super) fn take(&mut self) {
        self.taken += 1;
        self.is_stalled = false;
    }
}
