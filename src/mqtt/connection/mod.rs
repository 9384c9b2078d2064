//! One connection, one task.
//!
//! Everything that needs no waiting is done in one go: decode, batch, answer, encode. Then the
//! task waits for whatever comes first: bytes, room to write, the journal, the session's bell.

mod acknowledge;
mod batch;
mod close;
pub(super) mod connect;
mod converse;
mod deliver;
mod farewell;
mod history;
mod ingest;
mod input;
mod load;
mod output;
mod past;
mod patience;
mod publish;
mod publish_permits;
mod rate;
mod read_out;
mod recheck;
mod slow_down;
mod source;
mod subscribe;

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFuture;

use crate::auth::{AccountConnection, Principal};
use crate::journal::AppendError;
use crate::message::{Offset, Record};

use super::broker::Broker;
use super::codec::{Packet, PacketId, Version};
use super::publishers::{PublisherSlot, Routed};
use super::resent::ResentRun;
use super::session::{Delivery, Outgoing, Session};
use batch::InboundBatch;
use close::Close;
use input::Input;
use output::Output;
use past::{HistoryPiece, HistoryStreams};
use patience::Patience;
use publish_permits::PublishPermits;
use rate::PublishRate;
use source::{LoadedMessages, Source};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How long a client may take nothing of what is written to it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// And while memory for what is on its way to clients is short.
const STALL_MAX: Duration = Duration::from_secs(5);

/// How often an idle connection's buffers are looked after.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// A connection whose CONNECT was accepted.
struct Connection<R, W> {
    broker: Arc<Broker>,
    session: Arc<Session>,
    /// Who has connected.
    principal: Principal,
    /// That what let them in holds no more, or the certificate that they have shown.
    over: Boxed<()>,
    /// Counts the connection for its account, until it has let go of its session.
    usage: Option<AccountConnection>,
    /// As of which state of what anybody may do the session's messages were looked at.
    checked_at: u64,
    publish_permits: PublishPermits,
    generation: u64,
    version: Version,
    is_bridge: bool,
    reader: R,
    writer: W,
    input: Input,
    output: Output,
    durable: watch::Receiver<Offset>,
    timer: Pin<Box<Sleep>>,
    /// One and a half times the Keep Alive [MQTT-3.1.2-22].
    keep_alive: Option<Duration>,
    heard_at: Instant,
    /// Since when there is something to write and nothing is taken.
    stalled_at: Option<Instant>,
    /// The session expiry interval of the CONNECT, as the client asked for it.
    asked_expiry_s: u32,
    /// What is to be given to the journal.
    batch: InboundBatch,
    /// The batch on its way, with this publisher's slot; one of them is `Some` at most.
    ingest: Option<Boxed<Ingested>>,
    slot: Option<PublisherSlot>,
    /// The journal is full: the batch waits for room.
    parked: Option<Parked>,
    /// Subscribers need a moment: what the client sends waits for them.
    held_back: Option<Boxed<()>>,
    patience: Patience,
    /// The account publishes faster than it may: what the client sends waits.
    slowed: Option<Boxed<()>>,
    rate: PublishRate,
    /// The packet identifiers of QoS 2 deliveries on their way to the journal.
    recording: Option<Boxed<Recorded>>,
    loading: Option<Boxed<(Source, LoadedMessages)>>,
    source: Option<Source>,
    /// What a client that comes back after a crash may send once more.
    resent: Option<ResentRun>,
    /// QoS 1 messages that are not acknowledged yet.
    owed_qos1: usize,
    /// QoS 2 messages whose PUBREL has not come yet.
    owed_qos2: HashSet<PacketId>,
    /// SUBACKs that wait for the journal: retained messages wait for them.
    owed_subacks: usize,
    /// Whether the session may have something to send.
    has_more: bool,
    outgoing: Vec<Outgoing>,
    /// What the client wants of the past.
    history: HistoryStreams,
    /// Why the connection ends, once the batch is through.
    closing: Option<Close>,
}

struct Ingested {
    result: Result<Routed, AppendError>,
    records: Vec<Record>,
    slot: PublisherSlot,
}

struct Recorded {
    result: Result<(), AppendError>,
    record: Vec<Record>,
    deliveries: Vec<Delivery>,
}

struct Parked {
    records: Vec<Record>,
    room: Boxed<()>,
}

/// What a connection can wait for.
enum Wakeup {
    Bell,
    Durable,
    /// There is more to deliver, and others had their turn.
    Again,
    Ingested(Ingested),
    Room,
    Eased,
    /// The account may publish again.
    Paced,
    /// What let the client in holds no more.
    Over,
    Recorded(Recorded),
    Loaded(Source, LoadedMessages),
    Read(std::io::Result<usize>),
    Written(std::io::Result<()>),
    /// A part of the past has been read.
    Past(Option<HistoryPiece>),
    Timer,
    Stopping,
}

async fn optional<T>(future: &mut Option<Boxed<T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Serves the client until one side ends the connection.
    async fn run(&mut self, mut stopping: Pin<&mut WaitForCancellationFuture<'_>>) -> Close {
        loop {
            if let Err(close) = self.work() {
                return self.read_out(close).await;
            }
            let wakeup = self.wait(stopping.as_mut()).await;
            if matches!(wakeup, Wakeup::Read(Ok(bytes)) if self.input.is_lone_publish(bytes)) {
                // The task that was woken last runs first: let those go ahead whose packets came
                // just before, such as the SUBSCRIBE to what is published here.
                tokio::task::yield_now().await;
            }
            if let Err(close) = self.handle(wakeup) {
                return self.read_out(close).await;
            }
        }
    }

    /// Does everything that needs no waiting.
    fn work(&mut self) -> Result<(), Close> {
        self.process()?;
        self.answer();
        self.deliver()?;
        self.deliver_history();
        self.output.count();
        self.count_sent();
        Ok(())
    }

    async fn wait(&mut self, stopping: Pin<&mut WaitForCancellationFuture<'_>>) -> Wakeup {
        let may_read = self.can_read();
        let can_read = may_read && self.input.admit();
        let freed = (may_read && !can_read).then(|| Arc::clone(self.broker.memory()));
        let freed = freed.as_ref().map(|memory| memory.freed());
        // Somebody may have given back some before that was there to hear it.
        let can_read = can_read || freed.is_some() && self.input.admit();
        let is_starved = may_read && !can_read;
        if can_read {
            self.input.reserve();
        }
        let has_output = self.output.is_waiting();
        if has_output && self.stalled_at.is_none() {
            let now = Instant::now();
            self.stalled_at = Some(now);
            if self.timer.deadline() > now + STALL_MAX {
                self.timer.as_mut().reset(now + STALL_MAX);
            }
        }
        let owes = self.output.owes();
        let can_deliver = self.can_deliver();
        let can_read_past = self.history.is_reading() && self.output.has_room();
        let freed = async {
            match freed {
                Some(freed) => freed.await,
                None => std::future::pending().await,
            }
        };
        let room = async {
            match &mut self.parked {
                Some(parked) => parked.room.as_mut().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ingested = optional(&mut self.ingest) => {
                self.ingest = None;
                Wakeup::Ingested(ingested)
            }
            written = self.output.write(&mut self.writer), if has_output => Wakeup::Written(written),
            read = self.input.read(&mut self.reader), if can_read => Wakeup::Read(read),
            moved = self.durable.changed(), if owes => match moved {
                Ok(()) => Wakeup::Durable,
                Err(_) => Wakeup::Stopping,
            },
            () = self.session.bell.notified() => Wakeup::Bell,
            recorded = optional(&mut self.recording) => {
                self.recording = None;
                Wakeup::Recorded(recorded)
            }
            (source, loaded) = optional(&mut self.loading) => {
                self.loading = None;
                Wakeup::Loaded(source, loaded)
            }
            piece = self.history.piece(), if can_read_past => Wakeup::Past(piece),
            () = freed, if is_starved => Wakeup::Again,
            () = room => Wakeup::Room,
            () = optional(&mut self.held_back) => {
                self.held_back = None;
                Wakeup::Eased
            }
            () = optional(&mut self.slowed) => {
                self.slowed = None;
                Wakeup::Paced
            }
            () = &mut self.over => Wakeup::Over,
            () = tokio::task::yield_now(), if can_deliver => Wakeup::Again,
            () = &mut self.timer => Wakeup::Timer,
            () = stopping => Wakeup::Stopping,
        }
    }

    fn handle(&mut self, wakeup: Wakeup) -> Result<(), Close> {
        match wakeup {
            Wakeup::Bell => {
                self.session.check(self.generation)?;
                self.has_more = true;
            }
            Wakeup::Durable | Wakeup::Again => {}
            Wakeup::Ingested(ingested) => self.ingested(ingested)?,
            Wakeup::Room => self.try_again(),
            Wakeup::Eased => self.patience.spend(Instant::now()),
            Wakeup::Paced => self.rate.waited(Instant::now()),
            Wakeup::Over => return Err(Close::Revoked),
            Wakeup::Recorded(recorded) => self.recorded(recorded)?,
            Wakeup::Loaded(source, loaded) => self.loaded(source, &loaded)?,
            Wakeup::Read(Ok(0)) => self.input.is_over = true,
            Wakeup::Read(Ok(bytes)) => {
                self.broker
                    .metrics()
                    .mqtt_bytes_received
                    .inc_by(bytes as u64);
                self.heard_at = Instant::now();
            }
            Wakeup::Read(Err(error)) | Wakeup::Written(Err(error)) => {
                return Err(Close::Lost(error));
            }
            Wakeup::Written(Ok(())) => {
                let bytes = std::mem::take(&mut self.output.written);
                self.broker.metrics().mqtt_bytes_sent.inc_by(bytes);
                self.stalled_at = None;
            }
            Wakeup::Past(piece) => {
                if let Some(piece) = piece {
                    self.history.arrived(piece);
                }
            }
            Wakeup::Timer => self.on_timer()?,
            Wakeup::Stopping => return Err(Close::Stopping),
        }
        Ok(())
    }

    /// Whether more may be read: not while a batch is on its way, which is the publisher's
    /// backpressure, and not from a client that does not take its answers. While the journal is
    /// full, or its account too fast, a little is read, so that PINGREQ is answered.
    fn can_read(&self) -> bool {
        if self.input.is_over || self.closing.is_some() || !self.output.has_room_for_answers() {
            return false;
        }
        match &self.parked {
            _ if self.slowed.is_some() => self.input.has_room_ahead(),
            Some(_) => self.input.has_room_ahead(),
            None => self.ingest.is_none() && self.held_back.is_none(),
        }
    }

    /// Decodes and handles what was read, up to a batch that has to go to the journal.
    fn process(&mut self) -> Result<(), Close> {
        if self.parked.is_some() || self.slowed.is_some() {
            if let Some(close) = self.closing.take() {
                return Err(close);
            }
            return self.look_ahead();
        }
        while self.may_go_on() {
            if let Some(close) = self.closing.take() {
                return Err(close);
            }
            let handled = match self.input.next() {
                Ok(Some(packet)) => self.packet(packet),
                Ok(None) if !self.batch.is_empty() => {
                    self.flush();
                    Ok(())
                }
                Ok(None) if self.input.is_over => Err(Close::Gone),
                Ok(None) => return Ok(()),
                Err(close) => Err(close),
            };
            if let Err(close) = handled {
                // What came before still counts.
                self.closing = Some(close);
                self.flush();
            }
        }
        Ok(())
    }

    /// Whether nothing has to be waited for before the next packet is looked at.
    fn may_go_on(&self) -> bool {
        self.ingest.is_none()
            && self.parked.is_none()
            && self.held_back.is_none()
            && self.slowed.is_none()
    }

    /// While the journal is full, or the account too fast, packets wait in their order; only PINGREQ is answered.
    fn look_ahead(&mut self) -> Result<(), Close> {
        while let Some(packet) = self.input.ahead()? {
            if packet == Packet::PingReq {
                self.output.packet(&Packet::PingResp);
            } else {
                self.input.keep(packet);
            }
        }
        Ok(())
    }

    fn packet(&mut self, packet: Packet) -> Result<(), Close> {
        match packet {
            Packet::Publish(publish) => return self.publish(publish),
            Packet::PubAck(ack) => self.puback(&ack),
            Packet::PubRec(ack) => self.pubrec(&ack),
            Packet::PubRel(ack) => self.pubrel(&ack),
            Packet::PubComp(ack) => self.pubcomp(&ack),
            Packet::Subscribe(subscribe) => self.subscribe(subscribe),
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(unsubscribe),
            Packet::PingReq => self.output.packet(&Packet::PingResp),
            Packet::Disconnect(disconnect) => return self.disconnect(&disconnect),
            Packet::Auth(_) => {
                return Err(Close::protocol("AUTH without an Authentication Method"));
            }
            Packet::Connect(_)
            | Packet::ConnAck(_)
            | Packet::SubAck(_)
            | Packet::UnsubAck(_)
            | Packet::PingResp => return Err(Close::protocol("a packet that clients do not send")),
        }
        Ok(())
    }

    fn on_timer(&mut self) -> Result<(), Close> {
        let now = Instant::now();
        let is_short = self.broker.memory().is_short_of_deliveries();
        let most = if is_short { STALL_MAX } else { WRITE_TIMEOUT };
        if self.stalled_at.is_some_and(|at| now - at >= most) {
            return Err(Close::Unread);
        }
        // Whoever is not listened to can't be blamed for silence.
        if !self.can_read() {
            self.heard_at = now;
            self.input.forgive(now);
        }
        let most = Duration::from_secs(self.broker.config().packet_timeout_s.into());
        let packet = self.input.deadline(most);
        if packet.is_some_and(|deadline| deadline <= now) {
            return Err(Close::Slow);
        }
        let mut next = now + Duration::from_secs(24 * 3600);
        if let Some(deadline) = packet {
            next = next.min(deadline);
        }
        if let Some(keep_alive) = self.keep_alive {
            let deadline = self.heard_at + keep_alive;
            if deadline <= now {
                return Err(Close::Silent);
            }
            next = next.min(deadline);
        }
        if let Some(at) = self.stalled_at {
            next = next.min(at + WRITE_TIMEOUT).min(now + STALL_MAX);
        }
        if now - self.heard_at >= TIDY_EVERY {
            self.input.give_back();
            self.output.give_back();
        } else {
            next = next.min(now + TIDY_EVERY);
        }
        self.timer.as_mut().reset(next);
        Ok(())
    }
}
