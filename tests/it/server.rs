//! A server of its own for a test, on free ports and in a folder of its own. When it goes out of
//! scope, its log must hold no warning and no error that the test did not expect.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::proxy::Proxy;

/// How long anything may take before a test gives up on it.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A running server.
pub struct Server {
    /// Where MQTT is listened for.
    pub mqtt: SocketAddr,
    /// Where HTTP is listened for.
    pub http: SocketAddr,
    /// Where MQTT over TLS is listened for, if at all.
    pub mqtts: Option<SocketAddr>,
    child: Child,
    settings: Settings,
    log: Arc<Mutex<Vec<Value>>>,
    data: Arc<tempfile::TempDir>,
}

/// How to start one.
#[derive(Default, Clone)]
pub struct Settings {
    env: Vec<(String, String)>,
    expected: Vec<&'static str>,
    database: (String, &'static str),
}

impl Settings {
    /// Sets an environment variable, such as `UNSPOOL_INFLIGHT_MAX`.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// A warning or error whose message contains `text` is part of the test.
    pub fn expect_in_log(mut self, text: &'static str) -> Self {
        self.expected.push(text);
        self
    }

    /// On a database of its own in the PostgreSQL of another server, reached through a proxy.
    pub fn on_database_of(mut self, other: &Server, proxy: &Proxy) -> Self {
        other.psql("create database factory");
        self.database = (other.socket_dir().to_owned(), "factory");
        let host = proxy.socket_dir().display();
        let url = format!("postgres://unspool@localhost/factory?host={host}");
        self.set("UNSPOOL_DATABASE_URL", &url)
    }

    /// Starts the server and waits until it is ready.
    pub fn start(self) -> Server {
        let data = Arc::new(tempfile::tempdir().expect("make a folder"));
        Server::launch(self, data, Arc::default())
    }
}

/// The server's command with nothing of this process's own `UNSPOOL_*` environment.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unspool"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("UNSPOOL_")) {
        command.env_remove(name);
    }
    command
}

impl Server {
    /// With nothing but the defaults.
    pub fn start() -> Self {
        Settings::default().start()
    }

    fn launch(
        settings: Settings,
        data: Arc<tempfile::TempDir>,
        log: Arc<Mutex<Vec<Value>>>,
    ) -> Self {
        let mut command = command();
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
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let (ready, listening) = std::sync::mpsc::channel();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let entry = serde_json::from_str(&line)
                    .unwrap_or_else(|_| serde_json::json!({"level": "ERROR", "message": line}));
                let _ = ready.send(Value::clone(&entry));
                kept.lock().expect("the log").push(entry);
            }
        });
        let mut server = Self {
            mqtt: ([127, 0, 0, 1], 0).into(),
            http: ([127, 0, 0, 1], 0).into(),
            mqtts: None,
            child,
            settings,
            log,
            data,
        };
        let until = Instant::now() + DEADLINE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(entry) = listening.recv_timeout(left) else {
                panic!("the server did not become ready:\n{}", server.log_text());
            };
            let address = || entry["address"].as_str().and_then(|text| text.parse().ok());
            match (entry["message"].as_str(), entry["protocol"].as_str()) {
                (Some("listening"), Some("mqtt")) => server.mqtt = address().expect("an address"),
                (Some("listening"), Some("http")) => server.http = address().expect("an address"),
                (Some("listening"), Some("mqtts")) => server.mqtts = address(),
                (Some("embedded PostgreSQL"), _) => {
                    let socket_dir = entry["socket_dir"].as_str().unwrap_or_default();
                    server.settings.database = (socket_dir.to_owned(), "unspool");
                }
                (Some("ready"), _) => return server,
                _ => {}
            }
        }
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
        if let Some(mqtts) = self.mqtts {
            settings = settings.set("UNSPOOL_MQTTS_LISTEN", &mqtts.to_string());
        }
        let (data, log) = (Arc::clone(&self.data), Arc::clone(&self.log));
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
        run(
            "psql",
            &[
                "-h", socket_dir, "-U", "unspool", "-d", database, "-XAtc", query,
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

    /// The log so far, a line for each entry.
    pub fn log_text(&self) -> String {
        let log = self.log.lock().expect("the log");
        log.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn unexpected(&self) -> Vec<String> {
        let log = self.log.lock().expect("the log");
        log.iter()
            .filter(|entry| matches!(entry["level"].as_str(), Some("WARN" | "ERROR")))
            .map(ToString::to_string)
            .filter(|entry| {
                !self
                    .settings
                    .expected
                    .iter()
                    .any(|text| entry.contains(text))
            })
            .collect()
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
            let unexpected = self.unexpected();
            assert!(
                unexpected.is_empty(),
                "in the log:\n{}",
                unexpected.join("\n")
            );
        }
    }
}

/// Sends a signal by its name without `SIG`. The process may have ended just now.
fn signal(process: &str, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), process])
        .output();
    assert!(sent.is_ok(), "kill is not installed");
}

/// Waits until `condition` gives something.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs a program to its end and gives its standard output; a failure fails the test.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error} (make setup-test installs it)"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Asks with `curl`, as a user does, and reads the answer as JSON.
pub fn curl(url: &str) -> Value {
    let answer = run("curl", &["-sS", "--max-time", "30", url]);
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{url}: {error}: {answer}"))
}

/// Waits until everything that is durable is in the database.
pub fn run_until_mirrored(server: &Server) {
    eventually("the mirror has caught up", || {
        let status = curl(&server.url("/api/v1/status"));
        let (mirror, journal) = (&status["mirror"], &status["journal"]);
        let done = mirror["cursor"] == journal["head"] && mirror["up"] == true;
        done.then_some(())
    });
}
