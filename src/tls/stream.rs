//! A connection over TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::certificate::{Revocation, Secured, ShownCertificate};

/// A connection over TLS, which ends when the certificate that its client has shown is revoked;
/// unless somebody takes that [on themselves](Revocation::take_over).
pub struct SecureStream<S> {
    stream: TlsStream<S>,
    secured: Secured,
    shown: Option<(
        Arc<ShownCertificate>,
        Pin<Box<WaitForCancellationFutureOwned>>,
    )>,
}

impl<S> SecureStream<S> {
    pub(super) fn new(
        stream: TlsStream<S>,
        secured: Secured,
        shown: Option<Arc<ShownCertificate>>,
    ) -> Self {
        let shown = shown.map(|shown| {
            let revoked = shown.revoked.clone().cancelled_owned();
            (shown, Box::pin(revoked))
        });
        Self {
            stream,
            secured,
            shown,
        }
    }

    /// What TLS knows of the client.
    pub fn secured(&self) -> &Secured {
        &self.secured
    }

    /// That the certificate is revoked which the client has shown, if it has shown one.
    pub fn revocation(&self) -> Option<Revocation> {
        let (shown, _) = self.shown.as_ref()?;
        Some(Revocation(Arc::clone(shown)))
    }

    fn check(&self) -> io::Result<()> {
        match &self.shown {
            Some((shown, _)) if shown.revoked.is_cancelled() && !shown.is_left() => Err(revoked()),
            _ => Ok(()),
        }
    }
}

fn revoked() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the client's certificate has been revoked",
    )
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for SecureStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Whoever waits for bytes is woken by the end as well.
        if let Some((shown, ended)) = &mut self.shown
            && !shown.is_left()
            && ended.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(revoked()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for SecureStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
