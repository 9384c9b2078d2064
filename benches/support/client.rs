//! A client that costs little beside the broker.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::wire;

/// How much is written, or read, at once at most.
pub(crate) const CHUNK: usize = 64 * 1024;

/// A connection.
pub(crate) struct Client {
    /// Where it goes to.
    pub(crate) socket: TcpStream,
    input: Vec<u8>,
    filled: usize,
    /// What is to be sent.
    pub(crate) output: Vec<u8>,
}

impl Client {
    /// Connects, and waits for the answer.
    pub(crate) async fn connect(address: SocketAddr, name: &str) -> Result<Self> {
        Self::connect_with(address, &wire::connect(name)).await
    }

    /// Connects with this CONNECT, and waits for the answer.
    pub(crate) async fn connect_with(address: SocketAddr, connect: &[u8]) -> Result<Self> {
        let socket = TcpStream::connect(address).await.context("connect")?;
        socket.set_nodelay(true)?;
        let mut client = Self {
            socket,
            input: vec![0; CHUNK],
            filled: 0,
            output: Vec::with_capacity(2 * CHUNK),
        };
        client.socket.write_all(connect).await?;
        client.answered().await.context("no CONNACK")?;
        Ok(client)
    }

    /// Waits for the answer to a CONNECT or a SUBSCRIBE.
    pub(crate) async fn answered(&mut self) -> Result<()> {
        while self.read().await?.others == 0 {}
        Ok(())
    }

    /// Reads once, and lays the PUBACKs of what came into `output`. Safe to cancel.
    pub(crate) async fn read(&mut self) -> Result<wire::Seen> {
        let count = self.socket.read(&mut self.input[self.filled..]).await?;
        if count == 0 {
            bail!("the broker closed the connection");
        }
        self.filled += count;
        let seen = wire::look(&self.input[..self.filled], &mut self.output);
        self.input.copy_within(seen.bytes..self.filled, 0);
        self.filled -= seen.bytes;
        Ok(seen)
    }

    /// Sends `output`.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        if !self.output.is_empty() {
            self.socket.write_all(&self.output).await?;
            self.output.clear();
        }
        Ok(())
    }
}
