//! Reads the journal's durable end into the ring, once for all subscribers.

use std::sync::Arc;

use super::hub::Hub;
use super::item::Stretch;
use crate::journal::JournalError;

/// So much is read at once.
const READ_BYTES: usize = 256 * 1024;

/// Keeps the ring filled, while anybody is subscribed.
pub(super) async fn follow(hub: Arc<Hub>) -> Result<(), JournalError> {
    let mut subscribers = hub.ring.subscribers();
    loop {
        tokio::select! {
            () = hub.supervisor.stopping() => return Ok(()),
            _ = subscribers.wait_for(|count| *count > 0) => {}
        }
        match fill(&hub).await {
            // Left so far behind that the journal has removed what comes next: begin anew, the
            // subscribers find the rest in the database.
            Ok(()) | Err(JournalError::Gone { .. }) => hub.ring.sleep(),
            Err(error) => return Err(error),
        }
        if hub.supervisor.is_stopping() {
            return Ok(());
        }
    }
}

/// Returns once there is no subscriber left.
async fn fill(hub: &Hub) -> Result<(), JournalError> {
    let mut subscribers = hub.ring.subscribers();
    let mut reader = hub.journal.reader(hub.head())?;
    let mut position = reader.position();
    hub.ring.begin(position);
    loop {
        let records = tokio::select! {
            () = hub.supervisor.stopping() => return Ok(()),
            _ = subscribers.wait_for(|count| *count == 0) => return Ok(()),
            records = reader.next(READ_BYTES) => records?,
        };
        let end = reader.position();
        hub.ring.push(Stretch::new(position, end, records));
        position = end;
        tokio::task::yield_now().await;
    }
}
