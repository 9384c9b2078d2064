//! The way back: the state file, then the journal from the file's offset on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::journal::JournalError;
use crate::message::{ClientId, Message, Offset, Qos, Record, Timestamp};
use crate::mqtt::codec::PacketId;
use crate::mqtt::ids::{FIRST_ID, GroupId, OwnerId, SessionId, WillId};
use crate::mqtt::queued::{Queued, Settled, Via};
use crate::mqtt::resent::Resent;
use crate::mqtt::session::Session;
use crate::mqtt::state::{
    InFlightRow, LoadedState, Progress, SessionChange, SessionRow, StateEvent, WillChange, WillRow,
};
use crate::mqtt::terms::{SubscriptionKey, SubscriptionOptions, subscription_bytes};

use super::recovered_flights::{drop_lost, name_of, restore_in_flight};
use super::recovered_wills::since;
use super::{Broker, BrokerError};

const READ_BYTES: usize = 1 << 20;

/// How many of the last records are looked at for what clients may send once more.
const TAIL_RECORDS: u64 = 50_000;

/// What was in flight to each session when the state was written.
type InFlightRows = HashMap<(SessionId, Settled), InFlightRow>;

/// What is found on the way.
#[derive(Default)]
struct Found {
    by_id: HashMap<SessionId, Arc<Session>>,
    /// Wills that may still be published.
    wills: BTreeMap<WillId, WillRow>,
    /// Those that are over although the journal says something else.
    wills_over: HashSet<WillId>,
    /// The one whose message the next record is.
    published: Option<WillId>,
    /// Events that this version can't read.
    unread: u64,
}

impl Broker {
    /// Makes the state complete that was loaded.
    pub(crate) async fn recover(self: &Arc<Self>, loaded: LoadedState) -> Result<(), BrokerError> {
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
            None => {
                if !self.journal.is_whole() {
                    tracing::warn!(
                        %oldest,
                        "the broker's state is new, and the journal is not: sessions and retained \
                         messages from before are not known"
                    );
                }
                oldest
            }
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
                let published = found.published.take();
                match record {
                    Record::Message(message) => {
                        if let Some(id) = published {
                            self.will_is_over(id, &mut found);
                        }
                        self.replay_message(&message, &found.by_id);
                    }
                    Record::Session(event) => {
                        self.replay_event(event.offset, &event.bytes, &mut found);
                    }
                }
            }
            tokio::task::yield_now().await;
        }
        if found.unread > 0 {
            tracing::warn!(
                events = found.unread,
                "the journal has events of another version of this server: what they changed of \
                 sessions and Wills is not known"
            );
        }
        *self.resent.lock() = resent;
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
        *self.progress.lock() = Progress::at(from);
        self.hold.set(Some(from));
        self.write_state(true).await?;
        Ok(())
    }

    fn restore(self: &Arc<Self>, loaded: LoadedState, from: Offset, same: bool) -> Found {
        self.next_id
            .store(loaded.next_id.max(FIRST_ID), Ordering::Relaxed);
        for mut message in loaded.retained {
            if !same {
                message.offset = Offset::default();
            }
            self.retained.load(message);
        }
        let mut by_id: HashMap<_, Arc<Session>> = HashMap::new();
        let mut in_flight = InFlightRows::new();
        for (id, row) in loaded.sessions {
            let session = self.restore_session(id, &row);
            if same {
                for row in row.in_flight {
                    in_flight.insert((id, name_of(&row)), row);
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
            for (owner, entry) in loaded.queued {
                self.restore_queued(owner, entry, &by_id, &mut in_flight);
            }
        }
        let mut rest: Vec<_> = in_flight.into_iter().collect();
        rest.sort_by_key(|((_, name), _)| name.offset);
        for ((id, _), row) in rest {
            if let Some(session) = by_id.get(&id) {
                restore_in_flight(session, row);
            }
        }
        Found {
            by_id,
            wills: loaded.wills.into_iter().collect(),
            wills_over: loaded.wills_over,
            published: None,
            unread: 0,
        }
    }

    fn restore_session(self: &Arc<Self>, id: SessionId, row: &SessionRow) -> Arc<Session> {
        let client = ClientId(Arc::clone(&row.client));
        let (account, memory) = (Arc::clone(&row.account), self.memory.client());
        let session = Session::new(id, client, account, row.expiry_s, memory);
        let session = Arc::new(session);
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

    fn restore_subscription(
        &self,
        session: &Arc<Session>,
        key: &SubscriptionKey,
        options: &SubscriptionOptions,
    ) {
        if let Some(id) = options.group {
            self.next_id.fetch_max(id.0 + 1, Ordering::Relaxed);
        }
        if let Some(other) = self.subscriptions.group_of(key)
            && Some(other.id) != options.group
        {
            // Numbers only rise: the group of the smaller one was over when the other was made,
            // and who is in it here has gone before, or never got as far as to join.
            if Some(other.id) > options.group {
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
        if is_new {
            state.hold_subscription(subscription_bytes(key));
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
        owner: OwnerId,
        entry: Queued,
        by_id: &HashMap<SessionId, Arc<Session>>,
        in_flight: &mut InFlightRows,
    ) {
        if let Some(group) = self.subscriptions.group(GroupId(owner.0)) {
            group.restore(entry);
            return;
        }
        let Some(session) = by_id.get(&SessionId(owner.0)) else {
            return;
        };
        let name = entry.name();
        let sent = in_flight.remove(&(session.id, name));
        let mut state = session.state();
        match (sent, entry.via) {
            (Some(row), Via::Retained) => {
                let message = row
                    .topic
                    .as_ref()
                    .and_then(|topic| self.retained.get(topic));
                match message.filter(|message| message.offset == row.offset) {
                    None => drop_lost(&mut state, row),
                    message => {
                        let message = message.map(Into::into);
                        let entry = Queued { message, ..entry };
                        state.outbound.restore_in_flight(&row, entry);
                    }
                }
            }
            (Some(row), _) => state.outbound.restore_in_flight(&row, entry),
            (None, Via::Subscription) => state.outbound.restore(entry),
            (None, Via::Retained) => state.outbound.remove_row(name),
            (None, Via::Share(id)) => {
                state.outbound.remove_row(name);
                let entry = Queued {
                    saved: false,
                    ..entry
                };
                if let Some(group) = self.subscriptions.group(id) {
                    // Nobody is connected: any member may have it.
                    drop(state);
                    group.restore(entry);
                } else {
                    let via = Via::Subscription;
                    state.outbound.restore(Queued { via, ..entry });
                }
            }
        }
    }

    fn replay_message(
        self: &Arc<Self>,
        message: &Arc<Message>,
        by_id: &HashMap<SessionId, Arc<Session>>,
    ) {
        if message.retain {
            self.retained.put(message);
        }
        self.keep_certificate(message);
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
        match StateEvent::decode(bytes) {
            None => found.unread += 1,
            Some(StateEvent::Session(id, change)) => {
                self.next_id.fetch_max(id.0 + 1, Ordering::Relaxed);
                self.replay_session(offset, id, change, &mut found.by_id);
            }
            Some(StateEvent::Will(id, change)) => {
                self.next_id.fetch_max(id.0 + 1, Ordering::Relaxed);
                match change {
                    WillChange::Left { .. } if found.wills_over.contains(&id) => {}
                    WillChange::Left {
                        client,
                        account,
                        will,
                    } => {
                        self.replay_will(id, client, account, *will, &mut found.wills);
                    }
                    WillChange::Lost(at) => {
                        if let Some(row) = found.wills.get_mut(&id) {
                            row.lost_at = Some(Timestamp(at));
                        }
                    }
                    WillChange::Published => found.published = Some(id),
                    WillChange::Over => self.will_is_over(id, found),
                }
            }
        }
    }

    fn will_is_over(&self, id: WillId, found: &mut Found) {
        found.wills.remove(&id);
        self.wills.forget(id);
    }

    fn replay_session(
        self: &Arc<Self>,
        offset: Offset,
        id: SessionId,
        change: SessionChange,
        by_id: &mut HashMap<SessionId, Arc<Session>>,
    ) {
        if let SessionChange::Started {
            client,
            account,
            expiry_s,
        } = change
        {
            let row = SessionRow {
                client,
                account,
                expiry_s,
                since: offset,
                disconnected_at: None,
                inbound: Vec::new(),
                in_flight: Vec::new(),
                retained: Vec::new(),
            };
            return self.replay_started(id, &row, by_id);
        }
        let Some(session) = by_id.get(&id).cloned() else {
            return;
        };
        match change {
            SessionChange::Ended => {
                by_id.remove(&id);
                self.end_session(&session);
            }
            SessionChange::Subscribed(all) => {
                for (key, mut options) in all {
                    let known = session.state().subscriptions.get(&key).map(|it| it.since);
                    options.since = known.unwrap_or(offset);
                    self.restore_subscription(&session, &key, &options);
                }
            }
            SessionChange::Unsubscribed(keys) => {
                for key in keys {
                    self.unsubscribe(&session, &key);
                }
            }
            SessionChange::Settled(all) => {
                for name in all {
                    session.replay_settled(name);
                }
            }
            change => session.replay(&change),
        }
    }

    fn replay_started(
        self: &Arc<Self>,
        id: SessionId,
        row: &SessionRow,
        by_id: &mut HashMap<SessionId, Arc<Session>>,
    ) {
        if let Some(known) = self.clients.get(&row.client) {
            if known.id == id {
                known.state().since = row.since;
            }
            if known.id >= id {
                return;
            }
            by_id.remove(&known.id);
            self.end_session(&known);
        }
        by_id.insert(id, self.restore_session(id, row));
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
