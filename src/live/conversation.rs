//! One connection: its subscriptions, and the only task that writes to it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::admission::Admission;
use super::error::{Refusal, RefusalCode};
use super::frame::{ConnectionLimits, Frame, Id, LiveTotals, Notice};
use super::hub::Hub;
use super::limits::{HZ_MAX, SUBS_MAX};
use super::memory::ConnectionMemory;
use super::outlet::Outlet;
use super::publisher::Publisher;
use super::request::{Request, parse};
use super::subscription::{Mode, StreamRequest};
use super::{all, latest, tree};
use crate::auth::{Action, Changes, Principal};
use crate::message::{Message, Timestamp};
use crate::view::INLINE_BYTES;

const TICK: Duration = Duration::from_secs(5);
const PING: Duration = Duration::from_secs(25);
/// Saying goodbye may not take long.
pub(super) const GOODBYE: Duration = Duration::from_secs(1);
/// After so many pings without any sign of life the client is gone.
const PINGS_MISSED_MAX: u32 = 2;
/// Frames that a client may send in one go, and then in a second.
const INBOUND_BURST: f64 = 200.0;
const INBOUND_RATE: f64 = 100.0;

/// The other end of a connection.
pub(super) trait Peer: Send {
    /// Writes a frame. An error is the end: the client is gone or does not read.
    fn send(&mut self, frame: Frame) -> impl Future<Output = Result<(), Ending>> + Send;

    /// What the client sends. Cancel-safe.
    fn receive(&mut self) -> impl Future<Output = Inbound> + Send;

    /// Asks for a sign of life, where the client is to give one.
    fn ping(&mut self) -> impl Future<Output = Result<bool, Ending>> + Send;

    /// Says why, where that can be said.
    fn close(self, end: Ending) -> impl Future<Output = ()> + Send;
}

/// What came from a client.
#[derive(Debug)]
pub(super) enum Inbound {
    Text(Utf8Bytes),
    /// A sign of life.
    Alive,
    /// Something that is no frame.
    Unfit(&'static str),
    /// Nothing more will come.
    Gone,
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client is gone, or everything it asked for has been sent.
    Gone,
    /// The server is stopping.
    Stopping,
    /// What the client asked for can't be.
    Bad,
    /// The client does not read.
    Slow,
    /// The client sends too much.
    TooMany,
    /// What the client may do has changed: it begins again with what it may do now.
    Changed,
    /// What let the client in holds no more.
    SignedOut,
}

impl Ending {
    /// The close code of a WebSocket, and the code of the `bye` frame.
    pub(super) fn codes(self) -> (u16, &'static str) {
        match self {
            Self::Gone => (1000, "done"),
            Self::Stopping => (1001, "shutdown"),
            Self::Bad => (4400, "bad_request"),
            Self::Slow => (4408, "too_slow"),
            Self::TooMany => (4429, "too_many"),
            Self::Changed => (4205, "changed"),
            Self::SignedOut => (4401, "signed_out"),
        }
    }
}

/// What a connection begins with.
pub(super) enum First {
    /// Nothing: the client will send what it wants.
    Nothing,
    /// What the query string asked for.
    Wanted(StreamRequest),
    /// The query string can't be understood.
    Refused(Refusal),
    /// A subscription that is all that this connection is for.
    Only(StreamRequest),
}

/// Serves one connection until it ends.
pub(super) async fn run<P: Peer>(
    admission: Admission,
    principal: Principal,
    mut peer: P,
    first: First,
) {
    let (frames, mut outbound) = mpsc::channel(1);
    let all = CancellationToken::new();
    let mut conversation = Conversation {
        hub: Arc::clone(&admission.hub),
        principal: principal.clone(),
        frames: Some(frames),
        memory: admission.hub.memory.connection(),
        subs: HashMap::new(),
        publisher: None,
        tokens: INBOUND_BURST,
        refilled: Instant::now(),
        _guard: all.clone().drop_guard(),
        all,
    };
    // From before anything is decided by what the client may do.
    let changes = principal.changes();
    let supervisor = admission.hub.supervisor.clone();
    let too_long = async {
        supervisor.stopping().await;
        tokio::time::sleep(GOODBYE).await;
    };
    let end = tokio::select! {
        end = conversation.serve(&mut peer, &mut outbound, first) => end.err().unwrap_or(Ending::Gone),
        // A client that does not read must not hold up the stop.
        () = too_long => Ending::Slow,
        end = until_changed(&principal, changes) => end,
    };
    drop(conversation);
    if end != Ending::Gone && end != Ending::Slow {
        let (_, code) = end.codes();
        let retry_ms = match end {
            Ending::Stopping => Some(1000),
            Ending::Changed => Some(0),
            _ => None,
        };
        // It may be gone already.
        let bye = Notice::Bye { code, retry_ms };
        let _ = tokio::time::timeout(GOODBYE, peer.send(bye.into())).await;
    }
    peer.close(end).await;
}

/// Waits until the client may do something else than when it came.
async fn until_changed(principal: &Principal, mut changes: Changes) -> Ending {
    if !principal.is_over() {
        changes.next().await;
    }
    if principal.is_over() {
        Ending::SignedOut
    } else {
        Ending::Changed
    }
}

struct Conversation {
    hub: Arc<Hub>,
    principal: Principal,
    /// Given to the feeders; `None` once no further one can come.
    frames: Option<mpsc::Sender<Frame>>,
    memory: ConnectionMemory,
    subs: HashMap<Id, Running>,
    publisher: Option<Publisher>,
    tokens: f64,
    refilled: Instant,
    all: CancellationToken,
    _guard: DropGuard,
}

struct Running {
    paused: watch::Sender<bool>,
    stop: CancellationToken,
}

impl Conversation {
    async fn serve<P: Peer>(
        &mut self,
        peer: &mut P,
        outbound: &mut mpsc::Receiver<Frame>,
        first: First,
    ) -> Result<(), Ending> {
        peer.send(self.hello()).await?;
        self.begin(peer, first).await?;
        let (mut tick, mut ping) = (every(TICK), every(PING));
        let mut missed = 0;
        loop {
            tokio::select! {
                biased;
                () = self.hub.supervisor.stopping() => return Err(Ending::Stopping),
                received = peer.receive() => {
                    missed = 0;
                    self.receive(peer, received).await?;
                }
                _ = ping.tick() => if peer.ping().await? {
                    missed += 1;
                    if missed > PINGS_MISSED_MAX {
                        return Err(Ending::Slow);
                    }
                },
                _ = tick.tick() => peer.send(self.tick()).await?,
                frame = outbound.recv() => match frame {
                    Some(frame) => peer.send(frame).await?,
                    None => return Ok(()),
                },
            }
        }
    }

    async fn begin<P: Peer>(&mut self, peer: &mut P, first: First) -> Result<(), Ending> {
        match first {
            First::Nothing => {}
            First::Wanted(subscription) => self.subscribe(peer, subscription).await?,
            First::Refused(refusal) => {
                peer.send(Frame::error(None, &refusal)).await?;
                return Err(Ending::Bad);
            }
            First::Only(subscription) => {
                self.subscribe(peer, subscription).await?;
                self.frames = None;
            }
        }
        Ok(())
    }

    async fn receive<P: Peer>(&mut self, peer: &mut P, received: Inbound) -> Result<(), Ending> {
        let text = match received {
            Inbound::Text(text) => text,
            Inbound::Alive => return Ok(()),
            Inbound::Gone => return Err(Ending::Gone),
            Inbound::Unfit(why) => {
                peer.send(Frame::error(
                    None,
                    &Refusal::new(RefusalCode::BadFrame, why),
                ))
                .await?;
                return Err(Ending::Bad);
            }
        };
        self.take_token()?;
        match parse(&text) {
            Ok(request) => self.act(peer, request).await,
            Err((id, refusal)) => peer.send(Frame::error(id, &refusal)).await,
        }
    }

    fn take_token(&mut self) -> Result<(), Ending> {
        let now = Instant::now();
        let refill = (now - self.refilled).as_secs_f64() * INBOUND_RATE;
        self.tokens = (self.tokens + refill).min(INBOUND_BURST) - 1.0;
        self.refilled = now;
        if self.tokens < 0.0 {
            return Err(Ending::TooMany);
        }
        Ok(())
    }

    async fn act<P: Peer>(&mut self, peer: &mut P, request: Request) -> Result<(), Ending> {
        match request {
            Request::Ping(id) => peer.send(Frame::ok(id)).await,
            Request::Subscribe(subscription) => self.subscribe(peer, subscription).await,
            Request::Publish(id, message) => self.publish(peer, id, *message).await,
            Request::Pause(id) => self.with_sub(peer, id, |sub| sub.pause(true)).await,
            Request::Resume(id) => self.with_sub(peer, id, |sub| sub.pause(false)).await,
            Request::Unsubscribe(id) => {
                self.with_sub(peer, id, |sub| sub.stop.cancel()).await?;
                self.subs.retain(|_, sub| !sub.stop.is_cancelled());
                Ok(())
            }
        }
    }

    async fn with_sub<P: Peer>(
        &mut self,
        peer: &mut P,
        id: Id,
        act: impl FnOnce(&Running),
    ) -> Result<(), Ending> {
        let only = self.subs.keys().next().filter(|_| self.subs.len() == 1);
        let key = if id.is_none() {
            only.copied()
        } else {
            Some(id)
        };
        let Some(sub) = key.and_then(|key| self.subs.get(&key)) else {
            let refusal = Refusal::new(RefusalCode::BadId, "there is no subscription of this id");
            return peer.send(Frame::error(id, &refusal)).await;
        };
        act(sub);
        peer.send(Frame::ok(id)).await
    }

    async fn subscribe<P: Peer>(
        &mut self,
        peer: &mut P,
        subscription: StreamRequest,
    ) -> Result<(), Ending> {
        // Those whose feeder has ended make room.
        self.subs.retain(|_, sub| !sub.paused.is_closed());
        let StreamRequest { id, mode } = subscription;
        let refusal = if self.subs.contains_key(&id) {
            Refusal::new(RefusalCode::BadId, "the id is in use: unsubscribe first")
        } else if self.subs.len() >= SUBS_MAX {
            Refusal::new(
                RefusalCode::TooMany,
                format!("there may be at most {SUBS_MAX} subscriptions"),
            )
        } else {
            peer.send(Frame::ok(id)).await?;
            self.feed(id, mode);
            return Ok(());
        };
        peer.send(Frame::error(id, &refusal)).await
    }

    /// Starts the feeder of a subscription.
    fn feed(&mut self, id: Id, mode: Mode) {
        let Some(frames) = self.frames.clone() else {
            return;
        };
        let (paused, is_paused) = watch::channel(false);
        let stop = self.all.child_token();
        let outlet = Outlet {
            id,
            frames: frames.clone(),
            memory: self.memory.clone(),
            paused: is_paused,
            is_waiting: false,
        };
        let (hub, principal) = (Arc::clone(&self.hub), self.principal.clone());
        let feeder = async move {
            let scope = |filter| hub.auth.scope(&principal, filter);
            match mode {
                Mode::All { filter, since } => {
                    let scope = scope(filter);
                    all::feed(hub, scope, since, outlet).await
                }
                Mode::Latest { filter, wish } => {
                    let scope = scope(filter);
                    latest::feed(hub, scope, wish, outlet).await
                }
                Mode::Tree { paths, every } => {
                    let sight = hub.auth.sight(&principal);
                    tree::feed(hub, sight, paths, every, outlet).await
                }
            }
        };
        let stopped = stop.clone();
        self.hub
            .supervisor
            .spawn_connection("live feeder", async move {
                tokio::select! {
                    () = stopped.cancelled() => {}
                    result = feeder => if let Err(refusal) = result {
                        // Where the connection is gone, nobody needs to know.
                        let _ = frames.send(Frame::error(id, &refusal)).await;
                    },
                }
            });
        self.subs.insert(id, Running { paused, stop });
    }

    async fn publish<P: Peer>(
        &mut self,
        peer: &mut P,
        id: Id,
        message: Message,
    ) -> Result<(), Ending> {
        let Some(frames) = &self.frames else {
            return Ok(());
        };
        let auth = &self.hub.auth;
        if !auth.may(&self.principal, Action::Write, &message.topic) {
            let why = "you may not publish on this topic";
            let refusal = Refusal::new(RefusalCode::NotAuthorized, why);
            return peer.send(Frame::error(id, &refusal)).await;
        }
        if let Err(why) = auth.publish(&self.principal) {
            let refusal = Refusal::new(RefusalCode::TooMany, why.to_string()).retry();
            return peer.send(Frame::error(id, &refusal)).await;
        }
        let publisher = self.publisher.get_or_insert_with(|| {
            Publisher::start(&self.hub, frames.clone(), self.all.child_token())
        });
        match publisher.publish(id, message) {
            Ok(()) => Ok(()),
            Err(refusal) => peer.send(Frame::error(id, &refusal)).await,
        }
    }

    fn hello(&self) -> Frame {
        let cursor = self.hub.cursor(self.hub.head());
        Notice::Hello {
            v: 1,
            epoch: cursor.epoch.to_string(),
            head: self.sees_totals().then(|| cursor.to_string()),
            limits: ConnectionLimits {
                subs: SUBS_MAX,
                hz: HZ_MAX,
                inline_bytes: INLINE_BYTES,
            },
        }
        .into()
    }

    fn tick(&self) -> Frame {
        let hub = &self.hub;
        let totals = self.sees_totals().then(|| LiveTotals {
            head: hub.cursor(hub.head()).to_string(),
            in_rate: hub.rates.read().received,
            mirror_lag_ms: hub.metrics.mirror_lag_ms.get(),
        });
        Notice::Tick {
            now: Timestamp::now(),
            totals,
        }
        .into()
    }

    fn sees_totals(&self) -> bool {
        self.principal.sees_totals()
    }
}

impl Running {
    fn pause(&self, paused: bool) {
        self.paused.send_replace(paused);
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
