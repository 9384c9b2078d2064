//! The way back: the store, then the journal from the store's offset on.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::journal::JournalError;
use crate::message::{ClientId, Message, Offset, Qos, Record, Timestamp};
use crate::mqtt::broker::{Broker, BrokerError};
use crate::mqtt::codec::PacketId;
use crate::mqtt::resent::Resent;
use crate::mqtt::session::{InflightRow, Queued, Session, SessionRow, Stage, Via};
use crate::mqtt::subscriptions::{Key, Options};

use super::store::Loaded;
use super::wills::since;
use super::{Checkpoint, Event, FIRST_ID, What, WillRow};

const READ_BYTES: usize = 1 << 20;

/// How many of the last records are looked at for what clients may send once more.
const TAIL_RECORDS: u64 = 50_000;

/// What is found on the way.
#[derive(Default)]
struct Found {
    /// The sessions, by their numbers.
    by_id: HashMap<u64, Arc<Session>>,
    /// Wills that may still be published.
    wills: BTreeMap<u64, WillRow>,
}

impl Broker {
    /// Loads the state and makes it complete.
    pub(crate) async fn recover(self: &Arc<Self>) -> Result<(), BrokerError> {
        let loaded = self.store.load()?;
        let epoch = u64::from(self.journal.epoch().0);
        let oldest = self.journal.oldest();
        let from = match loaded.position {
            Some((offset, known)) if known == epoch => {
                if offset < oldest {
                    tracing::warn!(
                        from = %offset, %oldest,
                        "the journal no longer has what came after the broker's state was written"
                    );
                }
                offset.max(oldest)
            }
            Some(_) => {
                tracing::warn!("the journal is another one: sessions begin with empty queues");
                oldest
            }
            None => oldest,
        };
        let same = loaded.position.is_some_and(|(_, known)| known == epoch);
        let mut found = self.restore(loaded, from, same);
        // The last records of each client are looked at in any case: it may send them once more.
        let tail = self.journal.head().0.saturating_sub(TAIL_RECORDS);
        let start = from.min(Offset(tail)).max(oldest);
        let mut reader = self.journal.reader(start)?;
        let mut resent = Resent::default();
        let mut records = 0_u64;
        loop {
            let batch = match reader.try_next(READ_BYTES) {
                Ok(batch) => batch,
                Err(JournalError::Gone { oldest }) => {
                    reader = self.journal.reader(oldest)?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if batch.is_empty() {
                break;
            }
            records += batch.len() as u64;
            for record in batch {
                if let Record::Message(message) = &record {
                    resent.observe(message);
                }
                if record.offset() < from {
                    continue;
                }
                match record {
                    Record::Message(message) => self.replay_message(&message, &found.by_id),
                    Record::Session(event) => {
                        self.replay_event(event.offset, &event.bytes, &mut found);
                    }
                }
            }
            tokio::task::yield_now().await;
        }
        *self.resent() = resent;
        let sessions = self.clients.all();
        tracing::info!(
            sessions = sessions.len(),
            retained = self.retained.len(),
            records,
            "the broker's state is complete"
        );
        self.count_retained();
        for session in &sessions {
            self.begin_offline(session);
        }
        self.begin_wills(found.wills);
        self.expire_retained();
        *self.checkpoint.lock() = Checkpoint::at(from);
        self.hold.set(Some(from));
        self.write_state(true).await?;
        Ok(())
    }

    fn restore(self: &Arc<Self>, loaded: Loaded, from: Offset, same: bool) -> Found {
        self.next_id
            .store(loaded.next_id.max(FIRST_ID), Ordering::Relaxed);
        for mut message in loaded.retained {
            if !same {
                message.offset = Offset::default();
            }
            self.retained.load(message);
        }
        let mut by_id: HashMap<_, Arc<Session>> = HashMap::new();
        let mut inflight: HashMap<(u64, Offset, u64), InflightRow> = HashMap::new();
        for (id, row) in loaded.sessions {
            let session = self.restore_session(id, &row);
            if same {
                for row in row.inflight {
                    inflight.insert((id, row.offset, row.via), row);
                }
            }
            by_id.insert(id, session);
        }
        for (id, all) in loaded.subscriptions {
            if let Some(session) = by_id.get(&id) {
                for (key, mut options) in all {
                    if !same {
                        options.since = Offset::default();
                    }
                    // What was subscribed later comes again from the journal.
                    if options.since < from || !same {
                        self.restore_subscription(session, &key, &options);
                    }
                }
            }
        }
        if same {
            for (key, entry) in loaded.queued {
                self.restore_queued(key.owner, key.via, entry, &by_id, &mut inflight);
            }
        }
        let mut rest: Vec<_> = inflight.into_iter().collect();
        rest.sort_by_key(|((_, offset, _), _)| *offset);
        for ((id, ..), row) in rest {
            if let Some(session) = by_id.get(&id) {
                restore_inflight(session, row);
            }
        }
        Found {
            by_id,
            wills: loaded.wills.into_iter().collect(),
        }
    }

    fn restore_session(self: &Arc<Self>, id: u64, row: &SessionRow) -> Arc<Session> {
        let client = ClientId(Arc::clone(&row.client));
        let session = Arc::new(Session::new(id, client, row.expiry_s));
        {
            let mut state = session.state();
            state.since = row.since;
            state.disconnected_at = row.disconnected_at;
            state.inbound = row
                .inbound
                .iter()
                .map(|(id, offset)| (*id, Some(*offset)))
                .collect();
            state.retained = row.retained.iter().cloned().collect();
            state.changed.session = true;
        }
        self.metrics.mqtt_sessions.inc();
        if let Some(older) = self.clients.insert(Arc::clone(&session)) {
            self.metrics.mqtt_sessions.dec();
            self.clients.forget(older.id);
        }
        session
    }

    fn restore_subscription(&self, session: &Arc<Session>, key: &Key, options: &Options) {
        self.next_id.fetch_max(options.group + 1, Ordering::Relaxed);
        if let Some(other) = self.subscriptions.group_of(key)
            && other.id != options.group
        {
            // Numbers only rise: the group of the smaller one was over when the other was made,
            // and who is in it here has gone before, or never got as far as to join.
            if other.id > options.group {
                return;
            }
            for member in other.sessions() {
                self.unsubscribe(&member, key);
            }
        }
        let group = self.subscriptions.subscribe(session, key, options);
        let mut state = session.state();
        let is_new = state
            .subscriptions
            .insert(key.clone(), options.clone())
            .is_none();
        if let Some(group) = group {
            state.groups.insert(group.id, group);
        }
        state.changed.subscriptions = true;
        drop(state);
        if is_new {
            self.metrics.mqtt_subscriptions.inc();
        }
    }

    /// A row of the queue: of a group; of a session, in flight or not; or of nobody any more.
    fn restore_queued(
        &self,
        owner: u64,
        via: u64,
        entry: Queued,
        by_id: &HashMap<u64, Arc<Session>>,
        inflight: &mut HashMap<(u64, Offset, u64), InflightRow>,
    ) {
        if let Some(group) = self.subscriptions.group(owner) {
            group.restore(entry);
            return;
        }
        let Some(session) = by_id.get(&owner) else {
            return;
        };
        let group = self.subscriptions.group(via);
        let sent = inflight.remove(&(owner, entry.offset, via));
        let entry = Queued {
            via: match &group {
                Some(group) => Via::Share(Arc::clone(group)),
                None if via == 1 => Via::Retained,
                None => Via::Subscription,
            },
            ..entry
        };
        let mut state = session.state();
        match (sent, group) {
            (Some(row), _) if via == 1 => {
                let topic = row.topic.clone();
                let message = topic.and_then(|topic| self.retained.get(&topic));
                let message = message.filter(|message| message.offset == row.offset);
                if message.is_none() {
                    drop_lost(&mut state, row, &entry);
                    return;
                }
                state
                    .outbound
                    .restore_inflight(&row, Queued { message, ..entry });
            }
            (Some(row), _) => state.outbound.restore_inflight(&row, entry),
            // Nobody is connected: any member may have it.
            (None, Some(group)) => {
                drop(state);
                let key = entry.row(owner);
                session.state().outbound.remove_row(key);
                group.restore(Queued {
                    saved: false,
                    ..entry
                });
            }
            (None, None) if via == 1 => state.outbound.remove_row(entry.row(owner)),
            (None, None) => state.outbound.restore(entry),
        }
    }

    fn replay_message(
        self: &Arc<Self>,
        message: &Arc<Message>,
        by_id: &HashMap<u64, Arc<Session>>,
    ) {
        if message.retain {
            self.retained.put(message);
        }
        if by_id.is_empty() {
            return;
        }
        if message.qos == Qos::ExactlyOnce
            && let Some(id) = PacketId::new(message.packet_id)
            && let Some(session) = self.clients.get(&message.client.0)
        {
            let mut state = session.state();
            if state.since < message.offset {
                state.inbound.insert(id, Some(message.offset));
            }
        }
        if message.qos > Qos::AtMostOnce {
            self.route_again(message);
        }
    }

    fn replay_event(self: &Arc<Self>, offset: Offset, bytes: &[u8], found: &mut Found) {
        let Some(event) = Event::decode(bytes) else {
            tracing::warn!(%offset, "the journal has a session event that this version can't read");
            return;
        };
        let id = event.session;
        self.next_id.fetch_max(id + 1, Ordering::Relaxed);
        let by_id = &mut found.by_id;
        match event.what {
            What::Started { client, expiry_s } => {
                return self.replay_started(offset, id, &client, expiry_s, by_id);
            }
            What::Will { client, will } => {
                return self.replay_will(id, client, *will, &mut found.wills);
            }
            What::WillOver => {
                found.wills.remove(&id);
                return self.wills.forget(id);
            }
            _ => {}
        }
        let Some(session) = by_id.get(&id).cloned() else {
            return;
        };
        match event.what {
            What::Ended => {
                by_id.remove(&id);
                self.end_session(&session);
            }
            What::Subscribed(all) => {
                for (key, mut options) in all {
                    let known = session.state().subscriptions.get(&key).map(|it| it.since);
                    options.since = known.unwrap_or(offset);
                    self.restore_subscription(&session, &key, &options);
                }
            }
            What::Unsubscribed(keys) => {
                for key in keys {
                    self.unsubscribe(&session, &key);
                }
            }
            What::Settled(all) => {
                for settled in all {
                    session.replay_settled(settled);
                }
            }
            what => session.replay(&what),
        }
    }

    fn replay_started(
        self: &Arc<Self>,
        offset: Offset,
        id: u64,
        client: &Arc<str>,
        expiry_s: u32,
        by_id: &mut HashMap<u64, Arc<Session>>,
    ) {
        if let Some(known) = self.clients.get(client) {
            if known.id >= id {
                known.replay_since(id, offset);
                return;
            }
            by_id.remove(&known.id);
            self.end_session(&known);
        }
        let row = SessionRow {
            client: Arc::clone(client),
            expiry_s,
            since: offset,
            disconnected_at: None,
            inbound: Vec::new(),
            inflight: Vec::new(),
            retained: Vec::new(),
        };
        by_id.insert(id, self.restore_session(id, &row));
    }

    /// Nobody is connected at the start: the time until the session expires runs.
    fn begin_offline(&self, session: &Arc<Session>) {
        let mut state = session.state();
        state.pending = Vec::new();
        let lost_at = *state.disconnected_at.get_or_insert_with(Timestamp::now);
        if state.expiry_s == u32::MAX {
            return;
        }
        let left = Duration::from_secs(state.expiry_s.into()).saturating_sub(since(lost_at));
        state.expires_at = Instant::now().checked_add(left);
        self.timers.schedule(session, &mut state);
    }
}

/// What was in flight and has no row: released already, or to come from the journal.
fn restore_inflight(session: &Session, row: InflightRow) {
    let mut state = session.state();
    if row.stage == Stage::Released {
        let entry = released(&row);
        state.outbound.restore_inflight(&row, entry);
    } else {
        state.pending.push(row);
    }
}

/// What is left of a message whose PUBREC was received.
fn released(row: &InflightRow) -> Queued {
    Queued {
        offset: row.offset,
        message: None,
        ids: None,
        via: Via::Subscription,
        qos: row.qos,
        retain: false,
        saved: true,
    }
}

/// A retained message that was in flight, and has been replaced since: the newer one has taken
/// its way to the session, and at QoS 2 the packet identifier is given back properly.
fn drop_lost(state: &mut crate::mqtt::session::State, row: InflightRow, entry: &Queued) {
    let key = entry.row(state.outbound.owner());
    state.outbound.remove_row(key);
    if row.qos == Qos::ExactlyOnce {
        let row = InflightRow {
            stage: Stage::Released,
            ..row
        };
        let entry = released(&row);
        state.outbound.restore_inflight(&row, entry);
    }
}
