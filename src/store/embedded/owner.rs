//! As whom PostgreSQL runs.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::EmbeddedError;

/// The user that PostgreSQL runs as, where that is not our own.
#[derive(Debug, Clone)]
pub(in crate::store) struct Owner(Option<SystemUser>);

#[derive(Debug, Clone)]
struct SystemUser {
    name: String,
    uid: u32,
    gid: u32,
}

impl Owner {
    /// Ourselves, or an unprivileged user where we are root.
    pub(in crate::store) fn choose() -> Result<Self, EmbeddedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let accounts = std::fs::read_to_string("/etc/passwd")
            .map_err(EmbeddedError::io("read", "/etc/passwd"))?;
        let account = |name: &str| {
            let line = accounts.lines().find_map(|line| {
                let mut fields = line.split(':');
                (fields.next() == Some(name)).then(|| fields.skip(1))
            });
            let mut fields = line?;
            Some(SystemUser {
                name: name.into(),
                uid: fields.next()?.parse().ok()?,
                gid: fields.next()?.parse().ok()?,
            })
        };
        ["postgres", "nobody"]
            .into_iter()
            .find_map(account)
            .map(|account| Self(Some(account)))
            .ok_or(EmbeddedError::NoUser)
    }

    /// Makes a command run as this user.
    pub(in crate::store) fn runs(&self, command: &mut Command) {
        if let Some(account) = &self.0 {
            command.uid(account.uid).gid(account.gid);
        }
    }

    /// Makes a folder that is this user's alone.
    pub(in crate::store) fn folder(&self, path: &Path) -> Result<(), EmbeddedError> {
        std::fs::create_dir_all(path).map_err(EmbeddedError::io("make the folder", path))?;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(path, private)
            .map_err(EmbeddedError::io("set the permissions of", path))?;
        self.own(path)
    }

    /// Gives a file or folder to this user.
    pub(in crate::store) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        let Some(account) = &self.0 else {
            return Ok(());
        };
        chown(path, Some(account.uid), Some(account.gid))
            .map_err(EmbeddedError::io("change the owner of", path))
    }

    /// Checks that this user can get to `path`: every folder above must let others pass.
    pub(super) fn reaches(&self, path: &Path) -> Result<(), EmbeddedError> {
        let Some(account) = &self.0 else {
            return Ok(());
        };
        for folder in path.ancestors().skip(1) {
            let about = folder
                .metadata()
                .map_err(EmbeddedError::io("look at", folder))?;
            let bit = if about.uid() == account.uid {
                0o100
            } else if about.gid() == account.gid {
                0o010
            } else {
                0o001
            };
            if about.mode() & bit == 0 {
                return Err(EmbeddedError::Unreachable {
                    user: account.name.clone(),
                    folder: folder.into(),
                });
            }
        }
        Ok(())
    }
}
