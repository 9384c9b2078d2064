//! The data directory: one server at a time.

use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
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
        let path = made(path)?;
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

    /// Tells where HTTP is listened for, to whoever asks on this machine how the server is.
    pub(super) fn tell_address(&self, http: SocketAddr) -> anyhow::Result<()> {
        let path = address_file(&self.path);
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(true).mode(0o600);
        options
            .open(&path)
            .and_then(|mut file| file.write_all(http.to_string().as_bytes()))
            .with_context(|| format!("write {}", path.display()))
    }

    /// Where the journal is.
    pub(super) fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// Where the broker keeps its sessions and retained messages; nobody else may look there.
    pub(super) fn broker(&self) -> anyhow::Result<PathBuf> {
        let path = self.path.join("broker");
        private(&path).with_context(|| format!("make the folder {}", path.display()))?;
        Ok(path)
    }
}

/// The data directory at `path`, made where it is missing.
pub(super) fn made(path: &str) -> anyhow::Result<PathBuf> {
    let path = std::path::absolute(path).with_context(|| format!("data_dir {path}"))?;
    make(&path).with_context(|| format!("make the data directory {}", path.display()))?;
    Ok(path)
}

/// Where HTTP is listened for by the server that uses the data directory at `path`, if one does.
pub(super) fn http_address(path: &str) -> Option<SocketAddr> {
    let text = std::fs::read_to_string(address_file(Path::new(path))).ok()?;
    text.trim().parse().ok()
}

fn address_file(path: &Path) -> PathBuf {
    path.join("http.address")
}

/// What is told of a server that has stopped would lead to another one.
impl Drop for DataDir {
    fn drop(&mut self) {
        // It is not there where the server did not become ready.
        let _gone = std::fs::remove_file(address_file(&self.path));
    }
}

/// Makes the data directory, where it is missing: closed to everybody else, but as root, whose
/// embedded PostgreSQL runs as another user and has to get through to its own folder.
fn make(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(path)?;
    let mode = if rustix::process::geteuid().is_root() {
        0o711
    } else {
        0o700
    };
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Makes a folder, where it is missing, that is its owner's alone.
fn private(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)?;
    if let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(0o700)) {
        tracing::warn!(dir = %path.display(), %error, "others may be able to read it");
    }
    Ok(())
}
