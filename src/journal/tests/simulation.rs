//! A journal on a disk that does its worst, against a `Vec`. Each seed is one story of some
//! hundred steps; `UNSPOOL_SOAK_SEEDS=n` tells n of them, `UNSPOOL_SEED=x` retells one.

use std::env;
use std::path::PathBuf;

use crate::message::{Offset, Record, Timestamp};

use super::super::disk::simulated::{Crash, SimulatedDisk};
use super::super::segment::{self, RECORDS_AT};
use super::super::{
    AppendError, Counts, Hold, Journal, JournalError, JournalOptions, JournalWriter,
};
use super::{append, open, random_record, read_all};

const SEEDS: u64 = 300;
const STEPS: usize = 250;

#[test]
fn whatever_the_disk_does_what_is_durable_stays_and_what_is_damaged_is_named() {
    let number = |name| env::var(name).ok().and_then(|text| text.parse().ok());
    if let Some(seed) = number("UNSPOOL_SEED") {
        Story::new(seed, true).tell();
        return;
    }
    for seed in 0..number("UNSPOOL_SOAK_SEEDS").unwrap_or(SEEDS) {
        Story::new(seed, false).tell();
    }
}

/// One journal, its disk, and what should be in it.
struct Story {
    seed: u64,
    is_told_aloud: bool,
    random: fastrand::Rng,
    disk: SimulatedDisk,
    options: JournalOptions,
    journal: Journal,
    writer: Option<JournalWriter>,
    holds: Vec<(Hold, Option<Offset>)>,
    /// Everything that was appended and not lost, from the first record on.
    model: Vec<Record>,
    /// Where the groups begin that were written.
    groups: Vec<Offset>,
    /// Every record below was told to be durable.
    durable: Offset,
    released: Offset,
    /// Nothing was written since the journal was closed in order.
    was_closed: bool,
}

impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay this with UNSPOOL_SEED={}", self.seed);
        }
    }
}

impl Story {
    fn new(seed: u64, is_told_aloud: bool) -> Self {
        fastrand::seed(seed);
        let mut random = fastrand::Rng::with_seed(seed);
        let disk = SimulatedDisk::new(seed);
        disk.state().writes_short = random.bool();
        let segment_bytes = random.u64(500..5000);
        let options = JournalOptions {
            segment_bytes,
            bytes_max: segment_bytes * random.u64(4..12),
            free_bytes_min: random.u64(..3) * 1000,
            keep_bytes: random.u64(..3) * segment_bytes,
            first: Offset(random.u64(..1000)),
            buffer_bytes: random.usize(200..3000),
            ballast_bytes: random.u64(..2) * 8000,
        };
        let (journal, writer) = open(&disk, &options).unwrap();
        Self {
            seed,
            is_told_aloud,
            random,
            disk,
            journal,
            writer: Some(writer),
            holds: Vec::new(),
            model: Vec::new(),
            groups: Vec::new(),
            durable: options.first,
            released: options.first,
            was_closed: false,
            options,
        }
    }

    fn tell(mut self) {
        for _ in 0..STEPS {
            self.step();
        }
        self.end_well();
    }

    fn say(&self, what: impl FnOnce() -> String) {
        if self.is_told_aloud {
            eprintln!("{}", what());
        }
    }

    fn writer(&mut self) -> &mut JournalWriter {
        self.writer.as_mut().unwrap()
    }

    fn step(&mut self) {
        match self.random.u8(..100) {
            0..40 => self.append(),
            40..66 => self.turn(),
            66..74 => self.look_after(),
            74..80 => self.read(),
            80..84 => self.release(),
            84..87 => self.hold(),
            87..90 => self.crash(),
            90..93 => self.disk.state().stops_after = Some(self.random.u32(..12)),
            93..94 => self.close(),
            94..96 => self.change_capacity(),
            96..97 => self.disk.state().sync_fails_after = Some(self.random.u32(..4)),
            _ => self.flip(),
        }
    }

    fn append(&mut self) {
        let count = self.random.usize(1..12);
        let mut batch: Vec<_> = std::iter::repeat_with(|| random_record(&mut self.random))
            .take(count)
            .collect();
        let head = self.journal.head();
        assert_eq!(head, self.offset_at(self.model.len()));
        let bytes = self.journal.shared.queue().bytes;
        let result = append(&self.journal, &mut batch);
        self.say(|| format!("append {count} at {head}: {result:?}"));
        match result {
            Some(Ok(())) => {
                assert!(bytes < self.options.bytes_max, "the size limit holds");
                self.model.extend(batch);
                assert_eq!(self.journal.head(), self.offset_at(self.model.len()));
            }
            Some(Err(AppendError::Full)) | None => assert_eq!(self.journal.head(), head),
            Some(Err(error)) => panic!("append: {error}"),
        }
    }

    fn turn(&mut self) {
        let before = self.durable;
        let limits = self.limits();
        let result = self.writer().turn();
        let durable = *self.journal.durable().borrow();
        self.say(|| format!("turn from {before}: {result:?}, durable {durable}"));
        if self.groups.last() < Some(&before) {
            self.groups.push(before);
        }
        self.was_closed &= matches!(result, Ok(false));
        assert!(durable >= before);
        self.durable = durable;
        match result {
            Ok(is_done) => {
                assert!(is_done || durable == before);
                self.check_limits(limits);
            }
            Err(error) => self.fail(&error),
        }
    }

    fn look_after(&mut self) {
        let limits = self.limits();
        match self.writer().look_after() {
            Ok(()) => self.check_limits(limits),
            Err(error) => self.fail(&error),
        }
    }

    /// What the retention must not go beyond: the oldest record, and that which is held, if the
    /// journal is not so large that holds give way.
    fn limits(&self) -> (Offset, Option<Offset>) {
        let is_large = self.journal.shared.queue().bytes + RECORDS_AT > self.options.bytes_low();
        let held = self.holds.iter().filter_map(|(_, held)| *held).min();
        (self.journal.oldest(), held.filter(|_| !is_large))
    }

    fn check_limits(&self, (before, held): (Offset, Option<Offset>)) {
        let oldest = self.journal.oldest();
        assert!(oldest <= self.released, "only what is mirrored is removed");
        assert!(oldest == before || held.is_none_or(|held| oldest <= held));
        let queue = self.journal.shared.queue();
        if queue.is_empty() && self.writer.as_ref().unwrap().pending.is_none() {
            let bytes: usize = self.segments().into_iter().map(|(_, bytes)| bytes).sum();
            assert_eq!(queue.bytes, bytes as u64, "the journal knows its size");
        }
    }

    /// An error ends the journal; only what was arranged may be one.
    fn fail(&mut self, error: &JournalError) {
        let text = error.to_string();
        assert!(
            text.contains("simulated") || text.contains("the machine has stopped"),
            "{text}"
        );
        self.crash();
    }

    fn read(&mut self) {
        let oldest = self.journal.oldest();
        let from = Offset(self.random.u64(oldest.0..=self.durable.0));
        let mut reader = self.journal.reader(from).unwrap();
        for _ in 0..self.random.usize(1..6) {
            if self.random.u8(..4) == 0 {
                reader.seek(Offset(self.random.u64(oldest.0..=self.durable.0)));
            }
            let position = reader.position();
            let records = reader.try_next(self.random.usize(..2000)).unwrap();
            let at = self.place(position);
            assert_eq!(records[..], self.model[at..at + records.len()]);
            assert_eq!(reader.position(), position.plus(records.len() as u64));
            assert_eq!(records.is_empty(), position == self.durable);
        }
        if oldest > self.options.first {
            let gone = self.journal.reader(Offset(oldest.0 - 1));
            assert!(matches!(gone, Err(JournalError::Gone { oldest: o }) if o == oldest));
        }
    }

    fn release(&mut self) {
        let mirrored = Offset(self.random.u64(self.released.0..=self.durable.0));
        self.released = mirrored;
        self.journal.release(mirrored);
    }

    fn hold(&mut self) {
        if self.holds.len() < 3 {
            self.holds.push((self.journal.hold(), None));
        }
        let at = self.random.usize(..self.holds.len());
        let (oldest, durable) = (self.journal.oldest(), self.durable);
        let held = (self.random.u8(..3) > 0).then(|| Offset(self.random.u64(oldest.0..=durable.0)));
        self.holds[at].0.set(held);
        self.holds[at].1 = held;
        if self.random.u8(..4) == 0 {
            self.holds.swap_remove(at);
        }
    }

    fn change_capacity(&mut self) {
        let mut state = self.disk.state();
        state.capacity = match state.capacity {
            u64::MAX => self.random.u64(..self.options.bytes_max * 2),
            _ => u64::MAX,
        };
        let capacity = state.capacity;
        drop(state);
        self.say(|| format!("capacity {capacity}"));
    }

    fn crash(&mut self) {
        let how =
            [Crash::Process, Crash::Clean, Crash::Torn, Crash::Scattered][self.random.usize(..4)];
        self.say(|| format!("crash: {how:?}"));
        self.holds.clear();
        self.writer = None;
        self.disk.crash(how);
        // A start may not come through either.
        if self.random.u8(..4) == 0 {
            self.disk.state().stops_after = Some(self.random.u32(..6));
        }
        self.reopen();
    }

    fn close(&mut self) {
        if self.writer().pending.is_some() || self.disk.state().capacity != u64::MAX {
            return;
        }
        self.journal.shared.close();
        let mut batch = [random_record(&mut self.random)];
        let refused = append(&self.journal, &mut batch);
        assert_eq!(refused, Some(Err(AppendError::Closed)));
        let mut writer = self.writer.take().unwrap();
        self.groups.push(self.durable);
        let result = loop {
            match writer.turn() {
                Ok(true) => {}
                Ok(false) => break writer.end(),
                Err(error) => break Err(error),
            }
            self.groups.push(*self.journal.durable().borrow());
        };
        self.durable = *self.journal.durable().borrow();
        self.say(|| format!("close: {result:?}, durable {}", self.durable));
        if let Err(error) = result {
            return self.fail(&error);
        }
        assert_eq!(self.durable, self.offset_at(self.model.len()));
        self.holds.clear();
        self.disk.crash(Crash::Clean);
        self.reopen();
        self.was_closed = true;
    }

    /// Opens the journal, however often it takes, and compares it with the model.
    fn reopen(&mut self) {
        let epoch = self.journal.epoch();
        let capacity = std::mem::replace(&mut self.disk.state().capacity, u64::MAX);
        let (journal, writer) = loop {
            match open(&self.disk, &self.options) {
                Ok(opened) => break opened,
                Err(error) => {
                    self.say(|| format!("open: {error}"));
                    assert!(
                        error.to_string().contains("the machine has stopped"),
                        "{error}"
                    );
                    let how = [Crash::Clean, Crash::Torn, Crash::Scattered];
                    self.disk.crash(how[self.random.usize(..3)]);
                }
            }
        };
        self.disk.state().capacity = capacity;
        self.was_closed = false;
        let head = journal.head();
        self.say(|| format!("open: {:?} to {head}", journal.oldest()));
        assert_eq!(journal.epoch(), epoch);
        assert!(!journal.is_new());
        assert!(
            head >= self.durable,
            "{head} < {}: durable records lost",
            self.durable
        );
        assert!(
            head <= self.offset_at(self.model.len()),
            "records from nowhere"
        );
        assert_eq!(*journal.durable().borrow(), head);
        self.model.truncate(self.place(head));
        self.groups.retain(|start| *start < head);
        self.durable = head;
        self.journal = journal;
        self.writer = Some(writer);
        self.compare();
        // Whoever mirrors comes back with what it knows.
        self.journal.release(self.released);
        // What was recovered is durable, even if the machine crashes at once.
        if self.random.bool() {
            self.writer = None;
            self.disk.crash(Crash::Clean);
            let (journal, writer) = open(&self.disk, &self.options).unwrap();
            assert_eq!(journal.head(), head);
            journal.release(self.released);
            self.journal = journal;
            self.writer = Some(writer);
            self.compare();
        }
    }

    fn compare(&self) {
        let oldest = self.journal.oldest();
        assert!(oldest <= self.released.max(self.options.first));
        assert_eq!(
            read_all(&self.journal).unwrap(),
            self.model[self.place(oldest)..]
        );
        assert_eq!(self.journal.counts(), counts(&self.model));
        let mut last = Timestamp(0);
        for record in &self.model {
            if let Record::Message(message) = record {
                assert!(message.received_at >= last);
                last = message.received_at;
            }
        }
    }

    /// Flips a bit of what is durable, on a copy of the disk: it is found and named, or stood in
    /// the last group, which nobody can tell from a torn one.
    fn flip(&mut self) {
        if self.writer().pending.is_some() {
            return;
        }
        let segments = self.segments();
        let at = self.random.usize(..segments.len());
        let (path, bytes) = &segments[at];
        let is_last = at == segments.len() - 1;
        let (byte, bit) = (self.random.usize(..*bytes), self.random.u8(..8));
        self.say(|| format!("flip bit {bit} of byte {byte} of {}", path.display()));
        let disk = self.disk.copy();
        disk.state().capacity = u64::MAX;
        disk.state().stops_after = None;
        disk.state().sync_fails_after = None;
        disk.crash(Crash::Process);
        disk.flip(path, byte, bit);
        let mut head = None;
        let mut is_all_read = false;
        let result = open(&disk, &self.options).and_then(|(journal, _)| {
            head = Some(journal.head());
            let start = self.place(journal.oldest());
            let records = read_all(&journal)?;
            assert_eq!(records[..], self.model[start..start + records.len()]);
            is_all_read = start + records.len() == self.place(self.durable);
            Ok(())
        });
        match result {
            Err(JournalError::BadRecord {
                segment, position, ..
            }) => {
                assert_eq!(&segment, path);
                assert!(position <= byte as u64 && byte as u64 >= RECORDS_AT);
            }
            Err(JournalError::BadSegment { segment, .. }) => {
                assert_eq!(&segment, path);
                assert!((byte as u64) < RECORDS_AT);
            }
            Err(error) => panic!("{error}"),
            // It hit a mark, which nobody needs any more.
            Ok(()) if is_all_read => {}
            Ok(()) => {
                assert!(is_last, "a bit flip in the middle went unnoticed");
                let group = self.groups.iter().rfind(|start| **start < self.durable);
                let group = group.copied().unwrap_or(self.options.first);
                assert!(!self.was_closed, "a bit flip before a mark went unnoticed");
                assert!(
                    head >= Some(group),
                    "{head:?} < {group}: more than a group lost"
                );
            }
        }
    }

    /// Whatever happened: once the disk is well and all is mirrored, everything goes on.
    fn end_well(&mut self) {
        {
            let mut state = self.disk.state();
            state.capacity = u64::MAX;
            state.stops_after = None;
            state.sync_fails_after = None;
        }
        self.holds.clear();
        while self.durable < self.journal.head() {
            self.turn();
        }
        self.released = self.durable;
        self.journal.release(self.durable);
        for _ in 0..3 {
            self.look_after();
        }
        let mut batch = [random_record(&mut self.random)];
        assert_eq!(append(&self.journal, &mut batch), Some(Ok(())));
        self.model.extend(batch);
        self.turn();
        assert_eq!(self.durable, self.offset_at(self.model.len()));
        self.compare();
        self.crash();
    }

    fn segments(&self) -> Vec<(PathBuf, usize)> {
        let mut files = self.disk.files();
        files.retain(|(path, _)| {
            segment::first(&path.file_name().unwrap().to_string_lossy()).is_some()
        });
        files
    }

    /// Where the record is in the model.
    fn place(&self, offset: Offset) -> usize {
        usize::try_from(offset.0 - self.options.first.0).unwrap()
    }

    fn offset_at(&self, place: usize) -> Offset {
        self.options.first.plus(place as u64)
    }
}

fn counts(records: &[Record]) -> Counts {
    let mut counts = Counts::default();
    for record in records {
        if let Record::Message(message) = record {
            counts.messages += 1;
            counts.payload_bytes += message.payload.len() as u64;
        }
    }
    counts
}
