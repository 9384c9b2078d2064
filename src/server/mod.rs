//! The composition root: builds the stations of the line, wires them, runs them, and stops them
//! in the order in which a message travels.

mod admission;
mod advice;
mod banner;
mod checks;
mod commands;
mod damage;
mod data_dir;
mod database;
mod descriptors;
mod http;
mod line;
mod listeners;
mod log;
mod rules;
mod told;

use std::time::Instant;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};

pub use checks::{doctor, health, migrate, migrate_to_timescale};
pub use commands::{AccountCommand, TokenCommand};
pub use log::to_stderr as log_to_stderr;
pub use told::told;

use crate::config::Config;
use crate::supervisor::Supervisor;
use line::Line;

/// Runs the server until SIGINT or SIGTERM, and stops it in order. An error is why it could not
/// start, or why it had to stop.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let started = Instant::now();
    advice::warn();
    let mut interrupted = signal(SignalKind::interrupt()).context("watch for SIGINT")?;
    let mut terminated = signal(SignalKind::terminate()).context("watch for SIGTERM")?;
    let asked = async {
        tokio::select! {
            _ = interrupted.recv() => "SIGINT",
            _ = terminated.recv() => "SIGTERM",
        }
    };
    tokio::pin!(asked);

    let supervisor = Supervisor::default();
    let line = tokio::select! {
        line = Line::start(config, &supervisor, started) => line?,
        name = &mut asked => {
            tracing::info!(signal = name, "stopped before it was ready");
            return Ok(());
        }
    };
    tokio::select! {
        name = &mut asked => tracing::info!(signal = name, "stopping"),
        () = supervisor.stopping() => {}
    }
    line.stop().await;
    match supervisor.failure() {
        Some(failure) => bail!(failure),
        None => Ok(()),
    }
}
