//! Where the socket is: its path must not be longer than 107 bytes.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

/// The longest path of a unix socket.
const LENGTH_MAX: usize = 107;

/// The socket's name in its folder.
const NAME: &str = "/.s.PGSQL.5432";

/// The folder for the socket of the cluster under `data_dir`: there, or where that is too deep,
/// one of its own in the temporary folder.
pub(super) fn folder(data_dir: &Path) -> PathBuf {
    let near = data_dir.join("run");
    if near.as_os_str().len() + NAME.len() <= LENGTH_MAX {
        return near;
    }
    let mut hasher = DefaultHasher::new();
    data_dir.hash(&mut hasher);
    std::env::temp_dir().join(format!("unspool-{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deep_data_directory_gets_a_short_socket() {
        let deep = PathBuf::from(format!("/{}", "deep/".repeat(40)));
        let folder = folder(&deep);
        assert!(
            folder.as_os_str().len() + NAME.len() <= LENGTH_MAX,
            "{folder:?}"
        );
        assert_eq!(super::folder(Path::new("/data")), Path::new("/data/run"));
    }
}
