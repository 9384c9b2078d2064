//! The four slots of `message_hot`, filled and sealed in turn.
//!
//! This is a copy in memory of the table `hot_slot`, changed after the transaction that changes
//! the table. Slots are sealed in the order in which they were filled, so that what is hot is
//! always the newest end of everything, and all below [`HotSlots::hot_from`] is sealed.

use parking_lot::{Mutex, MutexGuard};
use sqlx::{PgConnection, Row as _};

use super::error::StoreError;
use super::wire::Instant;
use crate::message::{Offset, Timestamp};

const SLOTS: usize = 4;

/// How many records fill a slot.
const SLOT_RECORDS: u64 = 256 * 1024;

/// How many bytes fill a slot.
const SLOT_BYTES: u64 = 256 * 1024 * 1024;

/// How long a slot is filled.
const SLOT_AGE_US: i64 = 3_600_000_000;

#[derive(Debug, Default)]
pub(super) struct HotSlots(Mutex<[HotSlot; SLOTS]>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum SlotState {
    #[default]
    Free,
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, Default)]
struct HotSlot {
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

fn number(slot: usize) -> i16 {
    i16::try_from(slot).unwrap_or_default()
}

impl HotSlots {
    fn slots(&self) -> MutexGuard<'_, [HotSlot; SLOTS]> {
        self.0.lock()
    }

    pub(super) async fn load(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let rows = sqlx::query("select slot, state, first_seq, opened_at from hot_slot")
            .fetch_all(connection)
            .await
            .map_err(StoreError::while_doing("read the hot slots"))?;
        let mut slots = self.slots();
        for row in rows {
            let at = usize::try_from(row.get::<i16, _>(0)).unwrap_or(usize::MAX);
            let Some(slot) = slots.get_mut(at) else {
                continue;
            };
            *slot = HotSlot {
                state: match row.get(1) {
                    "open" => SlotState::Open,
                    "closed" => SlotState::Closed,
                    _ => SlotState::Free,
                },
                first: Offset(row.get::<i64, _>(2).cast_unsigned()),
                opened_at: row.get::<Instant, _>(3).0,
                bytes: 0,
            };
        }
        Ok(())
    }

    /// Everything below is sealed.
    pub(super) fn hot_from(&self) -> Offset {
        let slots = self.slots();
        let hot = slots.iter().filter(|slot| slot.state != SlotState::Free);
        hot.map(|slot| slot.first).min().unwrap_or_default()
    }

    /// Which slot a batch that begins at `first` goes to.
    pub(super) fn placement(&self, first: Offset) -> Placement {
        let slots = self.slots();
        let at = Timestamp::now();
        let open = slots.iter().position(|slot| slot.state == SlotState::Open);
        let free = slots.iter().position(|slot| slot.state == SlotState::Free);
        let (slot, closes) = match (open, free) {
            (Some(open), Some(free)) if slots[open].is_full(first, at) => (free, Some(open)),
            (Some(open), _) => (open, None),
            (None, free) => (free.unwrap_or_default(), None),
        };
        Placement {
            slot: number(slot),
            closes: closes.map(number),
            at,
        }
    }

    /// The slot to seal next, and its first record.
    pub(super) fn closed(&self) -> Option<(i16, Offset)> {
        let slots = self.slots();
        let closed = slots.iter().enumerate();
        closed
            .filter(|(_, slot)| slot.state == SlotState::Closed)
            .min_by_key(|(_, slot)| slot.first)
            .map(|(at, slot)| (number(at), slot.first))
    }

    /// The slot that is written to.
    pub(super) fn open(&self) -> Option<i16> {
        let slots = self.slots();
        slots
            .iter()
            .position(|slot| slot.state == SlotState::Open)
            .map(number)
    }

    /// Whether there is a slot to write to next.
    pub(super) fn has_free(&self) -> bool {
        self.slots()
            .iter()
            .any(|slot| slot.state == SlotState::Free)
    }

    /// The first record of the slot that was filled after the one that begins at `first`.
    pub(super) fn first_after(&self, first: Offset) -> Offset {
        let slots = self.slots();
        let hot = slots.iter().filter(|slot| slot.state != SlotState::Free);
        let later = hot.map(|slot| slot.first).filter(|slot| *slot > first);
        later.min().unwrap_or(first)
    }

    /// Makes the open slot full.
    #[cfg(test)]
    pub(super) fn expire(&self) {
        for slot in self.slots().iter_mut() {
            slot.bytes = SLOT_BYTES;
        }
    }

    /// A sealed slot is free again.
    pub(super) fn freed(&self, slot: i16) {
        let at = usize::try_from(slot).unwrap_or_default();
        self.slots()[at].state = SlotState::Free;
    }

    /// A batch of so many bytes has been committed.
    pub(super) fn placed(&self, placement: Placement, first: Offset, bytes: u64) {
        let mut slots = self.slots();
        let at = |slot: i16| usize::try_from(slot).unwrap_or_default();
        if let Some(closed) = placement.closes {
            slots[at(closed)].state = SlotState::Closed;
            slots[at(placement.slot)] = HotSlot {
                state: SlotState::Open,
                first,
                opened_at: placement.at,
                bytes: 0,
            };
        }
        slots[at(placement.slot)].bytes += bytes;
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
            "update hot_slot set state = case slot when $1 then 'closed' else 'open' end,
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
    fn is_full(&self, next: Offset, now: Timestamp) -> bool {
        next.0.saturating_sub(self.first.0) >= SLOT_RECORDS
            || self.bytes >= SLOT_BYTES
            || (next > self.first && now.0.saturating_sub(self.opened_at.0) >= SLOT_AGE_US)
    }
}
