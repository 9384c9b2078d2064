//! What a client sends: the read buffer, and the packets in it.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU16;

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::Instant;

use crate::message::Topic;
use crate::mqtt::codec::{Decoder, Packet, Publish};
use crate::mqtt::memory::{ClientMemory, HeldMemory};

use super::close::Close;

/// A read buffer begins with this, grows with what comes, and shrinks when nothing does: ten
/// thousand idle clients cost little.
const READ_BYTES_MIN: usize = 512;
const READ_BYTES_MAX: usize = 64 * 1024;

/// What of a packet that is not all there is not counted.
const UNCOUNTED_BYTES_MAX: usize = 4096;

/// So many bytes of a packet may take a second more.
const BYTES_A_SECOND_MIN: usize = 256 * 1024;

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
    /// For a packet that is not all there.
    memory: HeldMemory,
    /// There was not enough of it.
    is_starved: bool,
    /// Since when a packet is not all there.
    began_at: Option<Instant>,
}

impl Input {
    pub(super) fn new(buffer: BytesMut, decoder: Decoder, memory: &ClientMemory) -> Self {
        Self {
            buffer,
            decoder,
            packets: VecDeque::new(),
            ahead_bytes: 0,
            read_bytes: READ_BYTES_MIN,
            aliases: HashMap::new(),
            is_over: false,
            memory: memory.held(),
            is_starved: false,
            began_at: None,
        }
    }

    /// What had begun is all there.
    pub(super) fn is_done(&mut self) {
        self.began_at = None;
        self.memory.resize(0);
    }

    /// It is no stranger any more that sends this. What a client's session keeps is not held
    /// against what it sends: it could never be made room for.
    pub(super) fn is_accepted(&mut self, memory: &ClientMemory) {
        self.memory = memory.held();
    }

    /// Takes memory for all of a packet that has begun: whoever reads on has it, and those who wait
    /// for it do not wait for each other. Whether there is enough.
    pub(super) fn admit(&mut self) -> bool {
        if self.buffer.is_empty() {
            self.began_at = None;
            self.memory.resize(0);
            return true;
        }
        self.began_at.get_or_insert_with(Instant::now);
        let bytes = self.packet_bytes();
        let wanted = if bytes > UNCOUNTED_BYTES_MAX {
            bytes
        } else {
            0
        };
        let is_there = self.memory.try_resize(wanted);
        if !is_there && !self.is_starved {
            self.memory.refused();
        }
        self.is_starved = !is_there;
        is_there
    }

    fn packet_bytes(&self) -> usize {
        self.buffer.len() + self.decoder.needed()
    }

    /// Until when the packet that has begun has to be there, where it may take `most` and longer
    /// only by its size.
    pub(super) fn deadline(&self, most: Duration) -> Option<Instant> {
        let seconds = u32::try_from(self.packet_bytes() / BYTES_A_SECOND_MIN).unwrap_or(u32::MAX);
        Some(self.began_at? + most + Duration::from_secs(seconds.into()))
    }

    /// Whoever is not listened to can't be blamed.
    pub(super) fn forgive(&mut self, now: Instant) {
        if let Some(began_at) = &mut self.began_at {
            *began_at = now;
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
        let packet = self.decoder.decode(&mut self.buffer).map_err(Close::from)?;
        if packet.is_some() {
            self.began_at = None;
        }
        Ok(packet)
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
