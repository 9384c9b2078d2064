//! What can go wrong.

use std::io;
use std::path::{Path, PathBuf};

use crate::message::Offset;

/// Why the journal can't be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system refused.
    #[error("{doing} {path}: {source}")]
    Disk {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A record that was durable is damaged.
    #[error("the journal is damaged: {segment}, byte {position}, offset {offset}: {fault}")]
    BadRecord {
        segment: PathBuf,
        /// Where in the file the bad record begins.
        position: u64,
        /// Which record should be there.
        offset: Offset,
        fault: Fault,
    },
    /// A segment's header is damaged, or does not fit to the segment before.
    #[error("the journal is damaged: {segment}: {fault}")]
    BadSegment { segment: PathBuf, fault: Fault },
    /// A segment between two others is not there.
    #[error("the journal is damaged: {missing} is missing, which {segment} goes on from")]
    MissingSegment {
        /// The file that is not there.
        missing: PathBuf,
        /// The one after it.
        segment: PathBuf,
    },
    /// The database was given records that are no longer there.
    #[error(
        "the journal is damaged: it ends before {head}, but its records up to before {handed_on} \
         have been handed on to the database: the end of {segment}, or a segment after it, is gone"
    )]
    Short {
        /// The last segment that is there.
        segment: PathBuf,
        /// The offset that the next record would get.
        head: Offset,
        handed_on: Offset,
    },
    /// The records asked for have been removed.
    #[error("records below offset {oldest} are no longer in the journal")]
    Gone {
        /// The first one that is still there.
        oldest: Offset,
    },
    /// The journal has to stop, and the disk has no room for what it accepted last.
    #[error("the disk has no room for the last {bytes} bytes of the journal, none acknowledged")]
    Unwritten {
        /// How much of it.
        bytes: usize,
    },
    /// The writer's thread panicked.
    #[error("the journal's writer panicked")]
    Panicked,
}

/// What is wrong with some bytes of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file ends too early.
    #[error("the file ends too early")]
    Truncated,
    /// The length that it states can't be.
    #[error("its length can't be {0} bytes")]
    Length(u64),
    /// The checksum does not fit.
    #[error("its checksum is wrong")]
    Checksum,
    /// Another record stands where this one should be.
    #[error("it states the wrong offset, {0}")]
    WrongOffset(Offset),
    /// Whole, but not what any version known here writes.
    #[error("its {0} makes no sense")]
    Content(&'static str),
    /// Not a segment of a journal.
    #[error("it is no segment of a journal")]
    Magic,
    /// Written by another version.
    #[error("it has format version {0}, which this version can't read")]
    Version(u32),
    /// A segment of another journal.
    #[error("it belongs to another journal")]
    Epoch,
}

/// Why records were not taken. Nothing of the batch was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The size limit or the floor of free space is reached: wait for [`super::Journal::room`].
    #[error("the journal is full")]
    Full,
    /// The journal is stopping or has failed.
    #[error("the journal is closed")]
    Closed,
    /// A record is larger than any MQTT packet can be.
    #[error("the record is too large for the journal")]
    TooLarge,
}

/// Says what was being done to which file when the disk refused.
pub(super) fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    move |source| JournalError::Disk {
        doing,
        path: path.to_owned(),
        source,
    }
}
