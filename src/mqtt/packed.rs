//! Messages that wait for long, packed: two or three bytes each instead of half a hundred.
//!
//! A chunk has them in their order: how much the offset is beyond the one before, then a byte of
//! flags, and behind that only what is not as it was for the one before. The last entries are not
//! packed yet: publishers that append at the same moment can arrive in another order than the
//! journal's.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::message::{Offset, Qos};

use super::queued::{Queued, Via};

/// How many entries a chunk has, unless some came late.
const CHUNK_ENTRIES: usize = 256;

/// What a chunk takes beside its bytes, about.
const CHUNK_OVERHEAD_BYTES: usize = 64;

/// What a chunk takes in all, about.
pub(super) const CHUNK_BYTES: usize = CHUNK_OVERHEAD_BYTES + 3 * CHUNK_ENTRIES;

/// So many of the last entries are packed at once, when there are twice as many.
const TAIL_ENTRIES: usize = 32;

const QOS: u8 = 0b11;
const RETAIN: u8 = 1 << 2;
const SAVED: u8 = 1 << 3;
const OTHER_VIA: u8 = 1 << 4;
const OTHER_IDS: u8 = 1 << 5;

/// Entries without their messages, in the journal's order.
#[derive(Debug, Default)]
pub(super) struct Packed {
    chunks: VecDeque<Chunk>,
    /// Entries of the chunks, and bytes.
    entries: usize,
    bytes: usize,
    tail: Vec<Queued>,
}

#[derive(Debug)]
struct Chunk {
    entries: usize,
    unsaved: usize,
    last: Offset,
    /// As for the last entry: what the next one is told apart from.
    via: Via,
    ids: Option<Arc<Vec<u32>>>,
    bytes: Vec<u8>,
}

impl Packed {
    pub(super) fn len(&self) -> usize {
        self.entries + self.tail.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.tail.len() * size_of::<Queued>()
    }

    /// Takes an entry in, at its place.
    pub(super) fn push(&mut self, mut entry: Queued) {
        entry.message = None;
        if self
            .chunks
            .back()
            .is_some_and(|last| last.last > entry.offset)
        {
            let at = self
                .chunks
                .partition_point(|chunk| chunk.last <= entry.offset);
            self.entries += 1;
            self.change(at, |entries| insert(entries, entry));
            return;
        }
        insert(&mut self.tail, entry);
        if self.tail.len() >= 2 * TAIL_ENTRIES {
            let rest = self.tail.split_off(TAIL_ENTRIES);
            let old = std::mem::replace(&mut self.tail, rest);
            self.entries += old.len();
            for entry in &old {
                self.pack(entry);
            }
        }
    }

    fn pack(&mut self, entry: &Queued) {
        let last = self.chunks.back();
        if last.is_none_or(|last| last.entries >= CHUNK_ENTRIES) {
            self.chunks.push_back(Chunk::new());
            self.bytes += CHUNK_OVERHEAD_BYTES;
        }
        if let Some(last) = self.chunks.back_mut() {
            let before = last.bytes.len();
            last.push(entry);
            self.bytes += last.bytes.len() - before;
        }
    }

    /// Takes entries in before all that are here.
    pub(super) fn push_front(&mut self, entries: &[Queued]) {
        for part in entries.rchunks(CHUNK_ENTRIES) {
            let chunk = Chunk::of(part);
            self.entries += part.len();
            self.bytes += chunk.size();
            self.chunks.push_front(chunk);
        }
    }

    /// Takes out the first entries, some hundred of them.
    pub(super) fn pop_front(&mut self) -> Vec<Queued> {
        let Some(chunk) = self.chunks.pop_front() else {
            return std::mem::take(&mut self.tail);
        };
        self.entries -= chunk.entries;
        self.bytes -= chunk.size();
        chunk.unpack()
    }

    /// Takes out the entry of that offset and way.
    pub(super) fn remove(&mut self, offset: Offset, via: Via) -> Option<Queued> {
        let start = self.chunks.partition_point(|chunk| chunk.last < offset);
        for at in start..self.chunks.len() {
            let mut removed = None;
            let mut is_beyond = false;
            self.change(at, |entries| {
                is_beyond = entries.first().is_some_and(|first| first.offset > offset);
                let place = entries
                    .iter()
                    .position(|entry| entry.offset == offset && entry.via == via);
                removed = place.map(|place| entries.remove(place));
            });
            if removed.is_some() {
                self.entries -= 1;
                self.drop_empty();
                return removed;
            }
            if is_beyond {
                return None;
            }
        }
        let mut tail = self.tail.iter();
        let at = tail.position(|entry| entry.offset == offset && entry.via == via)?;
        Some(self.tail.remove(at))
    }

    /// Takes out all that `is_wanted`.
    pub(super) fn remove_all(&mut self, is_wanted: impl Fn(&Queued) -> bool) -> Vec<Queued> {
        let mut removed = Vec::new();
        for at in 0..self.chunks.len() {
            self.change(at, |entries| {
                removed.extend(entries.extract_if(.., |entry| is_wanted(entry)));
            });
        }
        self.entries -= removed.len();
        self.drop_empty();
        removed.extend(self.tail.extract_if(.., |entry| is_wanted(entry)));
        removed
    }

    /// Marks entries below `until` as saved that are not yet, and answers with them.
    pub(super) fn save(&mut self, until: Offset) -> Vec<Queued> {
        let mut saved = Vec::new();
        for at in 0..self.chunks.len() {
            if self.chunks[at].unsaved == 0 {
                continue;
            }
            self.change(at, |entries| mark(entries, until, &mut saved));
        }
        mark(&mut self.tail, until, &mut saved);
        saved
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Vec<Queued>)) {
        let Some(chunk) = self.chunks.get_mut(at) else {
            return;
        };
        self.bytes -= chunk.size();
        let mut entries = chunk.unpack();
        change(&mut entries);
        *chunk = Chunk::of(&entries);
        self.bytes += chunk.size();
    }

    fn drop_empty(&mut self) {
        let before = self.chunks.len();
        self.chunks.retain(|chunk| chunk.entries > 0);
        self.bytes -= (before - self.chunks.len()) * CHUNK_OVERHEAD_BYTES;
    }
}

fn insert(entries: &mut Vec<Queued>, entry: Queued) {
    let place = entries.partition_point(|other| other.offset <= entry.offset);
    entries.insert(place, entry);
}

fn mark(entries: &mut [Queued], until: Offset, saved: &mut Vec<Queued>) {
    for entry in entries {
        if !entry.saved && entry.offset < until {
            entry.saved = true;
            saved.push(entry.clone());
        }
    }
}

impl Chunk {
    fn new() -> Self {
        Self {
            entries: 0,
            unsaved: 0,
            last: Offset::default(),
            via: Via::Subscription,
            ids: None,
            bytes: Vec::new(),
        }
    }

    fn of(entries: &[Queued]) -> Self {
        let mut chunk = Self::new();
        for entry in entries {
            chunk.push(entry);
        }
        chunk.bytes.shrink_to_fit();
        chunk
    }

    fn size(&self) -> usize {
        CHUNK_OVERHEAD_BYTES + self.bytes.len()
    }

    fn push(&mut self, entry: &Queued) {
        put_number(&mut self.bytes, entry.offset.0 - self.last.0);
        let mut flags = entry.qos as u8;
        if entry.retain {
            flags |= RETAIN;
        }
        if entry.saved {
            flags |= SAVED;
        }
        if entry.via != self.via {
            flags |= OTHER_VIA;
        }
        if entry.ids != self.ids {
            flags |= OTHER_IDS;
        }
        self.bytes.push(flags);
        if entry.via != self.via {
            put_number(&mut self.bytes, entry.via.number());
            self.via = entry.via;
        }
        if entry.ids != self.ids {
            let ids = entry.ids.as_deref().map_or(&[][..], Vec::as_slice);
            put_number(&mut self.bytes, ids.len() as u64);
            for id in ids {
                put_number(&mut self.bytes, u64::from(*id));
            }
            self.ids.clone_from(&entry.ids);
        }
        self.last = entry.offset;
        self.entries += 1;
        self.unsaved += usize::from(!entry.saved);
    }

    fn unpack(&self) -> Vec<Queued> {
        let mut bytes = self.bytes.as_slice();
        let mut offset = Offset::default();
        let mut via = Via::Subscription;
        let mut ids: Option<Arc<Vec<u32>>> = None;
        let mut entries = Vec::with_capacity(self.entries);
        for _ in 0..self.entries {
            offset = offset.plus(take_number(&mut bytes));
            let flags = take_byte(&mut bytes);
            if flags & OTHER_VIA != 0 {
                let number = take_number(&mut bytes);
                via = Via::from_number(number).unwrap_or(Via::Subscription);
            }
            if flags & OTHER_IDS != 0 {
                let count = take_number(&mut bytes);
                let all = (0..count).map(|_| {
                    // It was one when it was put.
                    u32::try_from(take_number(&mut bytes)).unwrap_or_default()
                });
                let all: Vec<_> = all.collect();
                ids = (!all.is_empty()).then(|| Arc::new(all));
            }
            entries.push(Queued {
                offset,
                message: None,
                ids: ids.clone(),
                via,
                qos: Qos::from_u8(flags & QOS).unwrap_or_default(),
                retain: flags & RETAIN != 0,
                saved: flags & SAVED != 0,
            });
        }
        entries
    }
}

/// Seven bits a byte, the least significant first.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        #[allow(clippy::cast_possible_truncation)] // seven bits are meant
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    #[allow(clippy::cast_possible_truncation)] // it is below 0x80
    out.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(bytes);
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}

fn take_byte(bytes: &mut &[u8]) -> u8 {
    let Some((first, rest)) = bytes.split_first() else {
        return 0;
    };
    *bytes = rest;
    *first
}
