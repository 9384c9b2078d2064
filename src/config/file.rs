//! Files that options come from. What stands in them is never quoted: it may be a password.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::secret::Secret;

/// Why a file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("read {what} {path}: {source}")]
    Read {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    /// The configuration file is not what it should be.
    #[error("the configuration file {path} is wrong{place}: {why}")]
    Wrong {
        path: PathBuf,
        /// The line and the column, where they are known.
        place: String,
        why: String,
    },
    /// A file that should hold a secret is empty.
    #[error("{what} {path} is empty")]
    Empty { what: &'static str, path: PathBuf },
}

/// The options in a TOML file.
pub(super) fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T, FileError> {
    let text = read("the configuration file", path)?;
    parse_toml(&text).map_err(|(place, why)| FileError::Wrong {
        path: path.into(),
        place,
        why,
    })
}

/// The first line of a file that holds a secret.
pub fn read_secret(what: &'static str, path: &Path) -> Result<Secret, FileError> {
    let text = read(what, path)?;
    match text.lines().next().map(str::trim_end) {
        Some(line) if !line.is_empty() => Ok(Secret::from(line.to_owned())),
        _ => Err(FileError::Empty {
            what,
            path: path.into(),
        }),
    }
}

fn read(what: &'static str, path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(|source| FileError::Read {
        what,
        path: path.into(),
        source,
    })
}

/// What the text says, or where it is wrong and why; what stands there is not quoted.
pub fn parse_toml<T: DeserializeOwned>(text: &str) -> Result<T, (String, String)> {
    toml::from_str(text).map_err(|error| {
        let place = error.span().map(|span| place(text, span.start));
        (place.unwrap_or_default(), without_values(error.message()))
    })
}

/// The line and the column of a byte of the text, as they are told.
pub fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!(" at line {line}, column {column}")
}

/// The message of a parser without the text that it found in place of a number or the like.
fn without_values(message: &str) -> String {
    let found = message.split_once("string \"").and_then(|(before, after)| {
        let (_, after) = after.rsplit_once("\", ")?;
        Some(format!("{before}string, {after}"))
    });
    found.unwrap_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Options;

    #[test]
    fn a_mistake_is_told_with_its_place_and_never_with_a_secret() {
        for (text, place, named) in [
            (
                "mqtt_lisen = \"127.0.0.1:1\"",
                " at line 1, column 1",
                "mqtt_lisen",
            ),
            (
                "log = \"info\"\ndatabase_url = postgres://u:hush@h/d",
                " at line 2",
                "",
            ),
            ("database_url = \"postgres://u:hush@h/d", " at line 1", ""),
            (
                "database_url = [\"postgres://u:hush@h/d\"]",
                " at line 1, column 16",
                "string",
            ),
            (
                "connections_max = \"hush\"",
                " at line 1, column 19",
                "expected usize",
            ),
            (
                "connections_max = \"hush\\\", hush\"",
                " at line 1, column 19",
                "expected usize",
            ),
            (
                "mqtt_listen = \"hush\"",
                " at line 1, column 15",
                "socket address",
            ),
        ] {
            let (at, why) = parse_toml::<Options>(text).unwrap_err();
            assert!(at.starts_with(place), "{text}: {at}");
            assert!(why.contains(named), "{text}: {why}");
            assert!(!why.contains("hush") && !why.is_empty(), "{text}: {why}");
        }
    }

    #[test]
    fn a_secret_is_the_first_line_of_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        for (text, secret) in [
            ("hush", Some("hush")),
            ("a b\r\nrest", Some("a b")),
            ("\n", None),
        ] {
            std::fs::write(&path, text).unwrap();
            let read = read_secret("the file of a secret", &path);
            assert_eq!(read.as_ref().ok().map(Secret::reveal), secret);
            assert!(!format!("{read:?}").contains("hush"));
        }
    }
}
