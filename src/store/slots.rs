//! The slots of `message_hot`, filled and sealed in turn.
//!
//! This is a copy in memory of the table `hot_slot`, changed after the transaction that changes
//! the table. Slots are sealed in the order in which they were filled, so that what is hot is
//! always the newest end of everything, and all below [`HotSlots::hot_from`] is sealed.
//!
//! A sealed slot is emptied when nobody reads it any longer. Where that takes long, because
//! somebody left a transaction open, the next slot is a new one: neither writing nor sealing ever
//! waits for a reader.

use parking_lot::{Mutex, MutexGuard};
use sqlx::{PgConnection, Row as _};

use super::error::StoreError;
use super::wire::Instant;
use crate::message::{Offset, Timestamp};

/// The most slots. With as many in use, the open one is filled beyond its measure.
const SLOTS_MAX: usize = 64;

/// How many records fill a slot.
const SLOT_RECORDS: u64 = 256 * 1024;

/// How many bytes fill a slot.
const SLOT_BYTES: u64 = 256 * 1024 * 1024;

/// How long a slot is filled.
const SLOT_AGE_US: i64 = 3_600_000_000;

/// What is hot begins here; below, the rows of `message_hot` are sealed.
pub(super) const HOT_FROM: &str = "select coalesce(min(first_seq), 0) as first_seq \
                                   from unspool.hot_slot where state in ('open', 'closed')";

#[derive(Debug, Default)]
pub(super) struct HotSlots(Mutex<Vec<HotSlot>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SlotState {
    Free,
    /// It is written to.
    Open,
    /// Full, and to be sealed.
    Closed,
    /// To be emptied.
    Sealed,
}

#[derive(Debug, Clone, Copy)]
struct HotSlot {
    slot: i16,
    state: SlotState,
    first: Offset,
    opened_at: Timestamp,
    bytes: u64,
}

/// What the writer does to the slots in its transaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement {
    /// The slot to write to.
    pub(super) slot: i16,
    /// The slot that is closed for it.
    closes: Option<i16>,
    at: Timestamp,
}

impl HotSlots {
    fn slots(&self) -> MutexGuard<'_, Vec<HotSlot>> {
        self.0.lock()
    }

    pub(super) async fn load(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "select slot, state, first_seq, opened_at from unspool.hot_slot order by slot",
        )
        .fetch_all(connection)
        .await
        .map_err(StoreError::while_doing("read the hot slots"))?;
        let slots = rows.iter().map(|row| HotSlot {
            slot: row.get(0),
            state: match row.get(1) {
                "open" => SlotState::Open,
                "closed" => SlotState::Closed,
                "sealed" => SlotState::Sealed,
                _ => SlotState::Free,
            },
            first: Offset(row.get::<i64, _>(2).cast_unsigned()),
            opened_at: row.get::<Instant, _>(3).0,
            bytes: 0,
        });
        *self.slots() = slots.collect();
        Ok(())
    }

    /// Everything below is sealed.
    pub(super) fn hot_from(&self) -> Offset {
        let slots = self.slots();
        let hot = slots.iter().filter(|slot| slot.is_hot());
        hot.map(|slot| slot.first).min().unwrap_or_default()
    }

    /// The hot slots as something to select from. A reader names only these: a sealed slot that
    /// nobody names can be emptied. What is written to another one in the meantime is beyond what
    /// the reader may know, as long as it looked at the cursor before.
    pub(super) fn hot_rows(&self) -> String {
        let slots = self.slots();
        let hot = slots.iter().filter(|slot| slot.is_hot());
        let parts: Vec<String> = hot
            .map(|slot| format!("select * from unspool.message_hot_{}", slot.slot))
            .collect();
        if parts.is_empty() {
            return "unspool.message_hot".into();
        }
        format!("({})", parts.join(" union all "))
    }

    /// Which slot a batch that begins at `first` goes to.
    pub(super) fn placement(&self, first: Offset) -> Placement {
        let slots = self.slots();
        let at = Timestamp::now();
        let find = |state| slots.iter().find(|slot| slot.state == state);
        let (open, free) = (find(SlotState::Open), find(SlotState::Free));
        let (slot, closes) = match (open, free) {
            (Some(open), Some(free)) if open.is_full(first, at) => (free.slot, Some(open.slot)),
            (Some(open), _) => (open.slot, None),
            (None, free) => (free.map_or(0, |free| free.slot), None),
        };
        Placement { slot, closes, at }
    }

    /// The slot to seal next, and its first record.
    pub(super) fn closed(&self) -> Option<(i16, Offset)> {
        let slots = self.slots();
        let closed = slots.iter().filter(|slot| slot.state == SlotState::Closed);
        closed
            .min_by_key(|slot| slot.first)
            .map(|slot| (slot.slot, slot.first))
    }

    /// How many slots wait to be sealed.
    pub(super) fn closed_count(&self) -> usize {
        let slots = self.slots();
        let closed = slots.iter().filter(|slot| slot.state == SlotState::Closed);
        closed.count()
    }

    /// The slots to be emptied.
    pub(super) fn sealed(&self) -> Vec<i16> {
        let slots = self.slots();
        let sealed = slots.iter().filter(|slot| slot.state == SlotState::Sealed);
        sealed.map(|slot| slot.slot).collect()
    }

    /// The slots that are hot, and their first records.
    pub(super) fn hot(&self) -> Vec<(i16, Offset)> {
        let slots = self.slots();
        let hot = slots.iter().filter(|slot| slot.is_hot());
        hot.map(|slot| (slot.slot, slot.first)).collect()
    }

    /// The slot that is written to.
    pub(super) fn open(&self) -> Option<i16> {
        let slots = self.slots();
        let mut open = slots.iter().filter(|slot| slot.state == SlotState::Open);
        open.next().map(|slot| slot.slot)
    }

    /// The number of a slot to be made, where none is free.
    pub(super) fn wanted(&self) -> Option<i16> {
        let slots = self.slots();
        let is_short = slots.iter().all(|slot| slot.state != SlotState::Free);
        let next = slots.iter().map(|slot| slot.slot + 1).max();
        next.filter(|_| is_short && slots.len() < SLOTS_MAX)
    }

    /// The first record of the slot that was filled after the one that begins at `first`.
    pub(super) fn first_after(&self, first: Offset) -> Offset {
        let slots = self.slots();
        let hot = slots.iter().filter(|slot| slot.is_hot());
        let later = hot.map(|slot| slot.first).filter(|slot| *slot > first);
        later.min().unwrap_or(first)
    }

    /// Makes the open slot full: the next batch begins another one.
    pub(super) fn expire(&self) {
        for slot in self.slots().iter_mut() {
            slot.bytes = SLOT_BYTES;
        }
    }

    /// A slot has been made.
    pub(super) fn made(&self, slot: i16) {
        self.slots().push(HotSlot {
            slot,
            state: SlotState::Free,
            first: Offset(0),
            opened_at: Timestamp(0),
            bytes: 0,
        });
    }

    /// A closed slot has been sealed.
    pub(super) fn was_sealed(&self, slot: i16) {
        self.set(slot, SlotState::Sealed);
    }

    /// A sealed slot has been emptied.
    pub(super) fn was_emptied(&self, slot: i16) {
        self.set(slot, SlotState::Free);
    }

    fn set(&self, number: i16, state: SlotState) {
        for slot in self.slots().iter_mut() {
            if slot.slot == number {
                slot.state = state;
            }
        }
    }

    /// A batch of so many bytes has been committed.
    pub(super) fn placed(&self, placement: Placement, first: Offset, bytes: u64) {
        for slot in self.slots().iter_mut() {
            if Some(slot.slot) == placement.closes {
                slot.state = SlotState::Closed;
            }
            if slot.slot != placement.slot {
                continue;
            }
            if placement.closes.is_some() {
                slot.state = SlotState::Open;
                slot.first = first;
                slot.opened_at = placement.at;
                slot.bytes = 0;
            }
            slot.bytes += bytes;
        }
    }
}

impl Placement {
    /// Closes one slot and opens the other, where that is due.
    pub(super) async fn write(
        self,
        connection: &mut PgConnection,
        first: Offset,
    ) -> Result<(), StoreError> {
        let Some(closes) = self.closes else {
            return Ok(());
        };
        sqlx::query(
            "update unspool.hot_slot
             set state = case slot when $1 then 'closed' else 'open' end,
                first_seq = case slot when $1 then first_seq else $3 end,
                opened_at = case slot when $1 then opened_at else $4 end
             where slot in ($1, $2)",
        )
        .bind(closes)
        .bind(self.slot)
        .bind(first.0.cast_signed())
        .bind(Instant(self.at))
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("open the next hot slot"))?;
        Ok(())
    }
}

impl HotSlot {
    fn is_hot(&self) -> bool {
        matches!(self.state, SlotState::Open | SlotState::Closed)
    }

    fn is_full(&self, next: Offset, now: Timestamp) -> bool {
        next.0.saturating_sub(self.first.0) >= SLOT_RECORDS
            || self.bytes >= SLOT_BYTES
            || (next > self.first && now.0.saturating_sub(self.opened_at.0) >= SLOT_AGE_US)
    }
}
