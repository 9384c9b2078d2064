//! What waits for the session and is no longer in memory is read again.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::message::Offset;

use super::Connection;
use super::close::Close;
use super::source::{LoadedMessages, Source};

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    pub(super) fn load(&mut self, wanted: Vec<Offset>) {
        let source = self.source.take();
        let mut source = source.unwrap_or_else(|| {
            Source::new(
                self.broker.journal().clone(),
                self.broker.memory().deliveries(),
            )
        });
        self.loading = Some(Box::pin(async move {
            let loaded = source.load(wanted).await;
            (source, loaded)
        }));
    }

    pub(super) fn loaded(&mut self, source: Source, loaded: &LoadedMessages) -> Result<(), Close> {
        self.source = Some(source);
        let withheld = self.may_not_read(loaded);
        self.session.check(self.generation)?;
        if !withheld.is_empty() {
            self.broker.withhold(&self.session, &withheld);
        }
        let mut state = self.session.mine(self.generation)?;
        let lost = state
            .outbound
            .fill(&loaded.wanted, &loaded.found, loaded.until);
        drop(state);
        if lost > 0 {
            self.broker.metrics().messages_dropped.inc_by(lost);
            tracing::warn!(
                client = ?self.session.client.0, lost,
                "messages that waited for the session are no longer in the journal"
            );
        }
        self.has_more = true;
        Ok(())
    }

    /// Which of the messages the client may not read: when they came to its session, nobody could
    /// say.
    fn may_not_read(&self, loaded: &LoadedMessages) -> Vec<Offset> {
        let principal = &self.principal;
        let all = loaded.found.iter();
        all.filter(|message| !self.broker.may_read(principal, &message.topic))
            .map(|message| message.offset)
            .collect()
    }
}
