//! Clients that come before the server can take their messages: they are told so, and come back.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::codec::{ConnAck, ConnAckProperties, Decoder, Encoder, Packet, ReasonCode, Version};
use super::listener::Listener;
use crate::supervisor::Supervisor;
use crate::tls::Tls;

/// How many clients are talked to at once; the others wait to be accepted.
const CLIENTS_MAX: usize = 64;

/// How large a CONNECT may be of which the end is waited for.
const CONNECT_BYTES_MAX: u32 = 512 * 1024;

/// How long all of it may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long there is no accepting after the system could not.
const PAUSE: Duration = Duration::from_millis(100);

impl Listener {
    /// Answers every CONNECT with "Server unavailable", until it is cancelled.
    pub async fn tell_unready(&self, supervisor: &Supervisor) -> Infallible {
        let permits = Arc::new(Semaphore::new(CLIENTS_MAX));
        loop {
            // The semaphore is never closed.
            let permit = Arc::clone(&permits).acquire_owned().await;
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::debug!(%error, "no connection can be accepted");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let tls = self.tls.clone();
            supervisor.spawn_connection("mqtt refusal", async move {
                let refusal = refuse(stream, tls);
                if !matches!(timeout(TIMEOUT, refusal).await, Ok(Ok(()))) {
                    tracing::debug!("a client that came too early was not told so");
                }
                drop(permit);
            });
        }
    }
}

async fn refuse(stream: TcpStream, tls: Option<Tls>) -> io::Result<()> {
    match tls {
        Some(tls) => say_unavailable(tls.accept(stream).await?).await,
        None => say_unavailable(stream).await,
    }
}

async fn say_unavailable(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let Some(version) = version(&mut stream).await? else {
        return Ok(());
    };
    let encoder = Encoder {
        version,
        packet_bytes_max: u32::MAX,
    };
    let mut answer = BytesMut::new();
    let packet = Packet::ConnAck(Box::new(ConnAck {
        session_present: false,
        reason: ReasonCode::ServerUnavailable,
        properties: ConnAckProperties::default(),
    }));
    encoder
        .encode(&packet, &mut answer)
        .map_err(io::Error::other)?;
    stream.write_all_buf(&mut answer).await?;
    stream.shutdown().await
}

/// The version in which the client asks to be let in, if it does.
async fn version(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Version>> {
    let (mut decoder, mut buffer) = (Decoder::server(CONNECT_BYTES_MAX), BytesMut::new());
    loop {
        match decoder.decode(&mut buffer) {
            Ok(Some(Packet::Connect(connect))) => return Ok(Some(connect.version)),
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => return Ok(None),
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(None);
        }
    }
}
