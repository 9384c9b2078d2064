//! Accounts as a file declares them, each with a token, which costs nothing to look at.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

/// The account that may do everything.
pub(crate) const ADMINISTRATOR: &str = "administrator";

/// A file of accounts, as far as it is written.
pub(crate) struct Accounts(String);

impl Accounts {
    /// With [`ADMINISTRATOR`] alone.
    pub(crate) fn new() -> Self {
        let mut accounts = Self(String::new());
        accounts.declare(ADMINISTRATOR, "administrator", None, "");
        accounts
    }

    /// One more, whose name has lower case letters and digits only. What is written of its
    /// password and its permissions is TOML.
    pub(crate) fn declare(
        &mut self,
        name: &str,
        role: &str,
        filters: Option<&[String]>,
        password: &str,
    ) {
        let hash = digest(&SHA256, secret(name).as_bytes());
        let hash = URL_SAFE_NO_PAD.encode(hash);
        let filters = filters.map_or_else(String::new, |filters| {
            format!("permissions = {{ read = {filters:?}, write = {filters:?} }}\n")
        });
        // Writing to a String does not fail.
        let _ = write!(
            self.0,
            "[[account]]\nname = \"{name}\"\nrole = \"{role}\"\n{password}{filters}\
             [[account.token]]\nid = \"{name}\"\nname = \"bench\"\nhash = \"sha256:{hash}\"\n\n"
        );
    }

    /// Writes them down in `folder`, under this name.
    pub(crate) fn write(&self, folder: &Path, name: &str) -> Result<PathBuf> {
        let file = folder.join(name);
        std::fs::write(&file, &self.0)?;
        Ok(file)
    }
}

/// The token of an account.
pub(crate) fn token(account: &str) -> String {
    format!("usp_{account}_{}", secret(account))
}

fn secret(account: &str) -> String {
    format!("secret-of-{account}")
}

/// What the program keeps of a password, as a line of TOML.
pub(crate) fn password_line(program: &Path, folder: &Path, password: &str) -> Result<String> {
    let mut child = Command::new(program)
        .args(["account", "add", "press"])
        .env("UNSPOOL_DATA_DIR", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .context("start unspool")?;
    let mut input = child.stdin.take().context("a pipe")?;
    writeln!(input, "{password}")?;
    drop(input);
    if !child.wait()?.success() {
        bail!("unspool hashes no password");
    }
    let kept = std::fs::read_to_string(folder.join("accounts.toml"))?;
    let line = kept.lines().find(|line| line.starts_with("password = "));
    Ok(format!("{}\n", line.context("no password was kept")?))
}
