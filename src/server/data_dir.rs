//! The data directory: one server at a time.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::fs::{FlockOperation, flock};
use tokio::time::{Instant, sleep};

/// How long a server that is just ending is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The data directory, locked for as long as this lives.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the directory where it is missing, and locks it.
    pub(super) async fn open(path: &str) -> anyhow::Result<Self> {
        let path = std::path::absolute(path).with_context(|| format!("data_dir {path}"))?;
        std::fs::create_dir_all(&path)
            .with_context(|| format!("make the data directory {}", path.display()))?;
        let name = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .with_context(|| format!("open {}", name.display()))?;
        let until = Instant::now() + PATIENCE;
        while flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            if Instant::now() > until {
                bail!(
                    "the data directory {} is in use by another server",
                    path.display()
                );
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { path, _lock: lock })
    }

    /// The directory, absolute.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the journal is.
    pub(super) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// Where the broker keeps its sessions and retained messages.
    pub(super) fn broker(&self) -> PathBuf {
        self.path.join("broker")
    }
}
