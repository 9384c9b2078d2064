//! MQTT clients: who is there, what waits for them, and how to end it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::cursor::{ClientCursor, PageCursor as _};
use super::page::Page;
use super::params::{Count, params};
use super::problem::{Kind, NoSuchClient, Problem, Problems};
use crate::message::{Timestamp, Topic, TopicFilter};
use crate::port::{
    ClientDetails, ClientEvent, ClientFacts, ClientsWish, Flow, LinkFacts, Oversee,
    SubscriptionFacts,
};

/// The most clients in an answer.
const CLIENTS_MAX: usize = 1000;

params! {
    /// Which clients.
    ClientsParams {
        /// Those whose identifier contains this, whatever its case
        q: String,
        /// Only those that are connected, or that are not
        connected: bool,
        /// The `next` of the page before
        #[param(value_type = Option<String>, format = "cursor")]
        cursor: ClientCursor,
        /// At most so many (100)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
    }
}

params! {
    /// How a client's connection is ended.
    DisconnectParams {
        /// Whether its session ends too, with what it had subscribed to and what waits for it (false)
        end_session: bool,
    }
}

/// An MQTT client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Client)]
pub(super) struct ClientView {
    /// Its client identifier.
    #[schema(value_type = String)]
    client: Arc<str>,
    /// The account that its session belongs to.
    #[schema(value_type = String)]
    account: Arc<str>,
    /// The connection; null while there is none.
    connection: Option<LinkView>,
    /// Since when nobody is connected; null while somebody is, and where that is not known.
    disconnected_at: Option<Timestamp>,
    /// How long the session outlives its connection, in seconds: 0 where it ends with it, null where
    /// it never ends.
    session_expiry_s: Option<u32>,
    /// How many filters it has subscribed to.
    subscriptions: usize,
    /// Messages that wait for it.
    queued: usize,
    /// Messages of QoS 1 and 2 that it has not acknowledged.
    in_flight: usize,
    /// What is held of these in memory, in bytes; the rest is in the journal.
    queued_bytes: usize,
    /// Messages from it, as long as the server has known the session.
    received: FlowView,
    /// Messages to it.
    sent: FlowView,
    /// Where its Will goes, where it has one.
    #[schema(value_type = Option<String>)]
    will: Option<Topic>,
}

/// A connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
struct LinkView {
    since: Timestamp,
    /// From where, as an address and a port.
    #[schema(value_type = String, example = "192.0.2.7:51234")]
    address: SocketAddr,
    /// `tcp`, `tls` or `websocket`.
    transport: &'static str,
    /// The version of MQTT: `3.1`, `3.1.1` or `5.0`.
    version: &'static str,
    /// Null where silence is no reason to end it.
    keep_alive_s: Option<u16>,
}

/// How many messages went one way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Flow)]
struct FlowView {
    messages: u64,
    /// Of their payloads.
    bytes: u64,
    /// Messages a second, over about the last ten seconds.
    rate: f64,
}

/// An MQTT client, what it has subscribed to, and what became of its connections.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientDetails)]
pub(super) struct ClientDetailsView {
    #[serde(flatten)]
    client: ClientView,
    /// By filter; no more than a thousand.
    filters: Vec<SubscriptionView>,
    /// The last twenty events, the newest first, since the server started.
    timeline: Vec<ClientEventView>,
}

/// What a client has subscribed to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscription)]
struct SubscriptionView {
    #[schema(value_type = String, example = "factory/#")]
    filter: TopicFilter,
    /// The name of the share, where it is shared with other clients.
    #[schema(value_type = Option<String>)]
    share: Option<Arc<str>>,
    /// The greatest quality of service that is wanted.
    #[schema(maximum = 2)]
    qos: u8,
    /// Whether its own messages are left out.
    no_local: bool,
    /// Whether messages keep the flag with which they were published.
    retain_as_published: bool,
    /// Its subscription identifier.
    id: Option<u32>,
}

/// What became of a client's connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientEvent)]
struct ClientEventView {
    time: Timestamp,
    /// From where it connected; null where the connection ended.
    #[schema(value_type = Option<String>)]
    address: Option<SocketAddr>,
    /// What happened, for a person to read.
    what: &'static str,
}

/// What was ended.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Disconnected {
    client: String,
    /// Whether the session ended, too.
    session_ended: bool,
}

impl From<ClientFacts> for ClientView {
    fn from(facts: ClientFacts) -> Self {
        Self {
            client: facts.client,
            account: facts.account,
            connection: facts.link.map(LinkView::from),
            disconnected_at: facts.disconnected_at,
            session_expiry_s: (facts.expiry_s != u32::MAX).then_some(facts.expiry_s),
            subscriptions: facts.subscriptions,
            queued: facts.queued,
            in_flight: facts.in_flight,
            queued_bytes: facts.queued_bytes,
            received: facts.received.into(),
            sent: facts.sent.into(),
            will: facts.will,
        }
    }
}

impl From<LinkFacts> for LinkView {
    fn from(link: LinkFacts) -> Self {
        let LinkFacts {
            since,
            address,
            transport,
            version,
            keep_alive_s,
        } = link;
        Self {
            since,
            address,
            transport,
            version,
            keep_alive_s,
        }
    }
}

impl From<Flow> for FlowView {
    fn from(flow: Flow) -> Self {
        Self {
            messages: flow.messages,
            bytes: flow.bytes,
            rate: flow.rate,
        }
    }
}

impl From<ClientDetails> for ClientDetailsView {
    fn from(details: ClientDetails) -> Self {
        let subscription = |it: SubscriptionFacts| SubscriptionView {
            filter: it.filter,
            share: it.share,
            qos: it.qos as u8,
            no_local: it.no_local,
            retain_as_published: it.retain_as_published,
            id: it.id,
        };
        let event = |it: ClientEvent| ClientEventView {
            time: it.at,
            address: it.address,
            what: it.what,
        };
        Self {
            client: details.facts.into(),
            filters: details
                .subscriptions
                .into_iter()
                .map(subscription)
                .collect(),
            timeline: details.timeline.into_iter().map(event).collect(),
        }
    }
}

/// MQTT clients
///
/// Those that are connected, and those that have a session which waits for them, by identifier. For
/// whoever may read everything.
#[utoipa::path(get, path = "/clients", tag = "clients", params(ClientsParams),
    responses((status = OK, body = Page<ClientView>), Problems))]
pub(super) async fn clients(
    State(clients): State<Arc<dyn Oversee>>,
    asker: Asker,
    params: ClientsParams,
) -> Result<Json<Page<ClientView>>, Problem> {
    asker.check_reads_all()?;
    let limit = Count::within(params.limit, "limit", 100, CLIENTS_MAX)?;
    let mut found = clients.clients(&ClientsWish {
        q: params.q,
        is_connected: params.connected,
        after: params.cursor.map(|cursor| cursor.after),
        limit: limit + 1,
    });
    let are_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| are_more);
    let next = last.map(|last| ClientCursor::new(&last.client).text());
    Ok(Json(Page {
        items: found.into_iter().map(ClientView::from).collect(),
        next,
        complete_to: None,
        kept_from: None,
    }))
}

/// One MQTT client
///
/// For whoever may read everything.
#[utoipa::path(get, path = "/clients/{client}", tag = "clients",
    params(("client" = String, Path, description = "Its identifier, percent-encoded")),
    responses((status = OK, body = ClientDetailsView),
        NoSuchClient, Problems))]
pub(super) async fn client(
    State(clients): State<Arc<dyn Oversee>>,
    asker: Asker,
    Path(client): Path<String>,
) -> Result<Json<ClientDetailsView>, Problem> {
    asker.check_reads_all()?;
    let details = clients.client(&client).ok_or_else(no_such_client)?;
    Ok(Json(details.into()))
}

/// Disconnect an MQTT client
///
/// Its Will is published; it may connect again at once. For administrators.
#[utoipa::path(delete, path = "/clients/{client}", tag = "clients",
    params(("client" = String, Path, description = "Its identifier, percent-encoded"),
        DisconnectParams),
    responses((status = OK, body = Disconnected),
        NoSuchClient, Problems))]
pub(super) async fn disconnect_client(
    State(clients): State<Arc<dyn Oversee>>,
    asker: Asker,
    Path(client): Path<String>,
    params: DisconnectParams,
) -> Result<Json<Disconnected>, Problem> {
    asker.check_removes()?;
    let ends_session = params.end_session == Some(true);
    let is_ended = clients.disconnect(&client, ends_session);
    if !is_ended.ok_or_else(no_such_client)? {
        let why = "the client is not connected; end_session=true ends what is left of it";
        return Err(Problem::new(Kind::Conflict, why));
    }
    tracing::info!(client, ends_session, by = ?asker.principal, "a client is disconnected");
    Ok(Json(Disconnected {
        client,
        session_ended: ends_session,
    }))
}

fn no_such_client() -> Problem {
    Problem::new(Kind::NotFound, "there is no such client")
}
