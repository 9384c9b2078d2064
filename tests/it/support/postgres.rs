//! A PostgreSQL as an administrator runs it: of any version, over TCP, with a password, and with an
//! ordinary role that owns a database.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::commands::{run, signal};
use super::wait::eventually;

/// Needs no encoding in an URL.
pub(super) const PASSWORD: &str = "open-sesame";

/// A running cluster. It ends with this.
pub struct Postgres {
    folder: tempfile::TempDir,
    port: String,
    process: Child,
}

/// Where the programs of a major version are: those that `scripts/setup-test` installs, or
/// Debian's.
fn programs(major: u32) -> PathBuf {
    let installed = format!(
        "{}/target/tools/postgresql-{major}/programs",
        env!("CARGO_MANIFEST_DIR")
    );
    let debian = format!("/usr/lib/postgresql/{major}");
    let found = [installed, debian].map(PathBuf::from).into_iter();
    let mut found = found.filter(|folder| folder.join("bin/initdb").exists());
    found
        .next()
        .unwrap_or_else(|| panic!("PostgreSQL {major}: make setup-test installs it"))
}

impl Postgres {
    /// Of a major version, with the options of `initdb` that are given.
    pub fn start(major: u32, initdb: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let user = user();
        own(folder.path(), user);
        // Wherever the repository is, its user gets to it here.
        let programs = programs(major).canonicalize().expect("a folder");
        let bin = folder.path().join("programs/bin");
        run(
            "cp",
            &["-r", text(&programs), text(&folder.path().join("programs"))],
        );
        let data = folder.path().join("data");
        let mut command = as_user(&bin.join("initdb"), user);
        command
            .args(["--pgdata", text(&data), "--username=postgres", "--no-sync"])
            .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
            .args(initdb)
            .current_dir(folder.path());
        let output = command.output().expect("run initdb");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let port = free_port();
        let mut command = as_user(&bin.join("postgres"), user);
        let process = command
            .args(["-D", text(&data), "-p", &port, "-k", text(folder.path())])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("start PostgreSQL");
        let cluster = Self {
            folder,
            port,
            process,
        };
        eventually("PostgreSQL answers", || cluster.try_psql("select 1"));
        cluster.psql(&format!("create role unspool login password '{PASSWORD}'"));
        cluster.psql("create database unspool owner unspool");
        cluster
    }

    /// Where its database is, as the configuration wants it.
    pub fn url(&self) -> String {
        let port = &self.port;
        format!("postgres://unspool:{PASSWORD}@127.0.0.1:{port}/unspool")
    }

    /// The folder of its socket.
    pub fn socket_dir(&self) -> &Path {
        self.folder.path()
    }

    pub fn port(&self) -> &str {
        &self.port
    }

    /// Asks as the superuser.
    pub fn psql(&self, query: &str) -> String {
        self.psql_in("postgres", query)
    }

    /// Asks as the superuser in a database.
    pub fn psql_in(&self, database: &str, query: &str) -> String {
        run("psql", &self.arguments(database, query))
    }

    fn try_psql(&self, query: &str) -> Option<()> {
        let arguments = self.arguments("postgres", query);
        let output = Command::new("psql").args(arguments).output();
        output.expect("run psql").status.success().then_some(())
    }

    fn arguments<'a>(&'a self, database: &'a str, query: &'a str) -> [&'a str; 9] {
        let folder = text(self.folder.path());
        [
            "-h", folder, "-p", &self.port, "-U", "postgres", "-XAtc", query, database,
        ]
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        signal(&self.process.id().to_string(), "INT");
        let _ = self.process.wait();
    }
}

/// Who PostgreSQL runs as: it refuses to run as root.
pub(super) fn user() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| {
        run("id", arguments)
            .trim()
            .parse::<u32>()
            .expect("a number")
    };
    (number(&["-u"]) == 0).then(|| (number(&["-u", "nobody"]), number(&["-g", "nobody"])))
}

pub(super) fn as_user(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

pub(super) fn own(folder: &Path, user: Option<(u32, u32)>) {
    if let Some((user, group)) = user {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("give the folder");
    }
}

/// One that was free a moment ago.
pub(super) fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener
        .local_addr()
        .expect("an address")
        .port()
        .to_string()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
