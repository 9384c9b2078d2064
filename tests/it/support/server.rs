//! A server of its own for a test, on free ports and in a folder of its own. When it goes out of
//! scope, its log must hold no warning and no error that the test did not expect.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::commands::{curl, run, signal, unspool, unspool_in, unspool_with_files};
use super::log::Log;
use super::settings::Settings;
use super::wait::{DEADLINE, eventually};

/// A running server.
pub struct Server {
    /// Where MQTT is listened for.
    pub mqtt: SocketAddr,
    /// Where HTTP is listened for.
    pub http: SocketAddr,
    /// Where MQTT over TLS is listened for, if at all.
    pub mqtts: Option<SocketAddr>,
    /// Where HTTPS is listened for, if at all.
    pub https: Option<SocketAddr>,
    child: Child,
    settings: Settings,
    log: Log,
    data: Arc<tempfile::TempDir>,
}

/// One that need not be ready.
pub struct Starting {
    server: Server,
    entries: Receiver<Value>,
}

impl Starting {
    /// Waits until it is.
    pub fn ready(self) -> Server {
        let Self {
            mut server,
            entries,
        } = self;
        let until = Instant::now() + DEADLINE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(entry) = entries.recv_timeout(left) else {
                panic!("the server did not become ready:\n{}", server.log_text());
            };
            let address = || entry["address"].as_str().and_then(|text| text.parse().ok());
            match (entry["message"].as_str(), entry["protocol"].as_str()) {
                (Some("listening"), Some("mqtt")) => server.mqtt = address().expect("an address"),
                (Some("listening"), Some("http")) => server.http = address().expect("an address"),
                (Some("listening"), Some("mqtts")) => server.mqtts = address(),
                (Some("listening"), Some("https")) => server.https = address(),
                (Some("embedded PostgreSQL"), _) => {
                    let socket_dir = entry["socket_dir"].as_str().unwrap_or_default();
                    server.settings.database = (socket_dir.to_owned(), "unspool");
                }
                (Some("ready"), _) => return server,
                _ => {}
            }
        }
    }
}

impl Server {
    /// With nothing but the defaults.
    pub fn start() -> Self {
        Settings::default().start()
    }

    /// Starts one on `data`, which may be another one's that has ended, as its `log` may be.
    pub(super) fn launch(settings: Settings, data: Arc<tempfile::TempDir>, log: Log) -> Self {
        Self::begin(settings, data, log).ready()
    }

    /// Starts one, and does not wait for it.
    pub(super) fn begin(settings: Settings, data: Arc<tempfile::TempDir>, log: Log) -> Starting {
        let mut command = match (settings.open_files, settings.container.as_deref()) {
            (Some(files), _) => unspool_with_files(files),
            (None, Some(container)) => unspool_in(container),
            (None, None) => unspool(),
        };
        command
            .arg("serve")
            .env("UNSPOOL_MQTT_LISTEN", "127.0.0.1:0")
            .env("UNSPOOL_HTTP_LISTEN", "127.0.0.1:0")
            .env("UNSPOOL_DATA_DIR", data.path().join("data"))
            .env("UNSPOOL_LOG_FORMAT", "json")
            .envs(settings.env.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("start the server");
        let entries = log.keep(child.stderr.take().expect("a pipe"));
        let server = Self {
            mqtt: ([127, 0, 0, 1], 0).into(),
            http: ([127, 0, 0, 1], 0).into(),
            mqtts: None,
            https: None,
            child,
            settings,
            log,
            data,
        };
        Starting { server, entries }
    }

    /// The folder of the server's data.
    pub fn data_dir(&self) -> PathBuf {
        self.data.path().join("data")
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// An address of the HTTP interface.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// A port over TLS.
    pub fn port_of(secured: Option<SocketAddr>) -> String {
        secured.expect("a TLS listener").port().to_string()
    }

    /// Publishes with `mosquitto_pub`, as a user does.
    pub fn publish(&self, arguments: &[&str]) {
        let port = self.mqtt.port().to_string();
        run(
            "mosquitto_pub",
            &[&["-h", "127.0.0.1", "-p", &port], arguments].concat(),
        );
    }

    /// Ends the server at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("kill the server");
        self.child.wait().expect("wait for the server");
    }

    /// Asks the server to stop (SIGTERM) and waits; the exit code.
    pub fn stop(&mut self) -> Option<i32> {
        signal(&self.pid().to_string(), "TERM");
        let until = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("wait for the server") {
                return status.code();
            }
            assert!(
                Instant::now() < until,
                "the server does not stop:\n{}",
                self.log_text()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts the server again, on the same data and the same addresses.
    pub fn restart(self) -> Self {
        let mut settings = self.settings.clone();
        settings.env.retain(|(name, _)| !name.ends_with("_LISTEN"));
        settings = settings
            .set("UNSPOOL_MQTT_LISTEN", &self.mqtt.to_string())
            .set("UNSPOOL_HTTP_LISTEN", &self.http.to_string());
        let secured = [
            ("UNSPOOL_MQTTS_LISTEN", self.mqtts),
            ("UNSPOOL_HTTPS_LISTEN", self.https),
        ];
        for (name, address) in secured {
            if let Some(address) = address {
                settings = settings.set(name, &address.to_string());
            }
        }
        let (data, log) = (Arc::clone(&self.data), self.log.clone());
        drop(self);
        Self::launch(settings, data, log)
    }

    /// The folder of PostgreSQL's socket.
    pub fn socket_dir(&self) -> &str {
        &self.settings.database.0
    }

    /// Asks the server's database with `psql`, as a user does: rows unaligned, fields split by `|`.
    pub fn psql(&self, query: &str) -> String {
        let (socket_dir, database) = &self.settings.database;
        let port = self.settings.database_port.as_deref().unwrap_or("5432");
        run(
            "psql",
            &[
                "-h", socket_dir, "-p", port, "-U", "unspool", "-d", database, "-XAtc", query,
            ],
        )
    }

    /// Sends a signal to all processes of the embedded PostgreSQL.
    pub fn signal_database(&self, name: &str) {
        let lock = self.data_dir().join("postgres/postmaster.pid");
        let postmaster = eventually("PostgreSQL runs", || {
            let lock = std::fs::read_to_string(&lock).ok()?;
            lock.lines().next()?.parse::<u32>().ok()
        });
        // Frozen, it starts no process that would be missed here.
        signal(&postmaster.to_string(), "STOP");
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        for child in children.split_whitespace() {
            signal(child, name);
        }
        signal(&postmaster.to_string(), name);
    }

    /// Waits until everything that is durable is in the database.
    pub fn wait_until_mirrored(&self) {
        eventually("the mirror has caught up", || {
            let status = curl(&self.url("/api/v1/status"));
            let (mirror, journal) = (&status["mirror"], &status["journal"]);
            let done = mirror["cursor"] == journal["head"] && mirror["up"] == true;
            done.then_some(())
        });
    }

    /// The value of a metric without labels.
    pub fn metric(&self, name: &str) -> u64 {
        let metrics = run("curl", &["-sS", &self.url("/metrics")]);
        let value = metrics
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name} ")));
        value
            .and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("no {name}: {metrics}"))
    }

    /// How much memory the server's process holds, in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.kib("VmRSS:")
    }

    fn kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.unwrap_or_else(|_| panic!("no server:\n{}", self.log_text()));
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        kib.unwrap_or_else(|| panic!("the server has ended:\n{}", self.log_text()))
    }

    /// The log so far, a line for each entry.
    pub fn log_text(&self) -> String {
        self.log.text()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let running = matches!(self.child.try_wait(), Ok(None));
        if running && !std::thread::panicking() {
            assert_eq!(self.stop(), Some(0), "{}", self.log_text());
        } else if running {
            self.child.kill().ok();
            self.child.wait().ok();
        }
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log_text());
        } else {
            let unexpected = self.log.unexpected(&self.settings.expected);
            assert!(
                unexpected.is_empty(),
                "in the log:\n{}",
                unexpected.join("\n")
            );
        }
    }
}
