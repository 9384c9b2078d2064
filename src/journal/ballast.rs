//! A file of no content that takes up room, and gives it back when the disk is full, so that what
//! was accepted can still be written.

use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::error::{JournalError, disk as disk_error};

const NAME: &str = "ballast";

/// The file, or its place.
#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
    is_there: bool,
}

impl Ballast {
    /// What there is of it in `dir`, one of another size removed.
    pub(super) fn open(disk: &dyn Disk, dir: &Path, bytes: u64) -> Result<Self, JournalError> {
        let path = dir.join(NAME);
        let names = disk
            .list(dir)
            .map_err(disk_error("list the directory", dir))?;
        let mut ballast = Self {
            is_there: names.iter().any(|name| name == NAME),
            path,
        };
        if ballast.is_there {
            let there = disk
                .open(&ballast.path)
                .and_then(|file| file.bytes())
                .map_err(disk_error("open the ballast", &ballast.path))?;
            if there != bytes {
                ballast.remove(disk)?;
            }
        }
        Ok(ballast)
    }

    /// Makes it, where it is to have any size and is not there. Where the disk refuses there is
    /// none, which is no error.
    pub(super) fn make(&mut self, disk: &dyn Disk, bytes: u64) {
        if self.is_there || bytes == 0 {
            return;
        }
        let made = disk
            .create(&self.path)
            .and_then(|file| file.allocate(bytes));
        match made {
            Ok(()) => self.is_there = true,
            Err(error) => {
                tracing::debug!(%error, "no room for the journal's ballast");
                // What could be made of it is of no use, and may be gone already.
                let _ = disk.remove(&self.path);
            }
        }
    }

    /// Gives its room back; whether there was any.
    pub(super) fn remove(&mut self, disk: &dyn Disk) -> Result<bool, JournalError> {
        if !self.is_there {
            return Ok(false);
        }
        self.is_there = false;
        disk.remove(&self.path)
            .map_err(disk_error("remove the ballast", &self.path))?;
        Ok(true)
    }
}
