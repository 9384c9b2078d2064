//! Where a password comes from: a file, a terminal, or the standard input; never the command line,
//! which everybody on the machine can read.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::auth::Password;

/// More than any password has.
const LINE_BYTES_MAX: u64 = 4096;

/// Where the password comes from.
#[derive(Debug, clap::Args)]
pub struct PasswordSource {
    /// A file whose first line is the password. Otherwise it is asked for at the terminal, or is the
    /// first line of the standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordSource {
    pub(super) fn read(&self) -> anyhow::Result<Password> {
        Password::new(self.line()?).map_err(|why| anyhow!(why))
    }

    /// The same, for somebody else who keeps it.
    pub(super) fn read_text(&self) -> anyhow::Result<String> {
        let line = self.line()?;
        Password::new(line.clone()).map_err(|why| anyhow!(why))?;
        String::from_utf8(line).context("the password is no text")
    }

    fn line(&self) -> anyhow::Result<Vec<u8>> {
        Ok(if let Some(path) = &self.password_file {
            let file = File::open(path).with_context(|| format!("read {}", path.display()))?;
            first_line(file).with_context(|| format!("read {}", path.display()))?
        } else if std::io::stdin().is_terminal() {
            ask()?
        } else {
            first_line(std::io::stdin()).context("read the password from the standard input")?
        })
    }
}

fn first_line(source: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    BufReader::new(source.take(LINE_BYTES_MAX)).read_until(b'\n', &mut line)?;
    for end in [b'\n', b'\r'] {
        if line.last() == Some(&end) {
            line.pop();
        }
    }
    Ok(line)
}

/// Asks a person, twice: what is mistyped unseen would be noticed too late.
fn ask() -> anyhow::Result<Vec<u8>> {
    let _silence = Silence::begin()?;
    let ask = |what: &str| {
        eprint!("{what}: ");
        std::io::stderr().flush()?;
        let line = first_line(std::io::stdin().lock());
        eprintln!();
        line
    };
    let password = ask("Password")?;
    if ask("Once more")? != password {
        bail!("that was not the same password");
    }
    Ok(password)
}

/// A terminal that does not show what is typed, for as long as this lives.
struct Silence {
    before: Termios,
}

impl Silence {
    fn begin() -> anyhow::Result<Self> {
        let stdin = std::io::stdin();
        let before = tcgetattr(stdin.as_fd()).context("ask the terminal")?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin.as_fd(), OptionalActions::Now, &silent).context("silence the terminal")?;
        Ok(Self { before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let stdin = std::io::stdin();
        // There is nobody to tell it to.
        let _ = tcsetattr(stdin.as_fd(), OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_without_its_end() {
        for (text, line) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\nmore\n", "secret"),
            (" spaced \n", " spaced "),
            ("", ""),
        ] {
            assert_eq!(first_line(text.as_bytes()).unwrap(), line.as_bytes());
        }
    }
}
