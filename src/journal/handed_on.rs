//! Up to where records have been handed on to the database: a file of a few bytes, by which a start
//! knows that the journal has lost its end, though the database may be away.
//!
//! It is written before the records are, so it is never behind what the database has, and holds
//! what is durable only, so it is never ahead of a journal that is whole. It is not synced: after a
//! power cut it may be of some seconds before.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::message::{Cursor, Epoch, Offset};

use super::disk::{Disk, File, read_full, write_full};
use super::error::{JournalError, disk as disk_error};
use super::fields::Fields;

const NAME: &str = "handed-on";

/// The epoch (4 bytes), the offset (8) and the CRC-32C of both (4).
const BYTES: usize = 16;

/// The file, or its place.
pub(super) struct HandedOn {
    path: PathBuf,
    file: Option<Arc<dyn File>>,
    cursor: Cursor,
    is_told: bool,
}

impl HandedOn {
    pub(super) fn new(dir: &Path, epoch: Epoch) -> Self {
        Self {
            path: dir.join(NAME),
            file: None,
            cursor: Cursor {
                epoch,
                next: Offset(0),
            },
            is_told: false,
        }
    }

    /// Notes that every record below `next` may be in the database from now on. A disk that
    /// refuses is told of once: nothing is lost by it.
    pub(super) fn note(&mut self, disk: &dyn Disk, next: Offset) {
        if next <= self.cursor.next {
            return;
        }
        self.cursor.next = next;
        if let Err(error) = self.write(disk)
            && !std::mem::replace(&mut self.is_told, true)
        {
            tracing::warn!(
                %error,
                "how far the database has come is not noted beside the journal: a start without \
                 the database would not notice a journal that is cut short"
            );
        }
    }

    fn write(&mut self, disk: &dyn Disk) -> Result<(), JournalError> {
        let file = if let Some(file) = &self.file {
            file
        } else {
            let made = disk.create(&self.path);
            let made = made.map_err(disk_error("create", &self.path))?;
            self.file.insert(made)
        };
        let bytes = encode(self.cursor);
        write_full(&**file, &bytes, 0, &mut 0).map_err(disk_error("write", &self.path))
    }
}

/// What was noted in `dir`; nothing where it is not whole.
pub(super) fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<Cursor>, JournalError> {
    let names = disk
        .list(dir)
        .map_err(disk_error("list the directory", dir))?;
    if !names.iter().any(|name| name == NAME) {
        return Ok(None);
    }
    let path = dir.join(NAME);
    let mut bytes = [0; BYTES];
    let read = disk
        .open(&path)
        .and_then(|file| read_full(&*file, &mut bytes, 0));
    let read = read.map_err(disk_error("read", &path))?;
    Ok((read == BYTES).then(|| decode(&bytes)).flatten())
}

fn encode(cursor: Cursor) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[..4].copy_from_slice(&cursor.epoch.0.to_le_bytes());
    bytes[4..12].copy_from_slice(&cursor.next.0.to_le_bytes());
    let checksum = crc32c::crc32c(&bytes[..12]);
    bytes[12..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8; BYTES]) -> Option<Cursor> {
    let (content, checksum) = bytes.split_at(12);
    if crc32c::crc32c(content).to_le_bytes() != *checksum {
        return None;
    }
    let mut fields = Fields(content);
    Some(Cursor {
        epoch: Epoch(fields.u32().ok()?),
        next: Offset(fields.u64().ok()?),
    })
}
