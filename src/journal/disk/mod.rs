//! The one door to the file system, so that tests can lose, tear and fail what goes through it.

mod local;
#[cfg(test)]
pub(super) mod simulated;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use local::LocalDisk;

/// A file system. What is written is durable once [`File::sync`] has answered, and the names of
/// created and removed files once [`Disk::sync_dir`] has.
pub trait Disk: Send + Sync + 'static {
    /// Creates a directory, and those above it, where they do not exist.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// The names of what is in a directory, in any order.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Makes an empty file, or empties it.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Opens a file that exists.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Removes a file; whoever has it open can still read it.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// How many bytes can still be written to the disk that has this directory.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;
}

pub trait File: Send + Sync {
    /// Its length in bytes.
    fn bytes(&self) -> io::Result<u64>;
    /// Reads what fits into `buffer`, or less; 0 at the end of the file.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;
    /// Writes `bytes`, or the first part of them.
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<usize>;
    /// Makes the file this long, with blocks of the disk behind all of it.
    fn allocate(&self, bytes: u64) -> io::Result<()>;
    /// Cuts the file to this length.
    fn truncate(&self, bytes: u64) -> io::Result<()>;
    /// Makes the content and the length durable.
    fn sync(&self) -> io::Result<()>;
}

/// Fills `buffer` from the file; less only at its end.
pub(super) fn read_full(file: &dyn File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read_at(&mut buffer[read..], position + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// Writes on from `written`, and counts there, until all of `bytes` are in the file from
/// `position` on.
pub(super) fn write_full(
    file: &dyn File,
    bytes: &[u8],
    position: u64,
    written: &mut usize,
) -> io::Result<()> {
    while let Some(rest) = bytes.get(*written..)
        && !rest.is_empty()
    {
        match file.write_at(rest, position + *written as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(more) => *written += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether the disk, or the user's share of it, has no room for what was to be written.
pub(super) fn is_out_of_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}
