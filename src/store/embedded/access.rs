//! Who may connect to the database, and where.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use super::EmbeddedError;
use super::owner::Owner;
use crate::store::sql_reader::GROUP;

/// Takes a free port where none is said.
pub(super) fn free(listen: SocketAddr) -> Result<SocketAddr, EmbeddedError> {
    let path = Path::new("the address for SQL readers");
    let listener = TcpListener::bind(listen).map_err(EmbeddedError::io("listen at", path))?;
    listener
        .local_addr()
        .map_err(EmbeddedError::io("listen at", path))
}

/// Writes who may connect: the server itself through its socket, which is in a folder of its own,
/// and over TCP SQL readers alone, with their passwords.
pub(super) fn write(
    cluster: &Path,
    owner: &Owner,
    listens: bool,
) -> Result<PathBuf, EmbeddedError> {
    let mut rules = vec![
        "# Written at each start.".to_owned(),
        "local all unspool trust".to_owned(),
        "local all all scram-sha-256".to_owned(),
    ];
    if listens {
        let anywhere = ["0.0.0.0/0", "::/0"];
        rules.extend(anywhere.map(|from| format!("host unspool +{GROUP} {from} scram-sha-256")));
    }
    let path = cluster.join("unspool_hba.conf");
    let side = cluster.join("unspool_hba.conf.new");
    std::fs::write(&side, rules.join("\n") + "\n").map_err(EmbeddedError::io("write", &side))?;
    owner.own(&side)?;
    std::fs::rename(&side, &path).map_err(EmbeddedError::io("write", &path))?;
    Ok(path)
}
