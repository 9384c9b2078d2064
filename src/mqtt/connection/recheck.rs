//! What waits for a client, looked at once more when what anybody may do has changed.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::message::Topic;

use super::Connection;
use super::close::Close;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Takes out what the client may not read any more. What is read from the journal later is
    /// looked at then.
    pub(super) fn recheck(&mut self) -> Result<(), Close> {
        let version = self.broker.auth().version();
        if self.checked_at == version {
            return Ok(());
        }
        self.checked_at = version;
        let (broker, principal) = (&self.broker, &self.principal);
        let may_read = |topic: &Topic| broker.may_read(principal, topic);
        let mut state = self.session.mine(self.generation)?;
        state.outbound.drop_quick(may_read);
        let withheld = state.outbound.not_for(may_read);
        drop(state);
        if !withheld.is_empty() {
            self.broker.withhold(&self.session, &withheld);
        }
        Ok(())
    }
}
