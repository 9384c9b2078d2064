//! What waits for the session and is no longer in memory is read again.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::message::Offset;

use super::Connection;
use super::close::Close;
use super::source::{LoadedMessages, Source};

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    pub(super) fn load(&mut self, wanted: Vec<Offset>) {
        let source = self.source.take();
        let mut source = source.unwrap_or_else(|| Source::new(self.broker.journal().clone()));
        self.loading = Some(Box::pin(async move {
            let loaded = source.load(wanted).await;
            (source, loaded)
        }));
    }

    pub(super) fn loaded(&mut self, source: Source, loaded: &LoadedMessages) -> Result<(), Close> {
        self.source = Some(source);
        let mut state = self.session.mine(self.generation)?;
        let lost = state
            .outbound
            .fill(&loaded.wanted, &loaded.found, loaded.until);
        drop(state);
        if lost > 0 {
            self.broker.metrics().messages_dropped.inc_by(lost);
            tracing::warn!(
                client = %self.session.client.0, lost,
                "messages that waited for the session are no longer in the journal"
            );
        }
        self.has_more = true;
        Ok(())
    }
}
