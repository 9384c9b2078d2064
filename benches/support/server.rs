//! The brokers under test, each a process of its own whose processor time can be read.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(60);
/// Of /proc, on every Linux that matters.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running broker.
pub(crate) struct Broker {
    /// What it is called in the table.
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) mqtt: SocketAddr,
    /// Where it answers over HTTP.
    pub(crate) http: Option<SocketAddr>,
    /// What is shown there, where there are accounts.
    token: Option<String>,
    child: Child,
}

impl Broker {
    /// Our server with its defaults, its data under `folder`.
    pub(crate) fn unspool(program: &Path, folder: &Path) -> Result<Self> {
        Self::unspool_with(program, folder, None)
    }

    /// The same with the accounts of a file, one of which has this token and may see everything.
    pub(crate) fn unspool_with(
        program: &Path,
        folder: &Path,
        accounts: Option<(&Path, String)>,
    ) -> Result<Self> {
        let (accounts, token) = accounts.unzip();
        let mut child = Command::new(program)
            .arg("serve")
            .env("UNSPOOL_MQTT_LISTEN", "127.0.0.1:0")
            .env("UNSPOOL_HTTP_LISTEN", "127.0.0.1:0")
            .env("UNSPOOL_DATA_DIR", folder)
            .env("UNSPOOL_LOG", "warn,unspool=info")
            .env("UNSPOOL_LOG_FORMAT", "json")
            .envs(accounts.map(|file| ("UNSPOOL_ACCOUNTS_FILE", file)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let lines = BufReader::new(child.stderr.take().context("a pipe")?).lines();
        let (say, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let entry: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
                if matches!(entry["level"].as_str(), None | Some("WARN" | "ERROR")) {
                    eprintln!("unspool: {line}");
                }
                let _ = say.send(entry);
            }
        });
        let (mut mqtt, mut http) = (None, None);
        let until = Instant::now() + DEADLINE;
        loop {
            let entry = said
                .recv_timeout(until.saturating_duration_since(Instant::now()))
                .context("unspool did not become ready")?;
            let address = || entry["address"].as_str().and_then(|text| text.parse().ok());
            match (entry["message"].as_str(), entry["protocol"].as_str()) {
                (Some("listening"), Some("mqtt")) => mqtt = address(),
                (Some("listening"), Some("http")) => http = address(),
                (Some("ready"), _) => break,
                _ => {}
            }
        }
        let mqtt = mqtt.context("unspool did not say where it listens")?;
        Ok(Self {
            name: "unspool",
            mqtt,
            http,
            token,
            child,
        })
    }

    /// Debian's mosquitto, with limits high enough that it need not drop anything.
    pub(crate) fn mosquitto(folder: &Path) -> Result<Self> {
        let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let file = folder.join("mosquitto.conf");
        let settings = format!(
            "listener {} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n\
             max_inflight_messages 1000\nmax_queued_messages 1000000\n",
            free.port()
        );
        std::fs::write(&file, settings)?;
        let program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"]
            .into_iter()
            .find(|path| Path::new(path).exists())
            .unwrap_or("mosquitto");
        let child = Command::new(program)
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .spawn()
            .context("start mosquitto (make setup-test installs it)")?;
        let until = Instant::now() + DEADLINE;
        while TcpStream::connect(free).is_err() {
            if Instant::now() > until {
                bail!("mosquitto does not listen");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Self {
            name: "mosquitto",
            mqtt: free,
            http: None,
            token: None,
            child,
        })
    }

    /// The processor time of the process so far, in its own code and in the kernel's, in seconds.
    pub(crate) fn cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // After the name in parentheses: state is the first, utime and stime 12th and 13th.
        let (_, fields) = stat.rsplit_once(')').context("read /proc")?;
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>().unwrap_or(0))
            .sum();
        Ok(ticks as f64 / TICKS_PER_SECOND)
    }

    /// The processor time so far of the threads whose names begin so, in seconds.
    pub(crate) fn cpu_of(&self, name: &str) -> Result<f64> {
        let mut nanos = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let thread = thread?.path();
            // One that has ended meanwhile has nothing to read.
            let read = |file| std::fs::read_to_string(thread.join(file)).unwrap_or_default();
            if read("comm").starts_with(name) {
                let spent = read("schedstat");
                let spent = spent.split_whitespace().next();
                nanos += spent
                    .and_then(|spent| spent.parse::<u64>().ok())
                    .unwrap_or(0);
            }
        }
        if nanos == 0 {
            bail!("the system does not tell the processor time of threads");
        }
        Ok(nanos as f64 / 1e9)
    }

    /// The most memory that it ever held, in MiB.
    pub(crate) fn memory_mib(&self) -> Result<u64> {
        Ok(self.status("VmHWM:")? / 1024)
    }

    /// The memory that it holds now, in KiB, without what the kernel holds for it.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    fn status(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.context("read /proc")
    }

    /// What is answered over HTTP at `path`.
    pub(crate) fn get(&self, path: &str) -> Result<String> {
        let mut socket = TcpStream::connect(self.http.context("no HTTP")?)?;
        let shown = self.token.as_ref();
        let shown = shown.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let shown = shown.unwrap_or_default();
        write!(
            socket,
            "GET {path} HTTP/1.0\r\nHost: localhost\r\n{shown}\r\n"
        )?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        if !head.starts_with("HTTP/1.0 200") {
            bail!("{path}: {answer}");
        }
        Ok(body.into())
    }

    /// Waits until everything that was received is in the database. A broker that stores nothing
    /// is done at once.
    pub(crate) fn settle(&self) -> Result<()> {
        if self.http.is_none() {
            return Ok(());
        }
        let until = Instant::now() + 10 * DEADLINE;
        loop {
            let body = self.get("/api/v1/ledger")?;
            let ledger: Value = serde_json::from_str(&body).context("read /ledger")?;
            if ledger["waiting"] == 0 {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("the mirror does not catch up: {ledger}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}
