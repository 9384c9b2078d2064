//! From a connection to a secured one.

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::certificate::{Secured, ShownCertificate, account};
use super::error::TlsError;
use super::files::{FileStamps, LoadedFiles, TlsFiles};
use super::stream::SecureStream;
use crate::metrics::Metrics;

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How many connections that are over may be remembered before they are looked for.
const SPARE: usize = 64;

/// What makes connections secure. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    pub(super) inner: Arc<TlsState>,
}

pub(super) struct TlsState {
    pub(super) files: TlsFiles,
    /// What the files looked like when they were read first.
    pub(super) stamps: FileStamps,
    pub(super) loaded: RwLock<Arc<LoadedFiles>>,
    /// What clients have shown whose connections last.
    shown: Mutex<ShownCertificates>,
    pub(super) metrics: Arc<Metrics>,
    /// How long a handshake may take.
    pub(super) patience: Duration,
}

#[derive(Default)]
struct ShownCertificates {
    all: Vec<Weak<ShownCertificate>>,
    /// How many there may be before those are looked for whose connections are over.
    most: usize,
}

impl Tls {
    /// With what the files have now.
    pub fn open(files: TlsFiles, metrics: Arc<Metrics>) -> Result<Self, TlsError> {
        let stamps = files.stamps();
        let loaded = files.load()?;
        metrics.tls_certificate_expires.set(loaded.expires_at);
        let state = TlsState {
            files,
            stamps,
            loaded: RwLock::new(Arc::new(loaded)),
            shown: Mutex::default(),
            metrics,
            patience: HANDSHAKE_TIMEOUT,
        };
        Ok(Self {
            inner: Arc::new(state),
        })
    }

    /// Makes a client's connection secure, in a time that is bounded: beyond it the error is
    /// [`io::ErrorKind::TimedOut`].
    pub async fn accept<S>(&self, stream: S) -> io::Result<SecureStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let accepted = Box::pin(timeout(self.inner.patience, self.shake_hands(stream))).await;
        let accepted = accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if accepted.is_err() {
            self.inner.metrics.tls_handshakes_failed.inc();
        }
        accepted
    }

    async fn shake_hands<S>(&self, stream: S) -> io::Result<SecureStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let loaded = Arc::clone(&self.inner.loaded.read());
        let acceptor = TlsAcceptor::from(Arc::clone(&loaded.server));
        let stream = acceptor.accept(stream).await?;
        let chain = stream.get_ref().1.peer_certificates();
        let Some(chain) = chain.filter(|chain| !chain.is_empty()) else {
            return Ok(SecureStream::new(stream, Secured::default(), None));
        };
        let shown = Arc::new(ShownCertificate::new(chain));
        let secured = Secured {
            account: account(&chain[0], self.inner.files.client_account),
        };
        self.remember(&shown);
        // What has changed in the meantime was not asked about this one.
        let now = Arc::clone(&self.inner.loaded.read());
        if let Some(clients) = &now.clients
            && !Arc::ptr_eq(&now, &loaded)
            && shown.check(clients)
        {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(SecureStream::new(stream, secured, Some(shown)))
    }

    fn remember(&self, certificate: &Arc<ShownCertificate>) {
        let mut shown = self.inner.shown.lock();
        if shown.all.len() >= shown.most {
            shown.all.retain(|known| known.strong_count() > 0);
            shown.most = 2 * shown.all.len() + SPARE;
        }
        shown.all.push(Arc::downgrade(certificate));
    }

    /// The certificates of those who are connected.
    pub(super) fn shown(&self) -> Vec<Arc<ShownCertificate>> {
        let shown = self.inner.shown.lock();
        shown.all.iter().filter_map(Weak::upgrade).collect()
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.inner.files)
            .finish_non_exhaustive()
    }
}
