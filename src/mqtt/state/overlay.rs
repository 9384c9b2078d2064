//! A file that is only read, whatever is written to it: that is kept in memory, and forgotten. So a
//! database that was not closed can be repaired for a look at what is in it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Error, Result};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use parking_lot::Mutex;

const PAGE_BYTES: usize = 4096;

type FilePage = [u8; PAGE_BYTES];

/// A file, and what has been written over it.
#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    written: Mutex<OverlaidPages>,
}

#[derive(Debug)]
struct OverlaidPages {
    /// How long the file would be.
    len: u64,
    /// How much of the file's own still counts.
    file_len: u64,
    pages: HashMap<u64, Box<FilePage>>,
}

impl Overlay {
    /// Over the file at `path`, which nobody else may be using.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        file.try_lock_shared().map_err(Error::from)?;
        let len = file.metadata()?.len();
        Ok(Self {
            file,
            written: Mutex::new(OverlaidPages {
                len,
                file_len: len,
                pages: HashMap::new(),
            }),
        })
    }

    /// A page as it is now; what is behind the end is zero.
    fn page(&self, written: &OverlaidPages, number: u64) -> Result<FilePage> {
        if let Some(page) = written.pages.get(&number) {
            return Ok(**page);
        }
        let mut page = [0; PAGE_BYTES];
        let begin = number * PAGE_BYTES as u64;
        let there = written.file_len.saturating_sub(begin);
        let there = usize::try_from(there).map_or(PAGE_BYTES, |there| there.min(PAGE_BYTES));
        self.file.read_exact_at(&mut page[..there], begin)?;
        Ok(page)
    }
}

/// The pages that a range is in: of each its number, and the part that is meant.
fn pages(offset: u64, len: usize) -> impl Iterator<Item = (u64, std::ops::Range<usize>)> {
    let size = PAGE_BYTES as u64;
    let end = offset.saturating_add(len as u64);
    let part = move |at: u64| usize::try_from(at).unwrap_or(PAGE_BYTES).min(PAGE_BYTES);
    (offset / size..end.div_ceil(size)).map(move |number| {
        let begin = number * size;
        (
            number,
            part(offset.saturating_sub(begin))..part(end - begin),
        )
    })
}

impl redb::StorageBackend for Overlay {
    fn len(&self) -> Result<u64> {
        Ok(self.written.lock().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let written = self.written.lock();
        if offset.saturating_add(out.len() as u64) > written.len {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let mut done = 0;
        for (number, part) in pages(offset, out.len()) {
            let page = self.page(&written, number)?;
            out[done..done + part.len()].copy_from_slice(&page[part.clone()]);
            done += part.len();
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let mut written = self.written.lock();
        if len < written.len {
            written.file_len = written.file_len.min(len);
            let last = len / PAGE_BYTES as u64;
            written.pages.retain(|number, _| *number <= last);
            if let Some(page) = written.pages.get_mut(&last) {
                let kept = usize::try_from(len % PAGE_BYTES as u64).unwrap_or_default();
                page[kept..].fill(0);
            }
        }
        written.len = len;
        Ok(())
    }

    fn sync_data(&self) -> Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        let mut written = self.written.lock();
        let mut done = 0;
        for (number, part) in pages(offset, data.len()) {
            let mut page = self.page(&written, number)?;
            page[part.clone()].copy_from_slice(&data[done..done + part.len()]);
            done += part.len();
            written.pages.insert(number, Box::new(page));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use redb::StorageBackend as _;

    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_the_file_stays_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let bytes: Vec<u8> = (0..10_000_u32).map(|n| (n % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let overlay = Overlay::open(&path).unwrap();
        let mut expected = bytes.clone();
        for _ in 0..2000 {
            let (at, size) = (fastrand::usize(..20_000), fastrand::usize(..9_000));
            match fastrand::u8(..4) {
                0 => {
                    expected.resize(at, 0);
                    overlay.set_len(at as u64).unwrap();
                }
                1 if at + size <= expected.len() => {
                    let data: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..))
                        .take(size)
                        .collect();
                    expected[at..at + size].copy_from_slice(&data);
                    overlay.write(at as u64, &data).unwrap();
                }
                _ => {
                    let mut read = vec![1; size];
                    let outcome = overlay.read(at as u64, &mut read);
                    match expected.get(at..at + size) {
                        Some(expected) => assert_eq!(read, expected),
                        None => assert!(outcome.is_err()),
                    }
                }
            }
            assert_eq!(overlay.len().unwrap(), expected.len() as u64);
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}
