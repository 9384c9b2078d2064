//! Reading the records of a segment one after the other, and finding one in the midst of bytes.

use std::io;
use std::ops::Range;

use bytes::Bytes;

use crate::message::Offset;

use super::disk::{File, read_full};
use super::error::Fault;
use super::record::{HEAD_BYTES, Head, is_whole};

/// How many bytes are looked through at a time, at first and at most.
const WINDOW_BYTES: Range<usize> = 4 << 10..256 << 10;

/// Why there is no next record.
#[derive(Debug)]
pub(super) enum ScanError {
    /// The file can't be read.
    Disk(io::Error),
    /// What stands there is not the record that should.
    Record(Fault),
}

impl From<io::Error> for ScanError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// One whole record with the right offset, in the scanner's chunk.
#[derive(Debug)]
pub(super) struct RecordFrame {
    pub(super) head: Head,
    pub(super) range: Range<usize>,
}

/// A place in a segment, and what has been read from there on.
#[derive(Debug)]
pub(super) struct Scanner {
    chunk: Bytes,
    at: usize,
    /// Where the next record begins in the file.
    position: u64,
    /// Which record that should be.
    offset: Offset,
}

impl Scanner {
    /// Begins at `position`, where the record `offset` should be.
    pub(super) fn new(position: u64, offset: Offset) -> Self {
        Self {
            chunk: Bytes::new(),
            at: 0,
            position,
            offset,
        }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn offset(&self) -> Offset {
        self.offset
    }

    /// What the ranges of frames are in, until the next call of [`Self::next`].
    pub(super) fn chunk(&self) -> &Bytes {
        &self.chunk
    }

    /// Goes over the next record, if `end`, the end of what may be read of the file, is not yet
    /// reached. Where a record is bad it stays before it. Reads `ahead` bytes at a time.
    pub(super) fn next(
        &mut self,
        file: &dyn File,
        salt: u32,
        end: u64,
        ahead: usize,
    ) -> Result<Option<RecordFrame>, ScanError> {
        let room = end.saturating_sub(self.position);
        if room == 0 {
            // Nobody knows how long it will have to wait here.
            self.chunk = Bytes::new();
            self.at = 0;
            return Ok(None);
        }
        self.fill(file, HEAD_BYTES, room, ahead)?;
        let head = Head::decode(&self.chunk[self.at..]).map_err(ScanError::Record)?;
        let length = head.checked_length(room).map_err(ScanError::Record)?;
        self.fill(file, length, room, ahead)?;
        let range = self.at..self.at + length;
        if !is_whole(&self.chunk[range.clone()], &head, salt) {
            return Err(ScanError::Record(Fault::Checksum));
        }
        if head.offset != self.offset {
            return Err(ScanError::Record(Fault::WrongOffset(head.offset)));
        }
        self.at = range.end;
        self.position += length as u64;
        if !head.is_mark() {
            self.offset = self.offset.plus(1);
        }
        Ok(Some(RecordFrame { head, range }))
    }

    /// Sees to it that the chunk has `need` bytes from here on, of the `room` that there are.
    fn fill(
        &mut self,
        file: &dyn File,
        need: usize,
        room: u64,
        ahead: usize,
    ) -> Result<(), ScanError> {
        if self.chunk.len() - self.at >= need {
            return Ok(());
        }
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        if need > room {
            return Err(ScanError::Record(Fault::Truncated));
        }
        let mut chunk = vec![0; ahead.max(need).min(room)];
        let read = read_full(file, &mut chunk, self.position)?;
        if read < need {
            return Err(ScanError::Record(Fault::Truncated));
        }
        chunk.truncate(read);
        self.chunk = chunk.into();
        self.at = 0;
        Ok(())
    }
}

/// The first whole record that begins in `range` and has one of these offsets. `end` is the end
/// of the file.
pub(super) fn find(
    file: &dyn File,
    salt: u32,
    range: Range<u64>,
    end: u64,
    offsets: &Range<Offset>,
) -> io::Result<Option<(u64, Head)>> {
    let mut position = range.start;
    let mut window_bytes = WINDOW_BYTES.start;
    while position < range.end {
        let heads = usize::try_from(range.end - position)
            .map_or(window_bytes, |rest| rest.min(window_bytes));
        let mut window = vec![0; heads + HEAD_BYTES - 1];
        let read = read_full(file, &mut window, position)?;
        for (place, bytes) in (position..).zip(window[..read].windows(HEAD_BYTES)) {
            let Ok(head) = Head::decode(bytes) else {
                continue;
            };
            if head.is_plausible(offsets, end - place) {
                let mut record = vec![0; head.length as usize];
                let read = read_full(file, &mut record, place)?;
                if is_whole(&record[..read], &head, salt) {
                    return Ok(Some((place, head)));
                }
            }
        }
        position += heads as u64;
        window_bytes = (window_bytes * 2).min(WINDOW_BYTES.end);
    }
    Ok(None)
}
