//! From CONNACK to the end of the connection.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep};

use crate::auth::{AccountConnection, Principal};
use crate::journal::AppendError;
use crate::message::{Offset, Record};
use crate::mqtt::broker::Broker;
use crate::mqtt::clients::Opened;
use crate::mqtt::codec::{Connect, Disconnect, Encoder, Packet, Version};
use crate::mqtt::state::{SessionChange, StateEvent};
use crate::mqtt::wills::WillEnd;
use crate::supervisor::Supervisor;

use super::batch::InboundBatch;
use super::close::Close;
use super::farewell::{farewell, linger};
use super::input::Input;
use super::output::Output;
use super::past::HistoryStreams;
use super::patience::Patience;
use super::publish_permits::PublishPermits;
use super::rate::PublishRate;
use super::{Boxed, Connection, TIDY_EVERY};

/// A CONNECT that was accepted.
pub(super) struct Accepted {
    pub(super) connect: Connect,
    pub(super) principal: Principal,
    pub(super) usage: AccountConnection,
    pub(super) opened: Opened,
    pub(super) connack: Packet,
}

/// Makes the connection of a client whose CONNECT was accepted, with the CONNACK as the first
/// that it will write; it is over when the client's certificate is revoked, too.
pub(super) async fn open<R, W>(
    broker: Arc<Broker>,
    accepted: Accepted,
    revoked: Boxed<()>,
    input: Input,
    (reader, writer): (R, W),
    supervisor: &Supervisor,
) -> Box<Connection<R, W>>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send,
{
    let Accepted {
        connect,
        principal,
        usage,
        opened,
        connack,
    } = accepted;
    let recorded = tokio::select! {
        recorded = record(&broker, &opened) => recorded,
        () = supervisor.stopping() => Err(AppendError::Closed),
    };
    let now = Instant::now();
    let keep_alive_s = u64::from(connect.keep_alive_s);
    let mut output = Output::new(
        Encoder {
            version: connect.version,
            packet_bytes_max: connect.packet_bytes_max,
        },
        connect.topic_alias_maximum,
        &broker.memory().deliveries(),
    );
    if recorded.is_ok() {
        output.packet(&connack);
    }
    let resent = broker.take_resent(&opened.session.client);
    let over = principal.clone();
    let over = async move {
        tokio::select! {
            () = over.over() => {}
            () = revoked => {}
        }
    };
    Box::new(Connection {
        over: Box::pin(over),
        principal,
        usage: Some(usage),
        // Nothing has been looked at for this connection yet.
        checked_at: u64::MAX,
        publish_permits: PublishPermits::default(),
        slowed: None,
        rate: PublishRate::new(now),
        resent,
        slot: Some(broker.publisher_slot()),
        durable: broker.journal().durable(),
        session: opened.session,
        generation: opened.generation,
        version: connect.version,
        is_bridge: connect.is_bridge,
        reader,
        writer,
        input,
        output,
        timer: Box::pin(sleep(TIDY_EVERY)),
        keep_alive: (keep_alive_s > 0).then(|| Duration::from_millis(keep_alive_s * 1500)),
        heard_at: now,
        stalled_at: None,
        asked_expiry_s: connect.session_expiry_s,
        batch: InboundBatch::default(),
        ingest: None,
        parked: None,
        held_back: None,
        patience: Patience::new(now),
        recording: None,
        loading: None,
        source: None,
        owed_qos1: 0,
        owed_qos2: HashSet::new(),
        owed_subacks: 0,
        has_more: true,
        outgoing: Vec::new(),
        history: HistoryStreams::default(),
        closing: recorded.is_err().then_some(Close::Stopping),
        broker,
    })
}

/// Makes what began with the CONNECT durable: a session that outlives its connection, a Will.
async fn record(broker: &Broker, opened: &Opened) -> Result<(), AppendError> {
    let mut records: Vec<_> = opened.events.iter().map(StateEvent::record).collect();
    let is_will = |event: &StateEvent| matches!(event, StateEvent::Will(..));
    while let Err(error) = broker.journal().append(&mut records).await {
        if error != AppendError::Full {
            return Err(error);
        }
        // The state file has the Will within a second: a full journal locks nobody out for it.
        if opened.events.iter().all(is_will) {
            return Ok(());
        }
        broker.journal().room().await;
    }
    let began = opened
        .events
        .iter()
        .position(|event| matches!(event, StateEvent::Session(_, SessionChange::Started { .. })));
    let offset = records.last().map(Record::offset);
    let since = began.and_then(|at| records.get(at)).map(Record::offset);
    if let Some(since) = since {
        opened.session.state().since = since;
    }
    let mut durable = broker.journal().durable();
    let head = offset.map_or(Offset::default(), |offset| offset.plus(1));
    let reached = durable.wait_for(|durable| *durable >= head).await;
    reached.map(|_| ()).map_err(|_| AppendError::Closed)
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Serves the client, and lets go of its session in the end.
    pub(super) async fn converse(mut self: Box<Self>, supervisor: &Supervisor) {
        let close = self.run(pin!(supervisor.stopping())).await;
        self.end(&close).await;
    }

    /// Lets go of the session, then says why, if anybody listens.
    async fn end(&mut self, close: &Close) {
        // What is on its way to the journal and has not arrived there is dropped: it was not
        // acknowledged.
        self.ingest = None;
        self.recording = None;
        self.count_sent();
        if let Some(run) = self.resent.take() {
            self.broker.put_back_resent(&self.session.client, run);
        }
        let fate = close.fate_of_will();
        let will = self.broker.close_session(&self.session, fate);
        self.usage = None;
        self.session.log.disconnected(close.what());
        self.count(close);
        match will {
            None => {}
            // A client that waits until the connection is closed can rely on it.
            Some(WillEnd::Deleted(id)) => self.broker.delete_will(id).await,
            Some(WillEnd::Delayed(id, lost_at)) => self.broker.will_is_delayed(id, lost_at).await,
        }
        let Some(reason) = close.reason() else { return };
        // Whoever may not come in any more gets nothing of what waits, and after a part of a packet
        // there can't come another.
        if matches!(close, Close::Revoked) && !self.output.forget() {
            return;
        }
        // Before 5.0 the server just closes the connection.
        if self.version == Version::V5 {
            self.output.packet(&Packet::Disconnect(Disconnect {
                reason,
                session_expiry_s: None,
                reason_string: matches!(close, Close::Wrong(..)).then(|| close.what().into()),
                server_reference: None,
                user: Vec::new(),
            }));
        }
        farewell(&mut self.writer, self.output.take_all()).await;
        linger(&mut self.reader).await;
    }

    fn count(&self, close: &Close) {
        let client = &self.session.client.0;
        let what = close.what();
        match close {
            Close::Wrong(reason, _) => {
                self.broker.metrics().mqtt_protocol_errors.inc();
                tracing::info!(?client, ?reason, what, "a connection is closed");
            }
            Close::Silent | Close::Unread | Close::Slow => {
                self.broker.metrics().mqtt_timeouts.inc();
                tracing::info!(?client, what, "a connection is closed");
            }
            Close::Revoked => {
                self.broker.metrics().mqtt_denied.inc();
                tracing::info!(?client, what, "a connection is closed");
            }
            Close::Lost(error) => tracing::debug!(?client, %error, what, "a connection has ended"),
            _ => tracing::debug!(?client, what, "a connection has ended"),
        }
    }
}
