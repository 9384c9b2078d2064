//! The members of one object that have samples, so that a second one of a name takes the place of
//! the first.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher};
use std::ops::Range;

use foldhash::fast::FixedState;

/// So many are looked through one by one.
const FEW: usize = 8;

/// The bits of [`Many::filter`].
const FILTER_BITS: u64 = 1 << 15;

/// Names are known by their hash alone: who asks has to look whether it is the name that is meant.
#[derive(Debug, Default)]
pub(super) struct NamedMembers {
    few: [MemberSamples; FEW],
    length: usize,
    /// All of them, once they are not few.
    many: Option<Box<Many>>,
}

/// Nearly every name is new, which the filter tells for less than it costs to keep the index.
#[derive(Debug)]
struct Many {
    /// Two bits for each name that was asked for.
    filter: [u64; (FILTER_BITS / 64) as usize],
    known: Vec<MemberSamples>,
    /// The same by hash, from when it was first needed.
    index: Option<HashMap<u64, MemberSamples, BuildHasherDefault<Hashed>>>,
}

/// A member, and where its samples are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MemberSamples {
    pub(super) hash: u64,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// A hash is hashed already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

pub(super) fn hash(name: &str) -> u64 {
    FixedState::default().hash_one(name)
}

impl NamedMembers {
    /// Forgets the samples of the member of this name, and says which they were. Each name is
    /// asked for before it is added.
    pub(super) fn take(&mut self, hash: u64) -> Option<Range<usize>> {
        let known = if let Some(many) = &mut self.many {
            many.take(hash)?
        } else {
            let few = &mut self.few[..self.length];
            let known = few.iter_mut().find(|known| known.hash == hash)?;
            std::mem::take(known)
        };
        Some(known.from as usize..known.to as usize)
    }

    pub(super) fn add(&mut self, known: MemberSamples) {
        if let Some(free) = self.few.get_mut(self.length) {
            *free = known;
            self.length += 1;
            return;
        }
        let many = self.many.get_or_insert_with(|| {
            let mut many = Box::new(Many::new());
            for known in self.few {
                many.is_new(known.hash);
                many.add(known);
            }
            many.is_new(known.hash);
            many
        });
        many.add(known);
    }
}

impl Many {
    fn new() -> Self {
        Self {
            filter: [0; _],
            known: Vec::with_capacity(8 * FEW),
            index: None,
        }
    }

    fn take(&mut self, hash: u64) -> Option<MemberSamples> {
        if self.is_new(hash) {
            return None;
        }
        let index = self.index.get_or_insert_with(|| {
            let known = self.known.drain(..);
            known.map(|known| (known.hash, known)).collect()
        });
        index.remove(&hash)
    }

    fn add(&mut self, known: MemberSamples) {
        match &mut self.index {
            Some(index) => {
                index.insert(known.hash, known);
            }
            None => self.known.push(known),
        }
    }

    /// Whether this name was surely not asked for before; from now on it was.
    fn is_new(&mut self, hash: u64) -> bool {
        let mut is_new = false;
        for bit in [hash % FILTER_BITS, (hash >> 32) % FILTER_BITS] {
            #[allow(clippy::cast_possible_truncation)] // an index into the filter
            let word = &mut self.filter[(bit / 64) as usize];
            let mask = 1 << (bit % 64);
            is_new |= *word & mask == 0;
            *word |= mask;
        }
        is_new
    }
}
