//! A disk in memory that does to a program whatever a real one may: what was not synced is lost,
//! torn at any byte or arrives in any order at a crash, room runs out, writes are short, syncs
//! fail, bits flip.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::{Disk, File};

/// A disk; all clones are the same one.
#[derive(Clone)]
pub(in crate::journal) struct SimulatedDisk(Arc<Mutex<State>>);

/// What the disk holds and what it will do.
#[derive(Clone)]
pub(in crate::journal) struct State {
    random: fastrand::Rng,
    inodes: BTreeMap<u64, Inode>,
    /// The names as programs see them, and as they are on the platter.
    names: BTreeMap<PathBuf, u64>,
    synced_names: BTreeMap<PathBuf, u64>,
    /// What distinguishes them, in its order.
    changes: Vec<Change>,
    made: u64,
    /// How many bytes fit.
    pub(in crate::journal) capacity: u64,
    /// Writes are short now and then.
    pub(in crate::journal) writes_short: bool,
    /// After so many more operations that change something, the machine stops.
    pub(in crate::journal) stops_after: Option<u32>,
    /// After so many more syncs, one fails.
    pub(in crate::journal) sync_fails_after: Option<u32>,
    /// Handles from before the last crash are dead.
    life: u32,
}

#[derive(Clone, Default)]
struct Inode {
    /// As programs see it.
    content: Vec<u8>,
    /// As it is on the platter.
    synced: Vec<u8>,
    /// What was written since, in its order.
    dirty: Vec<Range<usize>>,
}

#[derive(Clone)]
enum Change {
    Link(PathBuf, u64),
    Unlink(PathBuf),
}

/// What a crash leaves of that which was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::journal) enum Crash {
    /// All of it: only the process died.
    Process,
    /// None of it.
    Clean,
    /// The first writes, the last one of them torn at any byte.
    Torn,
    /// Any of its blocks; zeros or garbage in place of the others.
    Scattered,
}

struct SimulatedFile {
    disk: SimulatedDisk,
    inode: u64,
    life: u32,
}

impl SimulatedDisk {
    pub(in crate::journal) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            random: fastrand::Rng::with_seed(seed),
            inodes: BTreeMap::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            changes: Vec::new(),
            made: 0,
            capacity: u64::MAX,
            writes_short: false,
            stops_after: None,
            sync_fails_after: None,
            life: 0,
        })))
    }

    pub(in crate::journal) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// A disk of its own with the same content.
    pub(in crate::journal) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.state().clone())))
    }

    /// Crashes and comes back with what was left.
    pub(in crate::journal) fn crash(&self, how: Crash) {
        let mut state = self.state();
        let State {
            random,
            inodes,
            names,
            synced_names,
            changes,
            ..
        } = &mut *state;
        let kept = match how {
            Crash::Process | Crash::Scattered => changes.len(),
            Crash::Clean => 0,
            Crash::Torn => random.usize(..=changes.len()),
        };
        for change in changes.drain(..).take(kept) {
            if how == Crash::Scattered && random.bool() {
                continue;
            }
            match change {
                Change::Link(path, inode) => {
                    synced_names.insert(path, inode);
                }
                Change::Unlink(path) => {
                    synced_names.remove(&path);
                }
            }
        }
        names.clone_from(synced_names);
        for inode in inodes.values_mut() {
            inode.crash(how, random);
        }
        state.life += 1;
        state.stops_after = None;
        state.sync_fails_after = None;
    }

    /// Flips a bit of a file.
    pub(in crate::journal) fn flip(&self, path: &Path, byte: usize, bit: u8) {
        let mut state = self.state();
        let inode = state.names[path];
        let inode = state.inodes.get_mut(&inode).unwrap();
        inode.content[byte] ^= 1 << bit;
        inode.synced[byte] ^= 1 << bit;
    }

    /// The files and their lengths.
    pub(in crate::journal) fn files(&self) -> Vec<(PathBuf, usize)> {
        let state = self.state();
        let length = |inode| state.inodes[inode].content.len();
        state
            .names
            .iter()
            .map(|(path, inode)| (path.clone(), length(inode)))
            .collect()
    }
}

impl State {
    fn used(&self) -> u64 {
        let length = |inode| self.inodes[inode].content.len() as u64;
        self.names.values().map(length).sum()
    }

    /// Counts an operation that changes something.
    fn step(&mut self) -> io::Result<()> {
        match &mut self.stops_after {
            Some(0) => Err(io::Error::other("the machine has stopped")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn inode(&self, path: &Path) -> io::Result<u64> {
        let inode = self.names.get(path).copied();
        inode.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Inode {
    fn sync(&mut self) {
        self.synced.resize(self.content.len(), 0);
        for range in self.dirty.drain(..) {
            let range = range.start..range.end.min(self.content.len());
            if !range.is_empty() {
                self.synced[range.clone()].copy_from_slice(&self.content[range]);
            }
        }
    }

    fn crash(&mut self, how: Crash, random: &mut fastrand::Rng) {
        match how {
            Crash::Process => self.sync(),
            Crash::Clean => {}
            Crash::Torn => {
                let dirty: usize = self.dirty.iter().map(Range::len).sum();
                let mut left = random.usize(..=dirty);
                for range in std::mem::take(&mut self.dirty) {
                    let bytes = range.len().min(left);
                    left -= bytes;
                    self.persist(range.start..range.start + bytes);
                }
            }
            Crash::Scattered => {
                let block = [64, 512, 4096][random.usize(..3)];
                for range in std::mem::take(&mut self.dirty) {
                    let mut start = range.start;
                    while start < range.end {
                        let end = range.end.min((start / block + 1) * block);
                        match random.u8(..8) {
                            0..4 => self.persist(start..end),
                            4 => self.persist(start..random.usize(start..=end)),
                            5 => {
                                self.persist(start..end);
                                let end = end.min(self.synced.len()).max(start);
                                self.synced[start..end].fill_with(|| random.u8(..));
                            }
                            _ => {}
                        }
                        start = end;
                    }
                }
            }
        }
        self.content.clone_from(&self.synced);
        self.dirty.clear();
    }

    fn persist(&mut self, range: Range<usize>) {
        let end = range.end.min(self.content.len());
        if range.start < end {
            if self.synced.len() < end {
                self.synced.resize(end, 0);
            }
            self.synced[range.start..end].copy_from_slice(&self.content[range.start..end]);
        }
    }
}

impl Disk for SimulatedDisk {
    fn create_dir(&self, _dir: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, _dir: &Path) -> io::Result<Vec<String>> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        Ok(self.state().names.keys().map(name).collect())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut state = self.state();
        state.step()?;
        if let Ok(inode) = state.inode(path) {
            drop(state);
            let file = self.open(path)?;
            file.truncate(0)?;
            let _ = inode;
            return Ok(file);
        }
        if state.used() >= state.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.made += 1;
        let inode = state.made;
        state.inodes.insert(inode, Inode::default());
        state.names.insert(path.to_owned(), inode);
        state.changes.push(Change::Link(path.to_owned(), inode));
        drop(state);
        self.open(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let state = self.state();
        Ok(Arc::new(SimulatedFile {
            disk: self.clone(),
            inode: state.inode(path)?,
            life: state.life,
        }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        state.inode(path)?;
        state.names.remove(path);
        state.changes.push(Change::Unlink(path.to_owned()));
        Ok(())
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        state.synced_names = state.names.clone();
        state.changes.clear();
        Ok(())
    }

    fn free_bytes(&self, _dir: &Path) -> io::Result<u64> {
        let state = self.state();
        Ok(state.capacity.saturating_sub(state.used()))
    }
}

impl SimulatedFile {
    fn with<T>(&self, act: impl FnOnce(&mut State, &mut Inode) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.state();
        if state.life != self.life {
            return Err(io::Error::other("a file of an earlier life"));
        }
        let mut inode = state.inodes.remove(&self.inode).unwrap();
        let result = act(&mut state, &mut inode);
        state.inodes.insert(self.inode, inode);
        result
    }
}

impl File for SimulatedFile {
    fn bytes(&self) -> io::Result<u64> {
        self.with(|_, inode| Ok(inode.content.len() as u64))
    }

    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.with(|state, inode| {
            let position = usize::try_from(position).unwrap();
            let rest = inode.content.get(position..).unwrap_or_default();
            let mut bytes = rest.len().min(buffer.len());
            if state.writes_short && bytes > 1 && state.random.bool() {
                bytes = state.random.usize(1..bytes);
            }
            buffer[..bytes].copy_from_slice(&rest[..bytes]);
            Ok(bytes)
        })
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<usize> {
        let used = self.disk.state().used();
        self.with(|state, inode| {
            state.step()?;
            let position = usize::try_from(position).unwrap();
            let mut length = bytes.len();
            if state.writes_short && length > 1 && state.random.u8(..4) == 0 {
                if state.random.bool() {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                length = state.random.usize(1..length);
            }
            let room = usize::try_from(state.capacity.saturating_sub(used)).unwrap_or(usize::MAX);
            let there = inode.content.len().saturating_sub(position);
            length = length.min(there.saturating_add(room));
            if length == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let end = position + length;
            if inode.content.len() < end {
                inode.content.resize(end, 0);
            }
            inode.content[position..end].copy_from_slice(&bytes[..length]);
            inode.dirty.push(position..end);
            Ok(length)
        })
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        let used = self.disk.state().used();
        self.with(|state, inode| {
            state.step()?;
            if used + bytes > state.capacity {
                return Err(io::ErrorKind::StorageFull.into());
            }
            inode.content.resize(usize::try_from(bytes).unwrap(), 0);
            Ok(())
        })
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.with(|state, inode| {
            state.step()?;
            inode.content.truncate(usize::try_from(bytes).unwrap());
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.with(|state, inode| {
            state.step()?;
            match &mut state.sync_fails_after {
                Some(0) => {
                    state.sync_fails_after = None;
                    // As Linux does it: the pages count as clean, and are on no disk.
                    inode.dirty.clear();
                    return Err(io::Error::other("simulated: the sync failed"));
                }
                Some(left) => *left -= 1,
                None => {}
            }
            inode.sync();
            Ok(())
        })
    }
}
