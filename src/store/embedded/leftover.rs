//! What a server that was killed may have left: a PostgreSQL that is still stopping, lock files of
//! one that was killed too.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{EmbeddedError, socket};

/// How long a PostgreSQL is given to stop by itself, then on SIGINT, then on SIGQUIT.
const PATIENCE: [(Option<Signal>, Duration); 3] = [
    (None, Duration::from_secs(5)),
    (Some(Signal::INT), Duration::from_secs(30)),
    (Some(Signal::QUIT), Duration::from_secs(10)),
];

/// Waits until nobody uses `cluster` any more, and removes the lock files of the dead, and the
/// folder of their socket where it is of no more use; `near` is where the socket is as a rule.
pub(super) async fn clear(cluster: &Path, near: Option<&Path>) -> Result<(), EmbeddedError> {
    let pid_file = cluster.join("postmaster.pid");
    // Its fifth line says where the socket was.
    let text = std::fs::read_to_string(&pid_file).unwrap_or_default();
    for (signal, patience) in PATIENCE {
        let Some(pid) = running(cluster) else {
            break;
        };
        if let Some(signal) = signal {
            tracing::warn!(
                pid = pid.as_raw_nonzero(),
                ?signal,
                "a PostgreSQL of an earlier run still uses the database; stopping it"
            );
            // It may be gone by now, which is what is wanted.
            let _gone = kill_process(pid, signal);
        }
        let until = Instant::now() + patience;
        while running(cluster).is_some() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    if let Some(pid) = running(cluster) {
        return Err(EmbeddedError::StillRunning {
            pid: pid.as_raw_nonzero().get().unsigned_abs(),
            cluster: cluster.into(),
        });
    }
    if let Some(folder) = text.lines().nth(4).filter(|line| !line.is_empty()) {
        socket::remove(Path::new(folder));
    }
    let near = near.into_iter().flat_map(socket::files);
    for file in near.chain([pid_file]) {
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(EmbeddedError::io("remove the stale", file)(error)),
        }
    }
    Ok(())
}

/// A process that uses the cluster: every process of PostgreSQL has it as its working directory.
/// The postmaster, where it is among them.
fn running(cluster: &Path) -> Option<Pid> {
    let cluster = cluster.canonicalize().ok()?;
    let in_cluster =
        |pid: &i32| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == cluster);
    let named = std::fs::read_to_string(cluster.join("postmaster.pid"))
        .ok()
        .and_then(|text| text.lines().next()?.trim().parse::<i32>().ok());
    let processes = std::fs::read_dir("/proc").ok()?;
    let processes =
        processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let pid = named
        .filter(in_cluster)
        .or_else(|| processes.into_iter().find(in_cluster))?;
    Pid::from_raw(pid)
}
