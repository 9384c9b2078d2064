//! Other ways in than TCP, for a [`Client`](super::client::Client) that knows only that: what it says
//! to an entrance goes on to the server over TLS or WebSocket, and back.

use std::io::{Error, Result};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::certificates::Certificates;

/// Where to connect to, for connections over TLS to one of the server's addresses, with the client's
/// certificate where one is asked for.
pub async fn over_tls(address: SocketAddr, certificates: &Certificates) -> SocketAddr {
    let mut roots = rustls::RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(certificates.path("ca.pem"));
    roots.add(authority.expect("PEM")).expect("an authority");
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_client_auth_cert(
            vec![CertificateDer::from_pem_file(certificates.path("client.pem")).expect("PEM")],
            PrivateKeyDer::from_pem_file(certificates.path("client.key")).expect("PEM"),
        );
    let connector = TlsConnector::from(Arc::new(config.expect("a pair")));
    serve(move |mut socket| {
        let connector = connector.clone();
        async move {
            let there = TcpStream::connect(address).await?;
            let name = ServerName::from(address.ip());
            let mut there = connector.connect(name, there).await?;
            copy_bidirectional(&mut socket, &mut there).await?;
            Ok(())
        }
    })
    .await
}

/// The same, over WebSocket.
pub async fn over_websocket(address: SocketAddr) -> SocketAddr {
    let url = format!("ws://{address}/mqtt");
    serve(move |socket| {
        let url = url.clone();
        async move {
            let mut request = url.into_client_request().map_err(Error::other)?;
            let offered = "mqtt".parse().map_err(Error::other)?;
            request
                .headers_mut()
                .insert("Sec-WebSocket-Protocol", offered);
            let (there, _) = connect_async(request).await.map_err(Error::other)?;
            let (mut to, mut from) = there.split();
            let (mut read, mut write) = socket.into_split();
            let there = async move {
                let mut buffer = BytesMut::new();
                while read.read_buf(&mut buffer).await? > 0 {
                    let bytes: Bytes = buffer.split().freeze();
                    to.send(Message::Binary(bytes))
                        .await
                        .map_err(Error::other)?;
                }
                // Without a word, as over TCP.
                Ok::<_, Error>(())
            };
            let back = async move {
                while let Some(Ok(message)) = from.next().await {
                    if let Message::Binary(bytes) = message {
                        write.write_all(&bytes).await?;
                    }
                }
                write.shutdown().await
            };
            tokio::select! {
                outcome = there => outcome,
                outcome = back => outcome,
            }
        }
    })
    .await
}

/// Takes connections for as long as the runtime lives.
async fn serve<F>(mut carry: impl FnMut(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    Handle::current().spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            socket.set_nodelay(true).expect("a socket");
            Handle::current().spawn(carry(socket));
        }
    });
    address
}
