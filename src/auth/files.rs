//! The files that accounts are kept in: each is replaced as a whole, under a lock that commands and
//! a running server share, so that none is ever seen half written, and no change is lost to another.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// How large a file of accounts or of sign-ins may be.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// What a file that holds hashes may be for others.
const MODE: u32 = 0o600;

/// Why files of accounts can't be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthFileError {
    #[error("{doing} {path}: {source}")]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// Says nothing of what stands there: it may be a secret.
    #[error("the file of accounts {path} is wrong{place}: {why}")]
    Wrong {
        path: PathBuf,
        /// The line and the column, where they are known.
        place: String,
        why: String,
    },
}

impl AuthFileError {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

/// Held by whoever reads and writes files of accounts; the system gives it up when the process
/// dies.
pub(super) struct FilesLock {
    _file: File,
}

impl FilesLock {
    /// Waits for everybody else who changes accounts in this folder.
    pub(super) fn take(dir: &Path) -> Result<Self, AuthFileError> {
        let path = dir.join("accounts.lock");
        let error = |source| AuthFileError::io("lock", &path)(source);
        let file = open_private(&path, OpenOptions::new().write(true).create(true));
        let file = file.map_err(error)?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(error(errno.into())),
            }
        }
    }
}

/// What a file says; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, AuthFileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(AuthFileError::io("read", path)(error)),
    };
    let mut text = String::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(AuthFileError::io("read", path))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(AuthFileError::Wrong {
            path: path.into(),
            place: String::new(),
            why: format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20),
        });
    }
    Ok(Some(text))
}

/// Another version of a file, which is on disk beside it.
pub(super) struct Draft {
    path: PathBuf,
    draft: PathBuf,
}

impl Draft {
    /// Writes what is to take the place of the file at `path`, down to the disk. Needs the lock.
    pub(super) fn write(path: &Path, text: &str, _lock: &FilesLock) -> Result<Self, AuthFileError> {
        let mut draft = path.as_os_str().to_owned();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        let write = || {
            // What is left of a process that died is of no use.
            if let Err(error) = std::fs::remove_file(&draft)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(error);
            }
            let mut file = open_private(&draft, OpenOptions::new().write(true).create_new(true))?;
            // Whatever the mask of the process is.
            file.set_permissions(std::fs::Permissions::from_mode(MODE))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(AuthFileError::io("write", &draft))?;
        Ok(Self {
            path: path.into(),
            draft,
        })
    }

    /// Puts it in the place of the file, for good.
    pub(super) fn commit(self) -> Result<(), AuthFileError> {
        std::fs::rename(&self.draft, &self.path)
            .and_then(|()| sync_folder_of(&self.path))
            .map_err(AuthFileError::io("replace", &self.path))
    }
}

/// Appends a line to a file, down to the disk. A line that was torn off before stays one of its own.
pub(super) fn append_line(path: &Path, line: &str, _lock: &FilesLock) -> Result<(), AuthFileError> {
    let append = || {
        let mut file = open_private(
            path,
            OpenOptions::new().read(true).append(true).create(true),
        )?;
        let is_torn = tail(&mut file, 1)?.is_some_and(|tail| tail != b"\n");
        let start = if is_torn { "\n" } else { "" };
        file.write_all(format!("{start}{line}\n").as_bytes())?;
        file.sync_all()?;
        sync_folder_of(path)
    };
    append().map_err(AuthFileError::io("append to", path))
}

/// The last bytes of a file, `None` where it is empty.
pub(super) fn tail(file: &mut File, bytes: u64) -> io::Result<Option<Vec<u8>>> {
    use std::io::{Seek as _, SeekFrom};
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
    let mut tail = Vec::new();
    file.take(bytes).read_to_end(&mut tail)?;
    Ok((!tail.is_empty()).then_some(tail))
}

/// Opens a file that is its owner's alone. Where root makes it, it belongs to the owner of the
/// folder: the server that runs there must read it.
fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = options.truncate(false).mode(MODE).open(path)?;
    if rustix::process::geteuid().is_root()
        && let Some(folder) = path.parent()
    {
        let (folder, made) = (std::fs::metadata(folder)?, file.metadata()?);
        if (folder.uid(), folder.gid()) != (made.uid(), made.gid()) {
            std::os::unix::fs::fchown(&file, Some(folder.uid()), Some(folder.gid()))?;
        }
    }
    Ok(file)
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Tells one version of a file from another, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: (i64, i64),
    length: u64,
    inode: (u64, u64),
}

impl Stamp {
    /// `None` where there is no file, or it can't be looked at.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            length: metadata.len(),
            inode: (metadata.dev(), metadata.ino()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("accounts.toml");
        let lock = FilesLock::take(dir.path()).unwrap();
        assert_eq!(read(&path).unwrap(), None);
        // What a process left that died while it wrote.
        std::fs::write(dir.path().join("accounts.toml.new"), "torn").unwrap();
        for text in ["one", "another"] {
            let before = Stamp::of(&path);
            let draft = Draft::write(&path, text, &lock).unwrap();
            assert_eq!(Stamp::of(&path), before);
            draft.commit().unwrap();
            assert_ne!(Stamp::of(&path), before);
            assert_eq!(read(&path).unwrap().as_deref(), Some(text));
        }
        let mode = std::fs::metadata(&path).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_was_torn_off_takes_no_other_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.ndjson");
        let lock = FilesLock::take(dir.path()).unwrap();
        append_line(&path, "one", &lock).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"to").unwrap();
        append_line(&path, "three", &lock).unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("one\nto\nthree\n"));
    }
}
