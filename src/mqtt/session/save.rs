//! A session as the local state keeps it.

use std::sync::Arc;

use crate::message::{Offset, Qos, Timestamp, Topic};
use crate::mqtt::codec::PacketId;
use crate::mqtt::state::RowKey;

use super::outbound::Outbound;
use super::queue::{Inflight, Queued, Stage, Via, insert_in_order};
use super::{RetainedCursor, Session, State};

/// A session without its subscriptions and its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionRow {
    /// Whose it is.
    pub(crate) client: Arc<str>,
    /// Its expiry interval.
    pub(crate) expiry_s: u32,
    /// Since where in the journal it exists.
    pub(crate) since: Offset,
    /// Since when nobody is connected.
    pub(crate) disconnected_at: Option<Timestamp>,
    /// QoS 2 messages that were received and not released.
    pub(crate) inbound: Vec<(PacketId, Offset)>,
    /// What is in flight to the client, in the order of sending.
    pub(crate) inflight: Vec<InflightRow>,
    /// Retained messages that are still to be sent.
    pub(crate) retained: Vec<RetainedCursor>,
}

/// A message in flight. What is [`Stage::Sent`] has a row in the queue too, unless it is retained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InflightRow {
    /// Its packet identifier.
    pub(crate) id: PacketId,
    /// Which message.
    pub(crate) offset: Offset,
    /// How it came.
    pub(crate) via: u64,
    /// How far it is.
    pub(crate) stage: Stage,
    /// The QoS that it was sent with.
    pub(crate) qos: Qos,
    /// Where a retained message is found.
    pub(crate) topic: Option<Topic>,
    /// Where the journal has the packet identifier.
    pub(crate) recorded: Option<Offset>,
}

/// What the local state has to be told about a session.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    /// The session, if it has changed.
    pub(crate) session: Option<SessionRow>,
    /// Whether its subscriptions have changed.
    pub(crate) subscriptions: bool,
    /// Messages that wait and have no row yet.
    pub(crate) put: Vec<Queued>,
    /// Rows of messages that wait no more.
    pub(crate) removed: Vec<RowKey>,
}

impl Outbound {
    /// Whether it is kept on disk from now on.
    pub(super) fn persist(&mut self, persistent: bool) {
        self.persistent = persistent;
    }

    /// Entries below `until` that have no row yet; they have one from now on.
    fn unsaved_below(&mut self, until: Offset) -> Vec<Queued> {
        let mut left = self.unsaved;
        let mut put = Vec::new();
        let inflight = self
            .inflight
            .values_mut()
            .filter(|inflight| inflight.stage == Stage::Sent)
            .map(|inflight| &mut inflight.entry);
        for entry in inflight.chain(self.queue.iter_mut().rev()) {
            if left == 0 {
                break;
            }
            if entry.saved {
                continue;
            }
            left -= 1;
            if entry.offset < until {
                entry.saved = true;
                put.push(Queued {
                    message: None,
                    ..entry.clone()
                });
            }
        }
        self.unsaved -= put.len();
        put
    }

    fn inflight_rows(&self) -> Vec<InflightRow> {
        let mut rows: Vec<_> = self
            .inflight
            .iter()
            .filter(|(_, inflight)| inflight.stage != Stage::GivenAway)
            .map(|(id, inflight)| (inflight.order, *id, inflight))
            .collect();
        rows.sort_by_key(|(order, ..)| *order);
        rows.into_iter()
            .map(|(_, id, inflight)| InflightRow {
                id,
                offset: inflight.entry.offset,
                via: inflight.entry.via.number(),
                stage: inflight.stage,
                qos: inflight.entry.qos,
                topic: match (&inflight.entry.via, &inflight.entry.message) {
                    (Via::Retained, Some(message)) => Some(message.topic.clone()),
                    _ => None,
                },
                recorded: inflight.recorded,
            })
            .collect()
    }

    /// Puts a message back that the local state or the journal had.
    pub(crate) fn restore(&mut self, entry: Queued) {
        if !entry.saved {
            self.unsaved += 1;
        }
        insert_in_order(&mut self.queue, entry);
    }

    /// Takes a message out of the queue or out of what is in flight.
    pub(crate) fn remove(&mut self, offset: Offset, via: u64) -> Option<Queued> {
        let is_it = |entry: &Queued| entry.offset == offset && entry.via.number() == via;
        let inflight = self
            .inflight
            .iter()
            .find(|(_, inflight)| inflight.stage == Stage::Sent && is_it(&inflight.entry))
            .map(|(id, _)| *id);
        if let Some(id) = inflight {
            return self.settle(id).map(|inflight| inflight.entry);
        }
        let start = self.queue.partition_point(|entry| entry.offset < offset);
        let at = (start..self.queue.len())
            .take_while(|at| self.queue[*at].offset == offset)
            .find(|at| is_it(&self.queue[*at]))?;
        let entry = self.queue.remove(at)?;
        self.forget(&entry);
        Some(entry)
    }

    /// Puts a message in flight again, under the packet identifier that it had.
    pub(crate) fn restore_inflight(&mut self, row: &InflightRow, entry: Queued) {
        if let Some(known) = self.inflight.remove(&row.id)
            && known.stage == Stage::Sent
        {
            insert_in_order(&mut self.queue, known.entry);
        }
        self.order += 1;
        if row.stage == Stage::Sent && !entry.saved {
            self.unsaved += 1;
        }
        self.inflight.insert(
            row.id,
            Inflight {
                entry,
                stage: row.stage,
                order: self.order,
                counted: false,
                recorded: row.recorded,
                sent_s: 0,
            },
        );
    }
}

impl Session {
    /// What has changed since the last time, as far as messages below `until` are concerned.
    pub(crate) fn save(&self, until: Offset) -> Option<Saved> {
        let mut state = self.state();
        let state = &mut *state;
        if !state.is_persistent() {
            return None;
        }
        let put = state.outbound.unsaved_below(until);
        let removed = std::mem::take(&mut state.outbound.removed);
        let changed = std::mem::take(&mut state.changed);
        let inflight_changed = std::mem::take(&mut state.outbound.changed);
        let session = (changed.session || inflight_changed || !state.retained.is_empty())
            .then(|| state.row(&self.client.0));
        Some(Saved {
            session,
            subscriptions: changed.subscriptions,
            put,
            removed,
        })
    }
}

impl State {
    fn row(&self, client: &Arc<str>) -> SessionRow {
        SessionRow {
            client: Arc::clone(client),
            expiry_s: self.expiry_s,
            since: self.since,
            disconnected_at: self.disconnected_at,
            inbound: self
                .inbound
                .iter()
                .filter_map(|(id, offset)| offset.map(|offset| (*id, offset)))
                .collect(),
            inflight: self.outbound.inflight_rows(),
            retained: self.retained.iter().cloned().collect(),
        }
    }
}
