//! Finding PostgreSQL's server programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;

/// The folders where distributions put them, one for each major version.
const FOLDERS: [&str; 8] = [
    "/usr/lib/postgresql/{}/bin",
    "/usr/pgsql-{}/bin",
    "/usr/lib/postgresql{}/bin",
    "/usr/libexec/postgresql{}",
    "/opt/homebrew/opt/postgresql@{}/bin",
    "/usr/local/opt/postgresql@{}/bin",
    "/usr/local/pgsql-{}/bin",
    "/usr/local/pgsql/bin",
];

/// The major versions that are looked for, best first.
const MAJORS: std::ops::RangeInclusive<u32> = 14..=30;

/// A folder with `initdb` and `postgres`, and their major version.
#[derive(Debug, Clone)]
pub(in crate::store) struct Programs {
    pub(in crate::store) folder: PathBuf,
    pub(super) major: String,
}

impl Programs {
    /// The programs to use for a cluster of the version `wanted`, or for a new one: those that
    /// were named, those beside our own executable, those in the usual folders (of the wanted
    /// version, else the newest), those on the path.
    pub(in crate::store) fn find(
        named: Option<&Path>,
        wanted: Option<&str>,
    ) -> Result<Self, EmbeddedError> {
        if let Some(folder) = named {
            return Self::at(folder).ok_or_else(|| EmbeddedError::NoPrograms {
                looked: folder.display().to_string(),
            });
        }
        let mut found: Option<Self> = None;
        for folder in Self::candidates() {
            let Some(programs) = Self::at(&folder) else {
                continue;
            };
            if wanted.is_none_or(|wanted| wanted == programs.major) {
                return Ok(programs);
            }
            found.get_or_insert(programs);
        }
        found.ok_or_else(|| EmbeddedError::NoPrograms {
            looked: "/usr/lib/postgresql/*/bin and the like, and PATH".into(),
        })
    }

    fn candidates() -> impl Iterator<Item = PathBuf> {
        let beside = std::env::current_exe().ok();
        let beside = beside.and_then(|exe| Some(exe.parent()?.join("postgresql/bin")));
        let usual = MAJORS.rev().flat_map(|major| {
            FOLDERS.map(|folder| PathBuf::from(folder.replace("{}", &major.to_string())))
        });
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
        beside.into_iter().chain(usual).chain(path)
    }

    fn at(folder: &Path) -> Option<Self> {
        let postgres = folder.join("postgres");
        if !postgres.is_file() || !folder.join("initdb").is_file() {
            return None;
        }
        // "postgres (PostgreSQL) 15.18 (Debian …)", "… 18beta1"
        let output = Command::new(&postgres).arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text.split(' ').nth(2)?;
        let digits = version.find(|c: char| !c.is_ascii_digit());
        let major = version.get(..digits.unwrap_or(version.trim_end().len()))?;
        Some(Self {
            folder: folder.into(),
            major: major.into(),
        })
    }

    /// Whether this installation has TimescaleDB.
    pub(super) fn have_timescaledb(&self) -> bool {
        let share = |option: &str| {
            let output = Command::new(self.folder.join("pg_config"))
                .arg(option)
                .output();
            let text = String::from_utf8(output.ok()?.stdout).ok()?;
            Some(PathBuf::from(text.trim_end()))
        };
        let installed = |share: PathBuf| share.join("extension/timescaledb.control").is_file();
        let beside = self.folder.parent().and_then(Path::file_name);
        let debian = beside.map(|major| Path::new("/usr/share/postgresql").join(major));
        debian.is_some_and(installed) || share("--sharedir").is_some_and(installed)
    }
}
