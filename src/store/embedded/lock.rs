//! One server for each data directory, and for each database in one.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::EmbeddedError;

/// How long a server that is just stopping is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Held as long as this lives; the system gives it up when the process dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock file at `path`, once a server that is just stopping has let go of it;
    /// [`EmbeddedError::InUse`] where it does not.
    pub async fn take(path: &Path) -> Result<Self, EmbeddedError> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(EmbeddedError::io("open the lock", path))?;
        let until = Instant::now() + PATIENCE;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(EmbeddedError::InUse(path.into()));
                }
                Err(error) => return Err(EmbeddedError::io("lock", path)(error.into())),
            }
        }
    }
}
