//! What a start does with a journal that is not as it was left.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::message::{ClientId, Offset, Record};

use super::super::disk::simulated::{Crash, SimulatedDisk};
use super::super::disk::{Disk, File, read_full};
use super::super::segment::RECORDS_AT;
use super::super::{
    AppendError, Damage, Fault, Journal, JournalError, JournalOptions, JournalWriter,
};
use super::{DIR, append, message, open, read_all, small};

/// Appends groups of two records of a hundred bytes until there are so many segments, the last
/// of them with records.
fn fill(disk: &SimulatedDisk, segments: usize) -> (Journal, JournalWriter, Vec<Record>) {
    let (journal, mut writer) = open(disk, &small()).unwrap();
    let mut records = Vec::new();
    while disk.files().len() < segments || writer.active.length() < 1000 {
        let mut batch = [message("a/b", vec![1; 100]), message("a/b", vec![2; 100])];
        append(&journal, &mut batch).unwrap().unwrap();
        writer.turn().unwrap();
        records.extend(batch);
    }
    (journal, writer, records)
}

fn path(disk: &SimulatedDisk, at: usize) -> PathBuf {
    disk.files()[at].0.clone()
}

fn file(disk: &SimulatedDisk, at: usize) -> Arc<dyn File> {
    disk.open(&path(disk, at)).unwrap()
}

fn content(disk: &SimulatedDisk, at: usize) -> Vec<u8> {
    let file = file(disk, at);
    let mut content = vec![0; usize::try_from(file.bytes().unwrap()).unwrap()];
    read_full(&*file, &mut content, 0).unwrap();
    content
}

/// The position and length of the second record, which has the offset 2 in the first segment.
fn second(content: &[u8]) -> (usize, usize) {
    let start = usize::try_from(RECORDS_AT).unwrap();
    let length = |at: usize| {
        let bytes = content[at + 4..at + 8].try_into().unwrap();
        usize::try_from(u32::from_le_bytes(bytes)).unwrap()
    };
    let position = start + length(start);
    (position, length(position))
}

#[test]
fn damage_in_the_middle_is_named_by_segment_byte_and_offset() {
    let disk = SimulatedDisk::new(1);
    drop(fill(&disk, 1));
    let (position, length) = second(&content(&disk, 0));
    let length = length as u64;
    for (byte, fault) in [
        (position, Fault::Checksum),
        (position + 5, Fault::Length(length ^ 256)),
        (position + 6, Fault::Length(length ^ 65_536)),
        (position + 16, Fault::Checksum),
        (position + 100, Fault::Checksum),
    ] {
        let disk = disk.copy();
        disk.crash(Crash::Process);
        disk.flip(&path(&disk, 0), byte, 0);
        let error = open(&disk, &small()).err().unwrap();
        let JournalError::BadRecord {
            segment,
            position: at,
            offset,
            fault: found,
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(segment, &path(&disk, 0));
        assert_eq!((*at, *offset), (position as u64, Offset(2)));
        // A wrong length may also point to another place in the file.
        assert!(*found == fault || *found == Fault::Checksum, "{found}");
        let text = error.to_string();
        assert!(
            text.contains("00000000000000000001.segment, byte"),
            "{text}"
        );
        assert!(text.contains("offset 2"), "{text}");
    }
}

#[test]
fn damage_in_an_older_segment_is_an_error_of_the_reader_which_gives_all_before_it() {
    let disk = SimulatedDisk::new(1);
    let (_, _, records) = fill(&disk, 3);
    let (position, _) = second(&content(&disk, 0));
    disk.crash(Crash::Clean);
    disk.flip(&path(&disk, 0), position + 60, 3);
    let (journal, _writer) = open(&disk, &small()).unwrap();
    let mut reader = journal.reader(Offset(1)).unwrap();
    assert_eq!(reader.try_next(1 << 20).unwrap(), records[..1]);
    for _ in 0..2 {
        let error = reader.try_next(1 << 20).unwrap_err();
        assert!(
            matches!(error, JournalError::BadRecord { offset, .. } if offset == Offset(2)),
            "{error}"
        );
    }
    let mut reader = journal.reader(Offset(30)).unwrap();
    assert_eq!(reader.try_next(1).unwrap(), records[29..30]);
}

#[test]
fn a_whole_record_in_the_wrong_place_is_noticed() {
    let disk = SimulatedDisk::new(1);
    drop(fill(&disk, 3));
    let bytes = content(&disk, 0);
    let (position, length) = second(&bytes);
    let first = &bytes[position - length..position];
    disk.crash(Crash::Clean);
    file(&disk, 0).write_at(first, position as u64).unwrap();
    let (journal, _writer) = open(&disk, &small()).unwrap();
    let mut reader = journal.reader(Offset(2)).unwrap();
    let error = reader.try_next(1).unwrap_err();
    assert!(
        matches!(
            error,
            JournalError::BadRecord { fault: Fault::WrongOffset(found), .. } if found == Offset(1)
        ),
        "{error}"
    );
}

#[test]
fn a_missing_segment_is_named() {
    let disk = SimulatedDisk::new(1);
    drop(fill(&disk, 4));
    disk.crash(Crash::Clean);
    let missing = path(&disk, 1);
    disk.remove(&missing).unwrap();
    let error = open(&disk, &small()).err().unwrap();
    assert!(
        matches!(&error, JournalError::MissingSegment { missing: m, .. } if m == &missing),
        "{error}"
    );
    // The oldest ones may be gone.
    let gone = path(&disk, 0);
    disk.remove(&gone).unwrap();
    let (journal, _writer) = open(&disk, &small()).unwrap();
    assert!(journal.oldest() > Offset(1));
}

#[test]
fn a_shortened_or_lengthened_segment_is_named() {
    let disk = SimulatedDisk::new(1);
    drop(fill(&disk, 3));
    disk.crash(Crash::Clean);
    let file = file(&disk, 1);
    let length = file.bytes().unwrap();
    file.truncate(length - 1).unwrap();
    for fault in [Fault::Truncated, Fault::Length(length + 2)] {
        let error = open(&disk, &small()).err().unwrap();
        let JournalError::BadSegment { segment, fault: f } = &error else {
            panic!("{error}");
        };
        assert_eq!((segment, *f), (&path(&disk, 1), fault));
        file.write_at(&[0; 3], length - 1).unwrap();
    }
}

#[test]
fn a_segment_of_another_journal_or_version_is_named() {
    let disk = SimulatedDisk::new(1);
    let other = SimulatedDisk::new(2);
    drop(fill(&disk, 3));
    fastrand::seed(1);
    drop(fill(&other, 3));
    disk.crash(Crash::Clean);
    file(&disk, 2)
        .write_at(&content(&other, 2)[..80], 0)
        .unwrap();
    let error = open(&disk, &small()).err().unwrap();
    assert!(
        matches!(
            error,
            JournalError::BadSegment {
                fault: Fault::Epoch,
                ..
            }
        ),
        "{error}"
    );
    let mut header = content(&other, 2)[..76].to_vec();
    header[8] = 2;
    header.extend(crc32c::crc32c(&header).to_le_bytes());
    file(&disk, 2).write_at(&header, 0).unwrap();
    let error = open(&disk, &small()).err().unwrap();
    assert!(
        matches!(
            error,
            JournalError::BadSegment {
                fault: Fault::Version(2),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn where_the_next_segment_was_begun_the_one_before_has_no_torn_tail() {
    let disk = SimulatedDisk::new(1);
    drop(fill(&disk, 1));
    disk.crash(Crash::Clean);
    let last = content(&disk, 0).len() - 1;
    disk.create(&path(&disk, 0).with_file_name("00000000000000000999.segment"))
        .unwrap();
    let begun = disk.copy();
    assert!(open(&begun, &small()).is_ok());
    assert_eq!(begun.files().len(), 1, "what was begun is removed");
    disk.flip(&path(&disk, 0), last, 0);
    assert!(matches!(
        open(&disk, &small()),
        Err(JournalError::BadRecord { .. })
    ));
}

#[test]
fn what_was_begun_and_removed_never_comes_back_after_a_crash() {
    let disk = SimulatedDisk::new(1);
    drop(fill(&disk, 1));
    let begun = path(&disk, 0).with_file_name("00000000000000000999.segment");
    disk.create(&begun).unwrap();
    disk.sync_dir(&begun).unwrap();
    disk.crash(Crash::Clean);
    drop(open(&disk, &small()).unwrap());
    disk.crash(Crash::Clean);
    assert_eq!(disk.files().len(), 1);
    // The same where there was no room for the next segment.
    let (journal, mut writer) = open(&disk, &small()).unwrap();
    disk.state().capacity = disk.files()[0].1 as u64 + 10;
    assert!(!writer.roll().unwrap());
    disk.crash(Crash::Torn);
    assert_eq!(disk.files().len(), 1);
    assert_eq!(
        append(&journal, &mut [message("a", "b")]),
        Some(Err(AppendError::Full))
    );
}

#[test]
fn an_empty_journal_whose_first_segment_was_not_finished_is_new() {
    let disk = SimulatedDisk::new(1);
    disk.state().stops_after = Some(1);
    assert!(open(&disk, &small()).is_err());
    disk.crash(Crash::Process);
    assert_eq!(disk.files().len(), 1);
    let exists = || Journal::exists(Path::new(DIR), &disk).unwrap();
    assert!(!exists());
    let (journal, _writer) = open(&disk, &small()).unwrap();
    assert!(journal.is_new() && exists());
    assert_eq!(journal.head(), Offset(1));
}

#[test]
fn a_ballast_alone_is_no_journal() {
    let disk = SimulatedDisk::new(1);
    assert!(!Journal::exists(Path::new(DIR), &disk).unwrap());
    disk.create_dir(Path::new(DIR)).unwrap();
    disk.create(&Path::new(DIR).join("ballast")).unwrap();
    assert!(!Journal::exists(Path::new(DIR), &disk).unwrap());
}

#[test]
fn a_batch_of_which_one_record_is_too_large_is_not_taken() {
    let disk = SimulatedDisk::new(1);
    let (journal, mut writer, records) = fill(&disk, 1);
    let mut large = message("a", "b");
    if let Record::Message(message) = &mut large {
        Arc::make_mut(message).client = ClientId("x".repeat(70_000).into());
    }
    let mut batch = [message("a", "b"), large];
    let head = journal.head();
    assert_eq!(
        append(&journal, &mut batch),
        Some(Err(AppendError::TooLarge))
    );
    assert_eq!(journal.head(), head);
    assert_eq!(append(&journal, &mut batch[..1]), Some(Ok(())));
    writer.turn().unwrap();
    disk.crash(Crash::Clean);
    let (journal, _writer) = open(&disk, &small()).unwrap();
    assert_eq!(journal.counts().messages, records.len() as u64 + 1);
    assert_eq!(read_all(&journal).unwrap().last(), batch.first());
}

#[test]
fn any_record_of_a_large_old_segment_is_found() {
    let disk = SimulatedDisk::new(1);
    let options = JournalOptions {
        segment_bytes: 800_000,
        bytes_max: 1 << 30,
        buffer_bytes: 50_000,
        ..small()
    };
    let (journal, mut writer) = open(&disk, &options).unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let mut count = 0;
    while disk.files().len() < 3 {
        let length = if random.u8(..50) == 0 { 90_000 } else { 100 };
        let mut batch = vec![message("t", vec![0; length]); random.usize(1..50)];
        count += batch.len() as u64;
        append(&journal, &mut batch).unwrap().unwrap();
        writer.turn().unwrap();
    }
    let (journal, _writer) = open(&disk, &options).unwrap();
    assert_eq!(journal.head(), Offset(count + 1));
    for _ in 0..300 {
        let offset = Offset(random.u64(1..=count));
        let mut reader = journal.reader(offset).unwrap();
        let records = reader.try_next(1).unwrap();
        assert_eq!(records[0].offset(), offset);
    }
}

/// Counts what is read.
struct CountingFile {
    file: Arc<dyn File>,
    bytes: std::sync::atomic::AtomicU64,
}

impl File for CountingFile {
    fn bytes(&self) -> std::io::Result<u64> {
        self.file.bytes()
    }
    fn read_at(&self, buffer: &mut [u8], position: u64) -> std::io::Result<usize> {
        let read = self.file.read_at(buffer, position)?;
        let counted = std::sync::atomic::Ordering::Relaxed;
        self.bytes.fetch_add(read as u64, counted);
        Ok(read)
    }
    fn write_at(&self, bytes: &[u8], position: u64) -> std::io::Result<usize> {
        self.file.write_at(bytes, position)
    }
    fn allocate(&self, bytes: u64) -> std::io::Result<()> {
        self.file.allocate(bytes)
    }
    fn truncate(&self, bytes: u64) -> std::io::Result<()> {
        self.file.truncate(bytes)
    }
    fn sync(&self) -> std::io::Result<()> {
        self.file.sync()
    }
}

#[test]
fn a_large_record_of_an_old_segment_is_found_without_reading_the_others() {
    const BYTES: usize = 1 << 20;
    let disk = SimulatedDisk::new(1);
    let options = JournalOptions {
        segment_bytes: 20 * BYTES as u64,
        bytes_max: 1 << 30,
        buffer_bytes: BYTES,
        ..small()
    };
    let (journal, mut writer) = open(&disk, &options).unwrap();
    for _ in 0..25 {
        let mut batch = [message("large", vec![7; BYTES])];
        append(&journal, &mut batch).unwrap().unwrap();
        writer.turn().unwrap();
    }
    drop((journal, writer));
    disk.crash(Crash::Clean);
    let (journal, _writer) = open(&disk, &options).unwrap();
    let segment = journal.shared.segment(Offset(1)).unwrap();
    let file = CountingFile {
        file: segment.file(&disk).unwrap(),
        bytes: 0.into(),
    };
    for offset in [19, 1, 10, 11, 20] {
        let (there, _) = segment.locate(&file, Offset(offset)).unwrap();
        assert_eq!(there, Offset(offset));
    }
    assert!(file.bytes.into_inner() < 10_000);
}

#[test]
fn a_journal_that_is_read_through_shows_the_first_damage_of_each_segment() {
    let disk = SimulatedDisk::new(1);
    let (_, _, records) = fill(&disk, 4);
    disk.crash(Crash::Clean);
    let whole = open(&disk, &small()).unwrap().0.inspect().unwrap();
    assert!(whole.damaged.is_empty());
    assert_eq!(whole.records, records.len() as u64);
    let (position, _) = second(&content(&disk, 0));
    for at in [0, 2] {
        disk.flip(&path(&disk, at), position + 60, 3);
    }
    let (journal, _writer) = open(&disk, &small()).unwrap();
    let found = journal.inspect().unwrap();
    let damages: Vec<_> = found
        .damaged
        .iter()
        .map(|error| error.damage(&disk))
        .collect();
    let first = |at: usize| journal.shared.segments.read()[at].first();
    let damage = |at: usize| {
        Some(Damage {
            segment: path(&disk, at),
            from: first(at).plus(1),
            next: Some(first(at + 1)),
        })
    };
    assert_eq!(damages, [damage(0), damage(2)]);
    assert!(found.records < records.len() as u64);
}

#[test]
fn a_journal_that_ends_before_what_was_handed_on_is_refused_as_it_is() {
    let disk = SimulatedDisk::new(1);
    let (journal, _, records) = fill(&disk, 3);
    let head = journal.head();
    journal.hand_on(head);
    journal.hand_on(Offset(5)); // it never goes back
    disk.crash(Crash::Process);
    assert!(open(&disk, &small()).is_ok());
    let segments: Vec<_> = disk.files().into_iter().filter(is_segment).collect();
    let (last, length) = segments.last().unwrap().clone();
    // Cut within the last record, before it, and gone.
    for cut in [length - 1, length / 2, 0] {
        let disk = disk.copy();
        let file = disk.open(&last).unwrap();
        file.truncate(cut as u64).unwrap();
        if cut == 0 {
            disk.remove(&last).unwrap();
        }
        let before = disk.files();
        let error = open(&disk, &small()).err().unwrap();
        let JournalError::Short {
            head: ends,
            handed_on,
            ..
        } = error
        else {
            panic!("{error}");
        };
        assert!(ends < head && handed_on == head, "{ends}");
        assert_eq!(disk.files(), before, "nothing is cut");
        let damage = error.damage(&disk).unwrap();
        assert_eq!((damage.from, damage.next), (ends, None));
    }
    // What is noted of another journal, or is not whole, says nothing.
    let noted = Path::new(DIR).join("handed-on");
    for byte in [0, 5, 13] {
        let disk = disk.copy();
        disk.flip(&noted, byte, 0);
        disk.remove(&last).unwrap();
        let (journal, _writer) = open(&disk, &small()).unwrap();
        assert!(journal.head() < Offset(records.len() as u64));
    }
}

fn is_segment(file: &(PathBuf, usize)) -> bool {
    file.0.extension().is_some_and(|kind| kind == "segment")
}
