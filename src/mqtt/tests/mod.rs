//! The broker over real sockets, with a real journal.

mod account_limits;
mod client;
mod crowd;
mod damage;
mod delivery;
mod limits;
mod memory;
mod overseeing;
mod permissions;
mod resume;
mod revocation;
mod sessions;
mod sharing;
mod sparkplug;
mod wills;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use crate::auth::Auth;
use crate::config::{Config, Options};
use crate::journal::{Journal, JournalOptions, JournalWriter, LocalDisk};
use crate::metrics::Metrics;
use crate::supervisor::Supervisor;

use super::{Broker, Listener};

pub(super) use client::{Client, connect};

/// A broker with a journal, on a free port.
pub(in crate::mqtt) struct Server {
    /// What the mirror would release.
    pub(super) log: Journal,
    pub(super) broker: Arc<Broker>,
    pub(super) address: SocketAddr,
    pub(super) metrics: Arc<Metrics>,
    pub(super) dir: TempDir,
    journal: Supervisor,
    connections: Supervisor,
    background: Supervisor,
}

pub(super) fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Options::default().resolve().unwrap();
    change(&mut config);
    config
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::with(config(|_| {})).await
    }

    pub(super) async fn with(config: Config) -> Self {
        Self::open(tempfile::tempdir().unwrap(), config).await
    }

    pub(super) async fn open(dir: TempDir, config: Config) -> Self {
        Self::open_with(dir, config, Auth::default()).await
    }

    /// What clients may do says `auth`.
    pub(super) async fn open_with(dir: TempDir, config: Config, auth: Auth) -> Self {
        let metrics = Arc::new(Metrics::default());
        let (journal, background) = (Supervisor::default(), Supervisor::default());
        let connections = background.stage();
        let (log, writer) = open_journal(dir.path(), &config, &metrics);
        writer.start(&journal);
        let state = dir.path().join("state");
        let broker = Broker::open(&state, log, auth, &config, Arc::clone(&metrics))
            .await
            .unwrap();
        broker.start(&background);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(any, None).unwrap();
        let address = listener.address().unwrap();
        let serve = listener.serve(Arc::clone(&broker), connections.clone());
        connections.spawn("mqtt", serve);
        Self {
            log: broker.journal().clone(),
            broker,
            address,
            metrics,
            dir,
            journal,
            connections,
            background,
        }
    }

    /// Stops in order: everything is written.
    pub(super) async fn stop(self) -> TempDir {
        self.connections.stop();
        self.connections.ended().await;
        self.background.stop();
        self.background.ended().await;
        self.journal.stop();
        self.journal.ended().await;
        self.dir
    }

    /// What a crash leaves: a copy of the files as they are now.
    pub(super) async fn crash(self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_all(self.dir.path(), copy.path());
        self.stop().await;
        copy
    }
}

fn open_journal(dir: &Path, config: &Config, metrics: &Arc<Metrics>) -> (Journal, JournalWriter) {
    let options = JournalOptions {
        segment_bytes: config.journal_segment_bytes,
        bytes_max: config.journal_bytes_max,
        free_bytes_min: 0,
        keep_bytes: config.journal_keep_bytes,
        ..JournalOptions::default()
    };
    let disk = Arc::new(LocalDisk);
    Journal::open(&dir.join("journal"), options, disk, Arc::clone(metrics)).unwrap()
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
