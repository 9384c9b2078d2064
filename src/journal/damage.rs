//! What is damaged, for whoever has to decide what becomes of it.

use std::path::PathBuf;

use crate::message::Offset;

use super::disk::Disk;
use super::error::{Fault, JournalError, disk as disk_error};
use super::handle::Journal;
use super::record::RecordBody;
use super::scan::{ScanError, Scanner};
use super::segment::{self, RECORDS_AT, Segment};

/// How much is read at a time.
const READ_BYTES: usize = 1 << 20;

/// A place from which on a segment can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub segment: PathBuf,
    /// The first record that can't be.
    pub from: Offset,
    /// Where the next segment begins, where there is one.
    pub next: Option<Offset>,
}

/// What came of reading a journal through.
#[derive(Debug, Default)]
pub struct Inspection {
    pub records: u64,
    pub bytes: u64,
    /// The first damage in each segment that has one, oldest first.
    pub damaged: Vec<JournalError>,
}

impl JournalError {
    /// What is damaged, if that is the error.
    pub fn damage(&self, disk: &dyn Disk) -> Option<Damage> {
        let first = |path: &PathBuf| segment::first(path.file_name()?.to_str()?);
        let (segment, from) = match self {
            Self::BadRecord {
                segment, offset, ..
            } => (segment, *offset),
            Self::BadSegment {
                fault: Fault::Version(_),
                ..
            } => return None,
            Self::BadSegment { segment, .. } => (segment, first(segment)?),
            Self::MissingSegment { missing, .. } => (missing, first(missing)?),
            Self::Short { segment, head, .. } => (segment, *head),
            _ => return None,
        };
        let begins = first(segment)?;
        let names = disk.list(segment.parent()?).unwrap_or_default();
        let firsts = names.iter().filter_map(|name| segment::first(name));
        Some(Damage {
            segment: segment.clone(),
            from,
            next: firsts.filter(|first| *first > begins).min(),
        })
    }
}

impl Journal {
    /// Reads all that is durable and checks every record. An error where the disk can't be read.
    pub fn inspect(&self) -> Result<Inspection, JournalError> {
        let segments: Vec<_> = self.shared.segments.read().iter().cloned().collect();
        let mut found = Inspection::default();
        for (at, segment) in segments.iter().enumerate() {
            let next = segments.get(at + 1).map(|next| next.first());
            match self.inspect_segment(segment, next, &mut found) {
                Err(error @ JournalError::BadRecord { .. }) => found.damaged.push(error),
                done => done?,
            }
        }
        Ok(found)
    }

    fn inspect_segment(
        &self,
        segment: &Segment,
        next: Option<Offset>,
        found: &mut Inspection,
    ) -> Result<(), JournalError> {
        let file = segment.file(&*self.shared.disk)?;
        let mut scanner = Scanner::new(RECORDS_AT, segment.first());
        found.bytes += segment.length();
        loop {
            let (position, offset) = (scanner.position(), scanner.offset());
            let bad = |fault| segment.bad_record(position, offset, fault);
            let read = scanner.next(&*file, segment.header.salt, segment.length(), READ_BYTES);
            match read {
                Ok(Some(frame)) => {
                    RecordBody::decode(&scanner.chunk()[frame.range], &frame.head).map_err(bad)?;
                    found.records += u64::from(!frame.head.is_mark());
                }
                Ok(None) if next.is_none_or(|next| next == offset) => return Ok(()),
                Ok(None) => return Err(bad(Fault::Truncated)),
                Err(ScanError::Disk(error)) => {
                    return Err(disk_error("read", &segment.path)(error));
                }
                Err(ScanError::Record(fault)) => return Err(bad(fault)),
            }
        }
    }
}
