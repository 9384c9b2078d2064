//! The rules that are in force now.

use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::{Mutex, MutexGuard};

use super::set::{KnownRule, Rules};

/// The rules in force: those that the configuration file declares, and those that are stored. Cheap
/// to clone; all clones have the same.
#[derive(Debug, Clone, Default)]
pub struct RulesInForce {
    declared: Arc<Rules>,
    all: Arc<RwLock<Arc<Rules>>>,
    changing: Arc<Mutex<()>>,
}

impl RulesInForce {
    /// None but those that are declared.
    pub fn new(declared: Rules) -> Self {
        let declared = Arc::new(declared);
        Self {
            all: Arc::new(RwLock::new(Arc::clone(&declared))),
            declared,
            changing: Arc::default(),
        }
    }

    pub fn load(&self) -> Arc<Rules> {
        Arc::clone(&self.all.read())
    }

    /// Puts these beside those that are declared, which count before them.
    pub fn set_stored(&self, stored: impl IntoIterator<Item = KnownRule>) {
        let declared = self.declared.all().iter();
        let declared = declared.map(|known| KnownRule::clone(known));
        *self.all.write() = Arc::new(Rules::new(declared.chain(stored)));
    }

    /// The turn to change what is stored: one after the other.
    pub async fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().await
    }
}
