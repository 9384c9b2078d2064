//! The data directory: one server at a time.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::store::embedded::{EmbeddedError, Lock};

/// The data directory, locked for as long as this lives.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    _lock: Lock,
}

impl DataDir {
    /// Makes the directory where it is missing, and locks it.
    pub(super) async fn open(path: &str) -> anyhow::Result<Self> {
        let path = std::path::absolute(path).with_context(|| format!("data_dir {path}"))?;
        std::fs::create_dir_all(&path)
            .with_context(|| format!("make the data directory {}", path.display()))?;
        let lock = Lock::take(&path.join("lock")).await;
        let lock = lock.map_err(|error| match error {
            EmbeddedError::InUse(_) => anyhow::anyhow!(
                "the data directory {} is in use by another server",
                path.display()
            ),
            error => error.into(),
        })?;
        Ok(Self { path, _lock: lock })
    }

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
