//! One file of the journal.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::message::Offset;

use super::disk::{Disk, File, read_full, write_full};
use super::error::{Fault, JournalError, disk as disk_error};
use super::header::{self, Header};
use super::record::{HEAD_BYTES, Head};
use super::scan::find;

/// Between two places of the index are about so many bytes.
pub(super) const INDEX_BYTES: usize = 32 << 10;

/// Where the first record of a segment begins.
pub(super) const RECORDS_AT: u64 = header::BYTES as u64;

/// Over so few records one goes by their lengths: they may be so large that looking for one in
/// their midst would read all of them.
const STEPS_MAX: u64 = 64;

const SUFFIX: &str = ".segment";

/// A segment whose header is durable.
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) header: Header,
    file: Mutex<SegmentFile>,
    length: AtomicU64,
    /// Where some of the records begin, in their order; the first is there always.
    index: Mutex<Vec<(Offset, u64)>>,
}

/// The file, as far as it is open: there may be thousands of segments, and each open one takes a
/// descriptor.
#[derive(Default)]
struct SegmentFile {
    /// For as long as somebody uses it.
    used: Option<Weak<dyn File>>,
    /// For as long as it is written to.
    written: Option<Arc<dyn File>>,
}

impl Segment {
    /// Makes the file, and makes it durable.
    pub(super) fn create(
        disk: &dyn Disk,
        dir: &Path,
        header: Header,
    ) -> Result<Self, JournalError> {
        let path = dir.join(name(header.first));
        let file = disk
            .create(&path)
            .map_err(disk_error("create the segment", &path))?;
        let bytes = header.encode();
        write_full(&*file, &bytes, 0, &mut 0).map_err(disk_error("write the header of", &path))?;
        file.sync()
            .map_err(disk_error("sync the header of", &path))?;
        disk.sync_dir(dir)
            .map_err(disk_error("sync the directory", dir))?;
        let segment = Self::new(path, header, RECORDS_AT);
        *segment.file.lock() = SegmentFile {
            used: Some(Arc::downgrade(&file)),
            written: Some(file),
        };
        Ok(segment)
    }

    /// A segment that is there, with so many bytes.
    pub(super) fn new(path: PathBuf, header: Header, length: u64) -> Self {
        Self {
            path,
            header,
            file: Mutex::default(),
            length: AtomicU64::new(length),
            index: Mutex::new(vec![(header.first, RECORDS_AT)]),
        }
    }

    pub(super) fn first(&self) -> Offset {
        self.header.first
    }

    pub(super) fn length(&self) -> u64 {
        self.length.load(Ordering::Acquire)
    }

    /// The file is durable up to `length`.
    pub(super) fn advance(&self, length: u64, places: impl Iterator<Item = (Offset, u64)>) {
        self.index.lock().extend(places);
        self.length.store(length, Ordering::Release);
    }

    /// The file, opened where nobody has it open.
    pub(super) fn file(&self, disk: &dyn Disk) -> Result<Arc<dyn File>, JournalError> {
        let mut opened = self.file.lock();
        if let Some(file) = opened.used.as_ref().and_then(Weak::upgrade) {
            return Ok(file);
        }
        let file = disk
            .open(&self.path)
            .map_err(disk_error("open the segment", &self.path))?;
        opened.used = Some(Arc::downgrade(&file));
        Ok(file)
    }

    /// Keeps the file open, since it is written to.
    pub(super) fn begin_writing(&self, disk: &dyn Disk) -> Result<(), JournalError> {
        let file = self.file(disk)?;
        self.file.lock().written = Some(file);
        Ok(())
    }

    /// The file is never written to again.
    pub(super) fn end_writing(&self) {
        self.file.lock().written = None;
    }

    /// A place shortly before the record `offset`, which must be in this segment: the offset of
    /// the record there, and its position. Where the index is too sparse, as it is for segments
    /// of an earlier start, the place is found by halving, and noted.
    pub(super) fn locate(
        &self,
        file: &dyn File,
        offset: Offset,
    ) -> Result<(Offset, u64), JournalError> {
        let length = self.length();
        let (mut low, mut high) = {
            let index = self.index.lock();
            let above = index.partition_point(|(there, _)| *there <= offset);
            let low = above.checked_sub(1).and_then(|at| index.get(at).copied());
            (
                low.unwrap_or((self.first(), RECORDS_AT)),
                index.get(above).map_or(length, |(_, position)| *position),
            )
        };
        while low.0 < offset && high - low.1 > 2 * INDEX_BYTES as u64 {
            if offset.0 - low.0.0 <= STEPS_MAX {
                let Some(next) = self.step(file, low, length)? else {
                    break;
                };
                low = next;
                continue;
            }
            let middle = low.1 + (high - low.1) / 2;
            // No more records can be in between than the smallest would take.
            let offsets = low.0..low.0.plus(high - low.1);
            let found = find(file, self.header.salt, middle..high, length, &offsets)
                .map_err(disk_error("read", &self.path))?;
            match found {
                Some((position, head)) if head.offset <= offset => {
                    low = (head.offset, position);
                    self.note(low);
                }
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// The place behind the record at `place`, as its head says; none where that is damaged, which
    /// shows when it is read.
    fn step(
        &self,
        file: &dyn File,
        place: (Offset, u64),
        length: u64,
    ) -> Result<Option<(Offset, u64)>, JournalError> {
        let mut head = [0; HEAD_BYTES];
        read_full(file, &mut head, place.1).map_err(disk_error("read", &self.path))?;
        let offsets = place.0..place.0.plus(1);
        let head = Head::decode(&head).ok();
        let head = head.filter(|head| head.is_plausible(&offsets, length - place.1));
        Ok(head.map(|head| {
            let records = u64::from(!head.is_mark());
            (place.0.plus(records), place.1 + u64::from(head.length))
        }))
    }

    fn note(&self, place: (Offset, u64)) {
        let mut index = self.index.lock();
        let at = index.partition_point(|(_, position)| *position < place.1);
        if index.get(at) != Some(&place) {
            index.insert(at, place);
        }
    }

    /// Says where a bad record is.
    pub(super) fn bad_record(&self, position: u64, offset: Offset, fault: Fault) -> JournalError {
        JournalError::BadRecord {
            segment: self.path.clone(),
            position,
            offset,
            fault,
        }
    }
}

/// The name of the segment whose first record has this offset. Names sort as offsets do.
pub(super) fn name(first: Offset) -> String {
    format!("{:020}{SUFFIX}", first.0)
}

/// The first offset of the segment with this name, if it is one's.
pub(super) fn first(name: &str) -> Option<Offset> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_digit()))
        .then(|| digits.parse().ok().map(Offset))?
}

/// Reads the header of an open segment.
pub(super) fn read_header(
    file: &dyn File,
    path: &Path,
) -> Result<Result<Header, Fault>, JournalError> {
    let mut bytes = [0; header::BYTES];
    let read = read_full(file, &mut bytes, 0).map_err(disk_error("read the header of", path))?;
    if read < bytes.len() {
        return Ok(Err(Fault::Truncated));
    }
    Ok(Header::decode(&bytes))
}
