//! Files that change, and certificates that get old.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::acceptor::Tls;
use super::expiry::{Expiry, now_s};
use super::files::{FileStamps, LoadedFiles};
use crate::supervisor::Supervisor;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// How often it is said that a certificate is about to expire.
const REMIND_EVERY: Duration = Duration::from_secs(24 * 3600);

/// What is known of the files.
pub(super) struct SeenFiles {
    /// As they were when they were read, or could not be.
    read: FileStamps,
    /// As they were the last time: what changes now may not be complete.
    last: FileStamps,
}

impl Tls {
    /// Reads the files again as they change, and says when a certificate is about to expire, until
    /// told to stop.
    pub async fn watch(self, supervisor: &Supervisor) {
        let mut seen = SeenFiles::new(self.inner.stamps);
        let mut remind_at = Instant::now();
        loop {
            if remind_at <= Instant::now() {
                self.remind();
                remind_at = Instant::now() + REMIND_EVERY;
            }
            tokio::select! {
                () = supervisor.stopping() => return,
                () = sleep(EVERY) => {}
            }
            if self.look(&mut seen).await {
                remind_at = Instant::now();
            }
        }
    }

    async fn stamps(&self) -> FileStamps {
        let files = self.inner.files.clone();
        spawn_blocking(move || files.stamps())
            .await
            .unwrap_or_default()
    }

    /// Looks once whether something has changed; whether something else is in force now.
    pub(super) async fn look(&self, seen: &mut SeenFiles) -> bool {
        let now = self.stamps().await;
        if now == seen.read {
            seen.last = now;
            return false;
        }
        // A certificate and its key change one after the other: what can't be used may be about to
        // become whole.
        let is_settled = now == seen.last;
        seen.last = now;
        let files = self.inner.files.clone();
        let loaded = spawn_blocking(move || files.load().map(Arc::new)).await;
        match loaded {
            Ok(Ok(loaded)) => {
                seen.read = now;
                self.put_in_force(loaded).await;
                true
            }
            Ok(Err(error)) if is_settled => {
                seen.read = now;
                self.inner.metrics.tls_reloads_failed.inc();
                tracing::warn!(
                    %error,
                    "the files of TLS have changed and can't be used: what was read before stays in \
                     force"
                );
                false
            }
            Ok(Err(_)) | Err(_) => false,
        }
    }

    async fn put_in_force(&self, loaded: Arc<LoadedFiles>) {
        let metrics = &self.inner.metrics;
        metrics.tls_certificate_expires.set(loaded.expires_at);
        let before = {
            let mut current = self.inner.loaded.write();
            std::mem::replace(&mut *current, Arc::clone(&loaded))
        };
        metrics.tls_reloads.inc();
        tracing::info!("the files of TLS have changed: new connections use what they have now");
        let (Some(old), Some(clients)) = (&before.clients, &loaded.clients) else {
            return;
        };
        if old.is_same(clients) {
            return;
        }
        let (shown, clients) = (self.shown(), clients.clone());
        let check = move || shown.iter().filter(|shown| shown.check(&clients)).count();
        let cut = spawn_blocking(check).await.unwrap_or_default();
        if cut > 0 {
            metrics.tls_clients_cut.inc_by(cut as u64);
            tracing::info!(
                connections = cut,
                "connections are cut whose certificates do not do any more"
            );
        }
    }

    /// Says what is about to expire.
    fn remind(&self) {
        let loaded = Arc::clone(&self.inner.loaded.read());
        match Expiry::at(loaded.expires_at) {
            Expiry::Past => {
                tracing::warn!("the server's certificate has expired: clients refuse it");
            }
            Expiry::Soon { days } => {
                tracing::warn!(days, "the server's certificate is about to expire");
            }
            Expiry::Later { .. } => {}
        }
        if loaded.lists_expire_at.is_some_and(|at| at <= now_s()) {
            tracing::warn!(
                "a revocation list should have been replaced by a newer one: what was revoked since \
                 is not known"
            );
        }
    }
}

impl SeenFiles {
    pub(super) fn new(stamps: FileStamps) -> Self {
        Self {
            read: stamps,
            last: stamps,
        }
    }
}
