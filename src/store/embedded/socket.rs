//! Where the socket is: its path must not be longer than 107 bytes.

use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::EmbeddedError;
use super::owner::Owner;

/// The longest path of a unix socket.
const LENGTH_MAX: usize = 107;

/// The longest name of the socket in its folder; the port is a part of it, also where nobody listens
/// there.
const NAME: &str = "/.s.PGSQL.65535";

/// What the names of a socket and of its lock file begin with.
const SOCKET_PREFIX: &str = ".s.PGSQL.";

/// What the names of folders outside of the data directory begin with.
const PREFIX: &str = "unspool-";

/// The folder for the socket of the cluster under `data_dir`, if it is not too deep for one.
pub(super) fn near(data_dir: &Path) -> Option<PathBuf> {
    let near = data_dir.join("run");
    (near.as_os_str().len() + NAME.len() <= LENGTH_MAX).then_some(near)
}

/// Makes the folder for the socket, `owner`'s alone: under the data directory, or where that is too
/// deep, one of its own in the temporary folder, with a name that nobody could have taken before.
pub(super) fn make(data_dir: &Path, owner: &Owner) -> Result<PathBuf, EmbeddedError> {
    if let Some(near) = near(data_dir) {
        owner.folder(&near)?;
        return Ok(near);
    }
    loop {
        let name: String = std::iter::repeat_with(fastrand::alphanumeric)
            .take(12)
            .collect();
        let folder = std::env::temp_dir().join(format!("{PREFIX}{name}"));
        // Made, never taken over: neither a folder nor a link that somebody else has put there.
        match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => {
                owner.own(&folder)?;
                return Ok(folder);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(EmbeddedError::io("make the folder", folder)(error)),
        }
    }
}

/// Removes a folder that [`make`] made outside of the data directory, with the socket of a server
/// that has ended.
pub(super) fn remove(folder: &Path) {
    let is_made = folder.parent() == Some(&std::env::temp_dir())
        && folder
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with(PREFIX));
    if !is_made {
        return;
    }
    for file in files(folder) {
        // PostgreSQL removes them itself where it was stopped in order.
        let _gone = std::fs::remove_file(file);
    }
    if let Err(error) = std::fs::remove_dir(folder) {
        tracing::debug!(folder = %folder.display(), %error, "remove the folder of the socket");
    }
}

/// The sockets in a folder, and their lock files.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| {
        let name = entry.file_name();
        name.to_str()
            .is_some_and(|name| name.starts_with(SOCKET_PREFIX))
    });
    ours.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_deep_data_directory_gets_a_short_socket_of_its_own() {
        let deep = PathBuf::from(format!("/{}", "deep/".repeat(40)));
        let owner = Owner::choose().unwrap();
        let (one, other) = (make(&deep, &owner).unwrap(), make(&deep, &owner).unwrap());
        assert_ne!(one, other);
        for folder in [one, other] {
            assert!(folder.as_os_str().len() + NAME.len() <= LENGTH_MAX);
            let mode = folder.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            std::fs::write(folder.join(".s.PGSQL.5432.lock"), "").unwrap();
            remove(&folder);
            assert!(!folder.exists());
        }
    }

    #[test]
    fn a_folder_under_the_data_directory_stays() {
        let dir = tempfile::tempdir().unwrap();
        let folder = make(dir.path(), &Owner::choose().unwrap()).unwrap();
        assert_eq!(folder, dir.path().join("run"));
        remove(&folder);
        assert!(folder.exists());
    }
}
