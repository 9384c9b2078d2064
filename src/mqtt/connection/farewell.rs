//! The end of a connection that somebody may still listen to.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// How long the last words to a client may take.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a client may take to close its side after them.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// Writes the last words, and closes.
pub(super) async fn farewell(
    writer: &mut (impl AsyncWrite + Unpin),
    parts: impl IntoIterator<Item = Bytes>,
) {
    let words = async {
        for mut part in parts {
            writer.write_all_buf(&mut part).await?;
        }
        writer.shutdown().await
    };
    if let Ok(Err(error)) = timeout(FAREWELL_TIMEOUT, words).await {
        tracing::trace!(%error, "the last words did not arrive");
    }
}

/// Reads on until the client closes its side, but not for long: closing while there is something
/// unread resets the connection, and the client might never read the last words.
pub(super) async fn linger(reader: &mut (impl AsyncRead + Unpin)) {
    let mut unread = [0; 1024];
    let rest = async { while matches!(reader.read(&mut unread).await, Ok(1..)) {} };
    let _gone_or_not = timeout(LINGER_TIMEOUT, rest).await;
}
