//! What was sent to one client and is not acknowledged, and its packet identifiers.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::message::{Offset, Qos};
use crate::mqtt::codec::PacketId;
use crate::mqtt::ids::{GroupId, SessionId};
use crate::mqtt::queued::{HeldMessage, Queued, Settled, Via, bytes_of};
use crate::mqtt::saving::{SavedRows, Saving};
use crate::mqtt::state::{InFlightRow, Stage};

use super::delivery::{Budget, Delivery, Gate, Outgoing, TakeOutcome};

/// How many messages of share groups that others are to have are kept in mind.
const GIVEN_AWAY_MAX: usize = 1 << 16;

/// The messages of QoS 1 and 2 on their way to one client.
#[derive(Debug)]
pub(crate) struct InFlight {
    by_id: HashMap<PacketId, Sent, foldhash::fast::RandomState>,
    /// What is to be sent again on this connection, before anything else.
    resend: VecDeque<PacketId>,
    /// What others have got of it.
    given_away: HashSet<Settled>,
    /// Bytes of the messages in memory.
    bytes: usize,
    /// Places taken of the receiver's Receive Maximum.
    used: usize,
    last_id: u16,
    order: u64,
    saving: Saving,
    /// Whether it has changed since it was saved.
    has_changed: bool,
}

/// A message that was sent and is not acknowledged.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) entry: Queued,
    pub(super) stage: Stage,
    /// Its place in the order of sending, in which it is sent again [MQTT-4.6.0-1].
    order: u64,
    /// Whether it takes a place of the receiver's Receive Maximum on this connection.
    is_counted: bool,
    /// Where the journal has the packet identifier, at QoS 2.
    recorded: Option<Offset>,
    /// When it was sent, in seconds of the broker's clock.
    since_s: u32,
}

impl InFlight {
    pub(super) fn new(owner: SessionId) -> Self {
        Self {
            by_id: HashMap::default(),
            resend: VecDeque::new(),
            given_away: HashSet::new(),
            bytes: 0,
            used: 0,
            last_id: 0,
            order: 0,
            saving: Saving::new(owner.into()),
            has_changed: false,
        }
    }

    pub(super) fn get(&self, id: PacketId) -> Option<&Sent> {
        self.by_id.get(&id)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many places of the receiver's Receive Maximum are taken, or will be when all has been
    /// sent again.
    pub(super) fn places(&self) -> usize {
        self.used.max(self.by_id.len())
    }

    /// Whether one more may be sent on this connection.
    pub(super) fn has_room(&self, window: u16) -> bool {
        self.used < usize::from(window)
    }

    /// Whether others have got this one.
    pub(super) fn is_given_away(&self, name: Settled) -> bool {
        self.given_away.contains(&name)
    }

    /// The next packet identifier that is not taken.
    pub(super) fn next_id(&mut self) -> Option<PacketId> {
        if self.by_id.len() >= usize::from(u16::MAX) {
            return None;
        }
        loop {
            self.last_id = self.last_id.wrapping_add(1);
            match PacketId::new(self.last_id) {
                Some(id) if !self.by_id.contains_key(&id) => return Some(id),
                _ => {}
            }
        }
    }

    /// A message is sent for the first time, with that packet identifier.
    pub(super) fn send(&mut self, id: PacketId, entry: Queued, now_s: u32) {
        self.used += 1;
        self.has_changed = true;
        self.insert(id, entry, Stage::PublishSent, None, now_s);
        if let Some(sent) = self.by_id.get_mut(&id) {
            sent.is_counted = true;
        }
    }

    fn insert(
        &mut self,
        id: PacketId,
        entry: Queued,
        stage: Stage,
        recorded: Option<Offset>,
        since_s: u32,
    ) {
        if stage == Stage::PublishSent {
            self.saving.came(&entry);
            self.bytes += entry.bytes();
        }
        self.order += 1;
        let sent = Sent {
            entry,
            stage,
            order: self.order,
            is_counted: false,
            recorded,
            since_s,
        };
        self.by_id.insert(id, sent);
    }

    /// Puts a message in flight again, under the packet identifier that it had; answers with the
    /// one that had it in the meantime, which waits once more.
    pub(super) fn restore(&mut self, row: &InFlightRow, entry: Queued) -> Option<Queued> {
        let known = self.by_id.remove(&row.id);
        let known = known.filter(|known| known.stage == Stage::PublishSent);
        if let Some(known) = &known {
            self.saving.passed_on(&known.entry);
            self.bytes -= known.entry.bytes();
        }
        self.insert(row.id, entry, row.stage, row.recorded, 0);
        known.map(|known| known.entry)
    }

    /// Takes a message out, and frees its packet identifier.
    pub(super) fn settle(&mut self, id: PacketId) -> Option<Queued> {
        let sent = self.by_id.remove(&id)?;
        if sent.is_counted {
            self.used = self.used.saturating_sub(1);
        }
        match sent.stage {
            Stage::PublishSent => self.is_over(&sent.entry),
            Stage::GivenAway => {
                self.given_away.remove(&sent.entry.name());
            }
            Stage::PubrecReceived => {}
        }
        self.has_changed = true;
        Some(sent.entry)
    }

    fn is_over(&mut self, entry: &Queued) {
        self.bytes -= entry.bytes();
        self.saving.is_over(entry);
    }

    /// PUBREC was received: the message is no longer needed, its packet identifier still is.
    pub(super) fn pubrec(&mut self, id: PacketId) {
        let Some(sent) = self.by_id.get_mut(&id) else {
            return;
        };
        if sent.stage != Stage::PublishSent {
            return;
        }
        sent.stage = Stage::PubrecReceived;
        let entry = sent.entry.clone();
        sent.entry.message = None;
        sent.entry.via = Via::Subscription;
        self.is_over(&entry);
        self.has_changed = true;
    }

    /// The journal has the packet identifier of a QoS 2 delivery.
    pub(super) fn recorded(&mut self, id: PacketId, offset: Offset) {
        if let Some(sent) = self.by_id.get_mut(&id) {
            sent.recorded = Some(offset);
        }
    }

    /// Which of a group's QoS 1 messages the client has not acknowledged since `before_s`, with
    /// copies of them, in their order.
    pub(super) fn unacknowledged(&self, group: GroupId, before_s: u32) -> Vec<(PacketId, Queued)> {
        let mut silent: Vec<_> = self
            .qos1_of(group)
            .filter(|(_, sent)| sent.since_s < before_s)
            .map(|(id, sent)| (id, sent.entry.clone()))
            .collect();
        silent.sort_by_key(|(_, entry)| entry.offset);
        silent
    }

    /// Takes out a group's QoS 1 messages that the client has not acknowledged.
    pub(super) fn give_back(&mut self, group: GroupId) -> Vec<Queued> {
        let ids: Vec<_> = self.qos1_of(group).map(|(id, _)| id).collect();
        ids.into_iter().filter_map(|id| self.settle(id)).collect()
    }

    fn qos1_of(&self, group: GroupId) -> impl Iterator<Item = (PacketId, &Sent)> {
        self.by_id
            .iter()
            .map(|(id, sent)| (*id, sent))
            .filter(move |(_, sent)| {
                sent.stage == Stage::PublishSent
                    && sent.entry.qos == Qos::AtLeastOnce
                    && sent.entry.via == Via::Share(group)
            })
    }

    /// Others have this message now, unless the client has acknowledged it in the meantime: only
    /// its packet identifier is still taken.
    pub(super) fn give_away(&mut self, id: PacketId, offset: Offset) {
        let Some(sent) = self.by_id.get_mut(&id) else {
            return;
        };
        if sent.entry.offset != offset || sent.stage != Stage::PublishSent {
            return;
        }
        sent.stage = Stage::GivenAway;
        let entry = sent.entry.clone();
        sent.entry.message = None;
        self.is_over(&entry);
        self.given_away.insert(entry.name());
        self.has_changed = true;
    }

    /// Sends again what was in flight when the last connection ended; false while that is not
    /// done, since what comes after it has to wait.
    pub(super) fn resend(
        &mut self,
        is_kept: bool,
        out: &mut Vec<Outgoing>,
        budget: &mut Budget,
        outcome: &mut TakeOutcome,
    ) -> bool {
        while let Some(&id) = self.resend.front() {
            let Some(sent) = self.by_id.get_mut(&id) else {
                self.resend.pop_front();
                continue;
            };
            match sent.stage {
                Stage::GivenAway => {}
                Stage::PubrecReceived => out.push(Outgoing::Pubrel(id)),
                Stage::PublishSent => {
                    let has_room = self.used < usize::from(budget.window);
                    if !has_room || budget.bytes == 0 {
                        outcome.more = has_room;
                        return false;
                    }
                    let Some(message) = sent.entry.message.clone() else {
                        outcome.load = true;
                        return false;
                    };
                    budget.bytes = budget.bytes.saturating_sub(bytes_of(&message));
                    self.used += 1;
                    sent.is_counted = true;
                    sent.since_s = budget.now_s;
                    let is_recorded = sent.entry.qos == Qos::ExactlyOnce && is_kept;
                    out.push(Outgoing::Publish(Delivery {
                        message,
                        qos: sent.entry.qos,
                        retain: sent.entry.retain,
                        dup: true,
                        id: Some(id),
                        ids: sent.entry.ids.clone(),
                        gate: match sent.recorded {
                            _ if !is_recorded => Gate::Open,
                            Some(offset) => Gate::At(offset),
                            None => Gate::Unrecorded,
                        },
                        via: sent.entry.via,
                    }));
                    self.bytes -= sent.entry.bytes();
                    sent.entry.unload_counted();
                    self.bytes += sent.entry.bytes();
                }
            }
            self.resend.pop_front();
        }
        true
    }

    /// Makes ready for a new connection: what was in flight is sent again in its order.
    pub(super) fn resume(&mut self) {
        let all = self.by_id.iter();
        let mut ids: Vec<_> = all.map(|(id, sent)| (sent.order, *id)).collect();
        ids.sort_unstable();
        self.resend = ids.into_iter().map(|(_, id)| id).collect();
        self.used = 0;
    }

    /// The connection is over: all stays by its offset only.
    pub(super) fn pause(&mut self) {
        self.resend = VecDeque::new();
        self.used = 0;
        self.by_id.retain(|_, sent| sent.stage != Stage::GivenAway);
        self.given_away = HashSet::new();
        for sent in self.by_id.values_mut() {
            sent.is_counted = false;
            sent.entry.unload();
        }
        self.bytes = 0;
    }

    /// What is to be sent again, in its order.
    pub(super) fn to_resend(&self) -> impl Iterator<Item = &Queued> {
        self.resend.iter().filter_map(|id| {
            let sent = self.by_id.get(id)?;
            (sent.stage == Stage::PublishSent).then_some(&sent.entry)
        })
    }

    /// Takes in what was read from the journal; `find` answers with `Err` where a message is lost.
    /// Answers how many those are.
    pub(super) fn fill(
        &mut self,
        find: impl Fn(&Queued) -> Result<Option<HeldMessage>, ()>,
    ) -> u64 {
        let mut lost = Vec::new();
        for (id, sent) in &mut self.by_id {
            let entry = &mut sent.entry;
            if sent.stage != Stage::PublishSent || entry.message.is_some() {
                continue;
            }
            match find(entry) {
                Ok(message) => entry.message = message,
                Err(()) => lost.push((*id, entry.qos)),
            }
            self.bytes += entry.bytes();
        }
        self.give_up(&lost);
        lost.len() as u64
    }

    /// Messages can't be sent any more. A packet identifier that the client may have seen is given
    /// back in the proper way.
    fn give_up(&mut self, sent: &[(PacketId, Qos)]) {
        for (id, qos) in sent {
            if *qos == Qos::ExactlyOnce {
                self.pubrec(*id);
            } else {
                self.settle(*id);
            }
        }
    }

    /// Takes out what the client may not read.
    pub(super) fn withhold(&mut self, is_one: impl Fn(Offset) -> bool) {
        let all = self.by_id.iter();
        let withheld: Vec<_> = all
            .filter(|(_, sent)| sent.stage == Stage::PublishSent && is_one(sent.entry.offset))
            .map(|(id, sent)| (*id, sent.entry.qos))
            .collect();
        self.give_up(&withheld);
    }

    /// Others are to have this one; whether that can be kept in mind.
    pub(super) fn refuse(&mut self, name: Settled) -> bool {
        self.given_away.len() < GIVEN_AWAY_MAX && self.given_away.insert(name)
    }

    /// The offsets of what has still to be delivered.
    pub(super) fn offsets(&self) -> impl Iterator<Item = Offset> {
        self.by_id
            .values()
            .filter(|sent| sent.stage == Stage::PublishSent && sent.entry.via != Via::Retained)
            .map(|sent| sent.entry.offset)
    }

    /// The packet identifier of a message that was sent.
    pub(super) fn find(&self, name: Settled) -> Option<PacketId> {
        self.by_id
            .iter()
            .find(|(_, sent)| sent.stage == Stage::PublishSent && sent.entry.name() == name)
            .map(|(id, _)| *id)
    }

    /// Whether it has changed since the last time that somebody asked.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// Adds to `rows` what the state file has to be told.
    pub(super) fn save(&mut self, until: Offset, rows: &mut SavedRows) {
        let sent = self.by_id.values_mut();
        let entries = sent
            .filter(|sent| sent.stage == Stage::PublishSent)
            .map(|sent| &mut sent.entry);
        self.saving.save(entries, until, rows);
    }

    /// All of it, in the order of sending.
    pub(super) fn rows(&self) -> Vec<InFlightRow> {
        let mut all: Vec<_> = self
            .by_id
            .iter()
            .filter(|(_, sent)| sent.stage != Stage::GivenAway)
            .collect();
        all.sort_by_key(|(_, sent)| sent.order);
        all.into_iter()
            .map(|(id, sent)| InFlightRow {
                id: *id,
                offset: sent.entry.offset,
                via: sent.entry.via,
                stage: sent.stage,
                qos: sent.entry.qos,
                topic: match (sent.entry.via, &sent.entry.message) {
                    (Via::Retained, Some(message)) => Some(message.topic.clone()),
                    _ => None,
                },
                recorded: sent.recorded,
            })
            .collect()
    }
}
