//! Finding out, at the start, what a journal has.

use std::io;
use std::path::{Path, PathBuf};

use crate::message::Offset;

use super::disk::{Disk, File};
use super::error::{Fault, JournalError, disk as disk_error};
use super::handed_on;
use super::header::Header;
use super::record::{HEAD_BYTES, RecordBody};
use super::scan::{ScanError, Scanner, find};
use super::segment::{self, INDEX_BYTES, RECORDS_AT, Segment};

/// How much is read at a time.
const READ_BYTES: usize = 1 << 20;

/// What a journal has.
pub(super) struct Recovered {
    /// All segments but the last, oldest first.
    pub(super) older: Vec<Segment>,
    /// The segment that is written on; what it has is whole and durable.
    pub(super) last: Segment,
    /// What the header of a segment after it would say.
    pub(super) next: Header,
}

/// A file that has a segment's name.
struct Candidate {
    path: PathBuf,
    first: Offset,
    bytes: u64,
    header: Result<Header, Fault>,
}

impl Candidate {
    /// No longer than a header, and without one: it was being created when the server ended.
    fn is_unfinished(&self) -> bool {
        self.header.is_err() && self.bytes <= RECORDS_AT
    }
}

/// Whether `dir` has a journal, or what is left of one: more than the beginnings of a first
/// segment.
pub(super) fn exists(disk: &dyn Disk, dir: &Path) -> Result<bool, JournalError> {
    match candidates(disk, dir) {
        Ok(found) => Ok(match &found[..] {
            [] => false,
            [only] => !only.is_unfinished() || matches!(only.header, Err(Fault::Version(_))),
            _ => true,
        }),
        Err(JournalError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Reads what is in `dir` and cuts a torn tail; `None` where there is no journal. A new one would
/// begin with `first`.
pub(super) fn recover(
    disk: &dyn Disk,
    dir: &Path,
    first: Offset,
) -> Result<Option<Recovered>, JournalError> {
    let mut candidates = candidates(disk, dir)?;
    // A segment that is no longer than its header, and has none, was being created; so the one
    // before is durable as a whole.
    let torn = candidates.pop_if(|last| last.is_unfinished());
    if let Some(torn) = &torn {
        let was_whole = candidates.is_empty() && torn.first != first;
        if let Err(fault) = torn.header
            && (was_whole || matches!(fault, Fault::Version(_)))
        {
            return Err(bad_segment(&torn.path, fault));
        }
        disk.remove(&torn.path)
            .map_err(disk_error("remove", &torn.path))?;
    }
    let mut older = chain(candidates)?;
    let Some(last) = older.pop() else {
        return Ok(None);
    };
    let Tail { end, next } = tail(disk, &last, torn.is_some())?;
    if let Some(noted) = handed_on::read(disk, dir)?
        && noted.epoch == next.epoch
        && noted.next > next.first
    {
        return Err(JournalError::Short {
            segment: last.path.clone(),
            head: next.first,
            handed_on: noted.next,
        });
    }
    let file = last.file(disk)?;
    if end < last.length() {
        tracing::warn!(
            segment = %last.path.display(),
            from = end,
            bytes = last.length() - end,
            "cut a torn tail, of which nothing had been acknowledged"
        );
        file.truncate(end)
            .map_err(disk_error("cut the torn tail of", &last.path))?;
        last.advance(end, std::iter::empty());
    }
    // What was read may not have reached the disk yet.
    file.sync().map_err(disk_error("sync", &last.path))?;
    disk.sync_dir(dir)
        .map_err(disk_error("sync the directory", dir))?;
    Ok(Some(Recovered { older, last, next }))
}

fn candidates(disk: &dyn Disk, dir: &Path) -> Result<Vec<Candidate>, JournalError> {
    let names = disk
        .list(dir)
        .map_err(disk_error("list the directory", dir))?;
    let mut candidates = names
        .iter()
        .filter_map(|name| Some((dir.join(name), segment::first(name)?)))
        .map(|(path, first)| {
            let file = disk
                .open(&path)
                .map_err(disk_error("open the segment", &path))?;
            Ok(Candidate {
                bytes: file.bytes().map_err(disk_error("measure", &path))?,
                header: segment::read_header(&*file, &path)?,
                first,
                path,
            })
        })
        .collect::<Result<Vec<_>, JournalError>>()?;
    candidates.sort_by_key(|candidate| candidate.first);
    Ok(candidates)
}

/// Checks that the segments go on from each other.
fn chain(candidates: Vec<Candidate>) -> Result<Vec<Segment>, JournalError> {
    let mut segments: Vec<Segment> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let path = &candidate.path;
        let header = candidate.header.map_err(|fault| bad_segment(path, fault))?;
        if header.first != candidate.first {
            return Err(bad_segment(path, Fault::WrongOffset(header.first)));
        }
        if let Some(before) = segments.last() {
            if header.epoch != before.header.epoch {
                return Err(bad_segment(path, Fault::Epoch));
            }
            let (first, bytes) = header.previous;
            if first != before.first() {
                return Err(JournalError::MissingSegment {
                    missing: path.with_file_name(segment::name(first)),
                    segment: path.clone(),
                });
            }
            if before.length() < bytes {
                return Err(bad_segment(&before.path, Fault::Truncated));
            }
            if before.length() > bytes {
                return Err(bad_segment(&before.path, Fault::Length(before.length())));
            }
        }
        segments.push(Segment::new(candidate.path, header, candidate.bytes));
    }
    Ok(segments)
}

/// What the last segment has.
struct Tail {
    /// Where its last whole record ends.
    end: u64,
    /// What the header of a segment after it would say.
    next: Header,
}

fn tail(disk: &dyn Disk, last: &Segment, is_sealed: bool) -> Result<Tail, JournalError> {
    let file = &*last.file(disk)?;
    let length = last.length();
    let mut scanner = Scanner::new(RECORDS_AT, last.first());
    let mut counts = last.header.before;
    let mut received_at = last.header.received_at;
    let mut places = Vec::new();
    let mut indexed = RECORDS_AT;
    loop {
        let (position, offset) = (scanner.position(), scanner.offset());
        let frame = match scanner.next(file, last.header.salt, length, READ_BYTES) {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            Err(ScanError::Disk(error)) => return Err(disk_error("read", &last.path)(error)),
            Err(ScanError::Record(fault)) => {
                let is_torn =
                    matches!(fault, Fault::Truncated | Fault::Length(_) | Fault::Checksum);
                if is_torn && !is_sealed && !is_followed(file, last, position, offset)? {
                    break;
                }
                return Err(last.bad_record(position, offset, fault));
            }
        };
        let body = RecordBody::decode(&scanner.chunk()[frame.range], &frame.head)
            .map_err(|fault| last.bad_record(position, offset, fault))?;
        if let RecordBody::Message { payload, .. } = body {
            counts.messages += 1;
            counts.payload_bytes += payload.len() as u64;
        }
        received_at = received_at.max(frame.head.received_at);
        if position >= indexed + INDEX_BYTES as u64 {
            indexed = position;
            places.push((offset, position));
        }
    }
    last.advance(length, places.into_iter());
    let (first, end) = (scanner.offset(), scanner.position());
    let previous = if first > last.first() {
        (last.first(), end)
    } else {
        last.header.previous
    };
    Ok(Tail {
        end,
        next: Header {
            first,
            previous,
            before: counts,
            received_at,
            ..last.header
        },
    })
}

/// Whether a whole record of a later group follows the bad one at `position`. If so, the bad one
/// had been synced before that group was written.
fn is_followed(
    file: &dyn File,
    last: &Segment,
    position: u64,
    offset: Offset,
) -> Result<bool, JournalError> {
    let length = last.length();
    let records = length.saturating_sub(position) / HEAD_BYTES as u64;
    let offsets = offset..offset.plus(records + 1);
    let mut from = position + 1;
    while from < length {
        let found = find(file, last.header.salt, from..length, length, &offsets)
            .map_err(disk_error("read", &last.path))?;
        let Some((place, head)) = found else {
            break;
        };
        if place.saturating_sub(head.back.into()) > position {
            return Ok(true);
        }
        from = place + u64::from(head.length);
    }
    Ok(false)
}

fn bad_segment(path: &Path, fault: Fault) -> JournalError {
    JournalError::BadSegment {
        segment: path.to_owned(),
        fault,
    }
}
