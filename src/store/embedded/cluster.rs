//! Making the cluster, once.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::EmbeddedError;
use super::owner::Owner;
use super::programs::Programs;

/// The major version of the cluster at `path`; `None` where there is none.
pub(super) fn version(path: &Path) -> Result<Option<String>, EmbeddedError> {
    let file = path.join("PG_VERSION");
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text.trim().into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::io("read", file)(error)),
    }
}

/// Makes a new cluster at `path`: beside it first, then renamed, so that it is whole or not there.
pub(super) async fn make(
    path: &Path,
    programs: &Programs,
    owner: &Owner,
) -> Result<(), EmbeddedError> {
    let side: PathBuf = path.with_extension("new");
    if side.exists() {
        std::fs::remove_dir_all(&side)
            .map_err(EmbeddedError::io("remove the unfinished", &side))?;
    }
    owner.folder(&side)?;
    let mut command = Command::new(programs.folder.join("initdb"));
    command
        .arg("--pgdata")
        .arg(&side)
        .args(["--username=unspool", "--encoding=UTF8", "--locale=C.UTF-8"])
        .args([
            "--auth-local=trust",
            "--auth-host=reject",
            "--data-checksums",
        ])
        .arg("--no-instructions")
        .env_remove("PGDATA")
        .current_dir("/")
        .stdin(Stdio::null());
    owner.runs(&mut command);
    let output = tokio::process::Command::from(command)
        .output()
        .await
        .map_err(EmbeddedError::io("run initdb for", &side))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(EmbeddedError::Initdb {
            cluster: path.into(),
            said: last_lines(&said),
        });
    }
    std::fs::rename(&side, path).map_err(EmbeddedError::io("rename to", path))?;
    let parent = path.parent().unwrap_or(Path::new("/"));
    std::fs::File::open(parent)
        .and_then(|folder| folder.sync_all())
        .map_err(EmbeddedError::io("sync", parent))
}

/// The end of a program's output, on one line.
pub(super) fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(5)..].join(" / ")
}
