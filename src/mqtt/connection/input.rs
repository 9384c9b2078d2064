//! What a client sends: the read buffer, and the packets in it.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU16;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::message::Topic;
use crate::mqtt::codec::{Decoder, Packet, Publish};

use super::close::Close;

/// A read buffer begins with this, grows with what comes, and shrinks when nothing does: ten
/// thousand idle clients cost little.
const READ_BYTES_MIN: usize = 512;
const READ_BYTES_MAX: usize = 64 * 1024;

/// How much is read ahead while the journal is full.
const AHEAD_BYTES_MAX: usize = 64 * 1024;

/// The Topic Alias Maximum for clients.
pub(super) const ALIAS_MAX: u16 = 64;

/// The read side of a connection.
pub(super) struct Input {
    pub(super) buffer: BytesMut,
    pub(super) decoder: Decoder,
    packets: VecDeque<Packet>,
    ahead_bytes: usize,
    read_bytes: usize,
    aliases: HashMap<NonZeroU16, Topic>,
    /// The client has closed its side.
    pub(super) is_over: bool,
}

impl Input {
    pub(super) fn new(buffer: BytesMut, decoder: Decoder) -> Self {
        Self {
            buffer,
            decoder,
            packets: VecDeque::new(),
            ahead_bytes: 0,
            read_bytes: READ_BYTES_MIN,
            aliases: HashMap::new(),
            is_over: false,
        }
    }

    /// Makes room for the next read: as much as the last ones filled, or as a packet that has
    /// begun still needs, but never much more than has really come.
    pub(super) fn reserve(&mut self) {
        let wanted = if self.buffer.is_empty() {
            self.read_bytes
        } else {
            let needed = self.decoder.needed();
            needed.clamp(self.read_bytes, self.buffer.len().max(READ_BYTES_MAX))
        };
        if self.buffer.capacity() - self.buffer.len() < wanted / 2 {
            self.buffer.reserve(wanted);
        }
    }

    pub(super) async fn read(
        &mut self,
        reader: &mut (impl AsyncRead + Unpin),
    ) -> std::io::Result<usize> {
        let room = self.buffer.capacity() - self.buffer.len();
        let bytes = reader.read_buf(&mut self.buffer).await?;
        if bytes == room {
            self.read_bytes = (self.read_bytes * 4).min(READ_BYTES_MAX);
        }
        Ok(bytes)
    }

    /// Whether the last read, of so many bytes, brought a PUBLISH or two by themselves rather than
    /// a part of a stream.
    pub(super) fn is_lone_publish(&self, bytes: usize) -> bool {
        let is_publish = self.buffer.first().is_some_and(|first| first >> 4 == 3);
        is_publish && bytes == self.buffer.len() && bytes < READ_BYTES_MIN
    }

    pub(super) fn next(&mut self) -> Result<Option<Packet>, Close> {
        if let Some(packet) = self.packets.pop_front() {
            if self.packets.is_empty() {
                self.ahead_bytes = 0;
            }
            return Ok(Some(packet));
        }
        self.decoder.decode(&mut self.buffer).map_err(Close::from)
    }

    /// The next packet that was not looked at yet, while others have to wait.
    pub(super) fn ahead(&mut self) -> Result<Option<Packet>, Close> {
        if !self.has_room_ahead() {
            return Ok(None);
        }
        let before = self.buffer.len();
        let packet = self.decoder.decode(&mut self.buffer).map_err(Close::from)?;
        self.ahead_bytes += before - self.buffer.len();
        Ok(packet)
    }

    /// Lets a packet wait.
    pub(super) fn keep(&mut self, packet: Packet) {
        self.packets.push_back(packet);
    }

    pub(super) fn has_room_ahead(&self) -> bool {
        self.ahead_bytes < AHEAD_BYTES_MAX
    }

    /// The topic of a PUBLISH, by its name or its alias.
    pub(super) fn topic(&mut self, publish: &Publish) -> Result<Topic, Close> {
        let Some(alias) = publish.topic_alias else {
            let none = "neither topic nor alias [MQTT-3.3.2-8]";
            return publish.topic.clone().ok_or(Close::protocol(none));
        };
        if alias.get() > ALIAS_MAX {
            return Err(Close::alias(
                "the alias is above the Topic Alias Maximum [MQTT-3.3.2-9]",
            ));
        }
        if let Some(topic) = &publish.topic {
            self.aliases.insert(alias, topic.clone());
            return Ok(topic.clone());
        }
        let unknown = Close::protocol("an alias that stands for no topic (section 3.3.2.3.4)");
        self.aliases.get(&alias).cloned().ok_or(unknown)
    }

    /// Gives the buffer back while nothing comes.
    pub(super) fn give_back(&mut self) {
        self.read_bytes = READ_BYTES_MIN;
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            self.packets.shrink_to_fit();
        }
    }
}
