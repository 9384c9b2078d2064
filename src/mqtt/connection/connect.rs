//! From the first byte to CONNACK, and from the last packet to the end of the session.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use crate::auth::{Action, Credentials, Denied, Principal, Visitor};
use crate::message::{ClientId, Timestamp};
use crate::mqtt::broker::Broker;
use crate::mqtt::clients::{NoSession, Opening};
use crate::mqtt::codec::{
    ConnAck, ConnAckProperties, Connect, Decoder, Encoder, Packet, ReasonCode, Version,
};
use crate::port::LinkFacts;
use crate::supervisor::Supervisor;
use crate::tls::{Revocation, Secured};

use super::converse::{Accepted, open};
use super::farewell::farewell;
use super::input::{ALIAS_MAX, Input};
use super::{Boxed, Connection};

/// How long a client may take for its CONNECT.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How large a CONNECT may be: the Will alone may have 64 KiB.
const CONNECT_BYTES_MAX: u32 = 512 * 1024;

/// How long a client that is one too many may take for its CONNECT, to be told so.
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(2);

/// Who is at the other end, before anything has been said.
pub(in crate::mqtt) struct Peer {
    address: SocketAddr,
    /// By what it came.
    transport: &'static str,
    /// The account that the certificate names which the client has shown.
    account: Option<Arc<str>>,
    /// That this certificate is revoked.
    revocation: Option<Revocation>,
}

impl Peer {
    pub(in crate::mqtt) fn new(
        (address, transport): (SocketAddr, &'static str),
        secured: Option<&Secured>,
        revocation: Option<Revocation>,
    ) -> Self {
        Self {
            address,
            transport,
            account: secured.and_then(|secured| secured.account.clone()),
            revocation,
        }
    }

    /// Waits until the certificate does not do any more. From now on the connection is ours to end.
    fn revoked(&self) -> Boxed<()> {
        match self.revocation.clone() {
            Some(revocation) => Box::pin(revocation.take_over()),
            None => Box::pin(std::future::pending()),
        }
    }
}

/// Serves one connection from its first byte to its end.
pub(in crate::mqtt) async fn serve<R, W>(
    broker: Arc<Broker>,
    supervisor: Supervisor,
    reader: R,
    writer: W,
    peer: Peer,
) where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send,
{
    // Boxed, so that what only the beginning needs takes no memory for the rest of the time.
    let established = Box::pin(establish(broker, &supervisor, reader, writer, peer));
    if let Some(connection) = established.await {
        connection.converse(&supervisor).await;
    }
}

/// Tells a client that there are too many, once it has said in which version, and not for long.
pub(in crate::mqtt) async fn turn_away<R, W>(broker: &Broker, mut reader: R, mut writer: W)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let bytes_max = broker.config().packet_bytes_max.min(CONNECT_BYTES_MAX);
    let mut input = Input::new(
        BytesMut::new(),
        Decoder::server(bytes_max),
        &broker.memory().stranger(),
    );
    let greeting = timeout(TURN_AWAY_TIMEOUT, greet(broker, &mut input, &mut reader)).await;
    let Ok(Ok(connect)) = greeting else {
        broker.metrics().mqtt_refused.inc();
        return;
    };
    let refused = Refused {
        version: Some(connect.version),
        reason: Some(ReasonCode::ServerBusy),
        what: "as many clients are connected as this server takes",
        packet_bytes_max: connect.packet_bytes_max,
    };
    refuse(broker, &mut writer, &refused).await;
}

/// From the first byte to an accepted CONNECT.
async fn establish<R, W>(
    broker: Arc<Broker>,
    supervisor: &Supervisor,
    mut reader: R,
    mut writer: W,
    peer: Peer,
) -> Option<Box<Connection<R, W>>>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send,
{
    let bytes_max = broker.config().packet_bytes_max;
    let mut input = Input::new(
        BytesMut::new(),
        Decoder::server(bytes_max.min(CONNECT_BYTES_MAX)),
        &broker.memory().stranger(),
    );
    let mut revoked = peer.revoked();
    let greeting = tokio::select! {
        greeting = timeout(CONNECT_TIMEOUT, greet(&broker, &mut input, &mut reader)) => greeting,
        () = &mut revoked => return None,
        () = supervisor.stopping() => return None,
    };
    let accepted = match greeting {
        Ok(Ok(connect)) => accept(&broker, *connect, &peer).await,
        Ok(Err(refused)) => Err(refused),
        Err(_) => {
            broker.metrics().mqtt_timeouts.inc();
            tracing::debug!(peer = %peer.address, "no CONNECT in time");
            return None;
        }
    };
    match accepted {
        Ok(accepted) => {
            input.decoder.set_packet_bytes_max(bytes_max);
            input.is_accepted(&broker.memory().packets());
            Some(
                open(
                    broker,
                    accepted,
                    revoked,
                    input,
                    (reader, writer),
                    supervisor,
                )
                .await,
            )
        }
        Err(refused) => {
            tracing::debug!(peer = %peer.address, what = refused.what, "a client is refused");
            refuse(&broker, &mut writer, &refused).await;
            None
        }
    }
}

/// Why there is no session for the client.
struct Refused {
    version: Option<Version>,
    /// What to answer; `None` where nothing is.
    reason: Option<ReasonCode>,
    what: &'static str,
    /// How large a packet the client takes, as far as it said [MQTT-3.2.2-19].
    packet_bytes_max: u32,
}

async fn greet(
    broker: &Broker,
    input: &mut Input,
    reader: &mut (impl AsyncRead + Unpin),
) -> Result<Box<Connect>, Refused> {
    loop {
        match input.decoder.decode(&mut input.buffer) {
            Ok(Some(Packet::Connect(connect))) => {
                input.is_done();
                return Ok(connect);
            }
            Ok(Some(_)) => {
                return Err(Refused {
                    version: None,
                    reason: None,
                    what: "the first packet is not a CONNECT [MQTT-3.1.0-1]",
                    packet_bytes_max: u32::MAX,
                });
            }
            Ok(None) => {}
            Err(error) => {
                broker.metrics().mqtt_protocol_errors.inc();
                let version = input.decoder.version();
                // Before 5.0 only an unacceptable version is answered [MQTT-3.1.4-1].
                let tells = version == Some(Version::V5)
                    || matches!(
                        error.reason,
                        ReasonCode::UnsupportedProtocolVersion
                            | ReasonCode::ClientIdentifierNotValid
                    );
                return Err(Refused {
                    version,
                    reason: tells.then_some(error.reason),
                    what: error.what,
                    packet_bytes_max: u32::MAX,
                });
            }
        }
        while !input.admit() {
            let freed = pin!(broker.memory().freed());
            if !input.admit() {
                freed.await;
            }
        }
        input.reserve();
        match input.read(reader).await {
            Ok(bytes) if bytes > 0 => {}
            _ => {
                return Err(Refused {
                    version: None,
                    reason: None,
                    what: "the client closed the connection before its CONNECT",
                    packet_bytes_max: u32::MAX,
                });
            }
        }
    }
}

async fn refuse(broker: &Broker, writer: &mut (impl AsyncWrite + Unpin), refused: &Refused) {
    broker.metrics().mqtt_refused.inc();
    let Some(reason) = refused.reason else { return };
    // A client whose version is unknown gets the answer of 3.1.1, which tells it which one.
    let encoder = Encoder {
        version: refused.version.unwrap_or(Version::V4),
        packet_bytes_max: refused.packet_bytes_max,
    };
    let mut buffer = BytesMut::new();
    let packet = Packet::ConnAck(Box::new(ConnAck {
        session_present: false,
        reason,
        properties: ConnAckProperties {
            reason_string: Some(refused.what.into()),
            ..ConnAckProperties::default()
        },
    }));
    if encoder.encode(&packet, &mut buffer).is_ok() {
        farewell(writer, [buffer.freeze()]).await;
    }
}

/// Opens the session and makes the answer.
async fn accept(
    broker: &Arc<Broker>,
    mut connect: Connect,
    peer: &Peer,
) -> Result<Accepted, Refused> {
    let (version, packet_bytes_max) = (connect.version, connect.packet_bytes_max);
    let refused = |reason, what| Refused {
        version: Some(version),
        reason: Some(reason),
        what,
        packet_bytes_max,
    };
    if connect.auth_method.is_some() {
        return Err(refused(
            ReasonCode::BadAuthenticationMethod,
            "enhanced authentication is not available (section 4.12)",
        ));
    }
    let assigned = connect.client_id.is_empty();
    if assigned && (version == Version::V3 || (version == Version::V4 && !connect.clean_start)) {
        return Err(refused(
            ReasonCode::ClientIdentifierNotValid,
            "a session that is kept needs a client identifier [MQTT-3.1.3-8]",
        ));
    }
    let client = ClientId(if assigned {
        format!("unspool-{:016x}", fastrand::u64(..)).into()
    } else {
        Arc::clone(&connect.client_id)
    });
    let denied = |(reason, what)| {
        broker.metrics().mqtt_denied.inc();
        refused(reason, what)
    };
    let principal = sign_in(broker, &connect, &client, peer).await;
    let principal = principal.map_err(denied)?;
    // The connection that this one takes over may still be there.
    let replaces = broker.is_connected(&client, &principal);
    let usage = broker.auth().connect(&principal, replaces);
    let usage = usage.map_err(|why| denied(told(why)))?;
    let config = broker.config();
    let expiry_s = connect.session_expiry_s.min(config.session_expiry_max_s);
    let opened = broker
        .open_session(Opening {
            principal: principal.clone(),
            client: client.clone(),
            clean_start: connect.clean_start,
            expiry_s,
            window: config.inflight_max.min(connect.receive_maximum),
            will: connect.will.clone(),
        })
        .await
        .map_err(|why| match why {
            NoSession::Overtaken => Refused {
                version: None,
                reason: None,
                what: "the client connected once more at the same time",
                packet_bytes_max: u32::MAX,
            },
            NoSession::NoMemory => refused(
                ReasonCode::QuotaExceeded,
                "there is no memory for another Will now",
            ),
            NoSession::Foreign => {
                broker.metrics().mqtt_denied.inc();
                refused(
                    ReasonCode::ClientIdentifierNotValid,
                    "somebody else has a session of that client identifier",
                )
            }
        })?;
    tracing::debug!(
        peer = %peer.address, client = ?client.0, ?version, present = opened.present, "a client connected"
    );
    broker.metrics().mqtt_connects.inc();
    let keep_alive_s = keep_alive_s(&connect, config.keep_alive_max_s);
    opened.session.log.connected(LinkFacts {
        since: Timestamp::now(),
        address: peer.address,
        transport: peer.transport,
        version: version.name(),
        keep_alive_s: (keep_alive_s > 0).then_some(keep_alive_s),
    });
    let mut properties = connack_properties(broker, &connect, &client, assigned, expiry_s);
    if keep_alive_s != connect.keep_alive_s {
        properties.server_keep_alive_s = Some(keep_alive_s);
        connect.keep_alive_s = keep_alive_s;
    }
    let connack = Packet::ConnAck(Box::new(ConnAck {
        // Before 3.1.1 the byte is reserved.
        session_present: opened.present && version > Version::V3,
        reason: ReasonCode::Success,
        properties,
    }));
    Ok(Accepted {
        connect,
        principal,
        usage,
        opened,
        connack,
    })
}

/// Who the client is, or why it does not come in.
async fn sign_in(
    broker: &Broker,
    connect: &Connect,
    client: &ClientId,
    peer: &Peer,
) -> Result<Principal, (ReasonCode, &'static str)> {
    let visitor = Visitor {
        shown: credentials(connect, peer),
        client: Some(Arc::clone(&client.0)),
        from: Some(peer.address.ip()),
    };
    let principal = broker.auth().sign_in(&visitor).await.map_err(told)?;
    if let Some(will) = &connect.will
        && !broker.auth().may(&principal, Action::Write, &will.topic)
    {
        let what = "the client may not publish its Will";
        return Err((ReasonCode::NotAuthorized, what));
    }
    Ok(principal)
}

/// What a client is told who does not come in.
fn told(denied: Denied) -> (ReasonCode, &'static str) {
    match denied {
        Denied::NothingShown => (
            ReasonCode::NotAuthorized,
            "a client without a name and a password may not connect",
        ),
        Denied::Wrong => (
            ReasonCode::BadUserNameOrPassword,
            "the name or the password is wrong",
        ),
        Denied::TooMany { .. } => (
            ReasonCode::ConnectionRateExceeded,
            "too many sign-ins have failed: try again later",
        ),
        Denied::NotThisClient => (
            ReasonCode::ClientIdentifierNotValid,
            "the account is bound to another client identifier",
        ),
        Denied::TooManyConnections => (
            ReasonCode::QuotaExceeded,
            "the account has as many connections as it may have",
        ),
    }
}

/// What a client shows. A password goes before a certificate; a user name alone does not.
fn credentials(connect: &Connect, peer: &Peer) -> Credentials {
    let password = connect.password.clone().unwrap_or_default();
    match (&connect.username, &peer.account) {
        (_, Some(account)) if password.is_empty() => Credentials::Certificate(Arc::clone(account)),
        (None, _) if connect.password.is_none() => Credentials::Nothing,
        (user, _) => Credentials::Password {
            user: user.clone().unwrap_or_default(),
            password,
        },
    }
}

fn connack_properties(
    broker: &Broker,
    connect: &Connect,
    client: &ClientId,
    assigned: bool,
    expiry_s: u32,
) -> ConnAckProperties {
    let config = broker.config();
    ConnAckProperties {
        session_expiry_s: (expiry_s != connect.session_expiry_s).then_some(expiry_s),
        receive_maximum: (config.receive_maximum != u16::MAX).then_some(config.receive_maximum),
        packet_bytes_max: Some(config.packet_bytes_max),
        assigned_client_id: assigned.then(|| Arc::clone(&client.0)),
        topic_alias_maximum: Some(ALIAS_MAX),
        response_information: connect
            .request_response_information
            .then(|| response_information(client)),
        ..ConnAckProperties::default()
    }
}

/// What the client's connection is held to [MQTT-3.2.2-22]; 0 is no Keep Alive at all. Only
/// MQTT 5.0 can tell a client of another one than its own.
fn keep_alive_s(connect: &Connect, longest_s: u16) -> u16 {
    match (connect.version, longest_s) {
        (Version::V5, 1..) => connect.keep_alive_s.min(longest_s),
        _ => connect.keep_alive_s,
    }
}

/// Below which topic the client may expect answers (section 4.10.1).
fn response_information(client: &ClientId) -> Arc<str> {
    let level: String = client
        .0
        .chars()
        .map(|c| if matches!(c, '/' | '+' | '#') { '_' } else { c })
        .collect();
    format!("response/{level}").into()
}
