//! A pgbouncer before a PostgreSQL.

use std::net::TcpStream;
use std::process::{Child, Stdio};

use super::commands::signal;
use super::postgres::{PASSWORD, Postgres, as_user, free_port, own, user};
use super::wait::eventually;

/// A running pgbouncer. It ends with this.
pub struct PgBouncer {
    port: String,
    process: Child,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// In `session` or `transaction` mode, and with what administrators have to set for most
    /// clients.
    pub fn start(postgres: &Postgres, pool_mode: &str) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let user = user();
        own(folder.path(), user);
        let users = folder.path().join("users");
        std::fs::write(&users, format!("\"unspool\" \"{PASSWORD}\"\n")).expect("write");
        let (port, behind) = (free_port(), postgres.port());
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={behind}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = {}\npool_mode = {pool_mode}\n\
             default_pool_size = 10\nignore_startup_parameters = extra_float_digits,options\n",
            users.display()
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).expect("write");
        let process = as_user("pgbouncer".as_ref(), user)
            .arg(&file)
            .env(
                "PATH",
                "/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin",
            )
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("start pgbouncer (make setup-test installs it)");
        eventually("pgbouncer listens", || {
            TcpStream::connect(format!("127.0.0.1:{port}")).ok()
        });
        Self {
            port,
            process,
            _folder: folder,
        }
    }

    /// Where the database behind it is, as the configuration wants it.
    pub fn url(&self) -> String {
        let port = &self.port;
        format!("postgres://unspool:{PASSWORD}@127.0.0.1:{port}/unspool")
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        signal(&self.process.id().to_string(), "TERM");
        let _ = self.process.wait();
    }
}
