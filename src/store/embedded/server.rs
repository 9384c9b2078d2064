//! The running server: started, watched, stopped.

use std::fs::{File, OpenOptions, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::watch;

use super::lock::Lock;
use super::owner::Owner;
use super::programs::Programs;
use super::{EmbeddedError, access, cluster, leftover, memory, orphan, socket};
use crate::store::Database;

/// A part of the socket's name where nobody listens at a port.
const PORT: u16 = 5432;

/// How long starting may take; recovery after a crash is part of it.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// How long stopping may take before it is made to.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// The shortest time between two starts of a server that dies again and again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// A PostgreSQL of our own, for as long as it is not stopped. Where it dies it is started again;
/// the mirror sees no more than a database that is away for a moment.
#[derive(Debug)]
pub struct Postgres {
    socket_dir: PathBuf,
    port: u16,
    stop: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
    process: watch::Receiver<u32>,
    _lock: Lock,
}

/// Everything that is needed to start it.
#[derive(Debug, Clone)]
struct Plan {
    postgres: PathBuf,
    /// Where SQL readers may connect over TCP.
    listen: Option<SocketAddr>,
    access: PathBuf,
    cluster: PathBuf,
    socket_dir: PathBuf,
    log: PathBuf,
    owner: Owner,
    preload: bool,
}

impl Postgres {
    /// Starts the database under `data_dir`, made first where there is none, with the programs in
    /// `pg_bin` or those that are found, and waits until it answers.
    pub async fn start(data_dir: &Path, pg_bin: Option<&Path>) -> Result<Self, EmbeddedError> {
        Self::start_listening(data_dir, pg_bin, None).await
    }

    /// The same, with an address at which SQL readers may connect; port 0 takes a free one.
    pub async fn start_listening(
        data_dir: &Path,
        pg_bin: Option<&Path>,
        listen: Option<SocketAddr>,
    ) -> Result<Self, EmbeddedError> {
        std::fs::create_dir_all(data_dir)
            .map_err(EmbeddedError::io("make the data directory", data_dir))?;
        let data_dir = data_dir
            .canonicalize()
            .map_err(EmbeddedError::io("look at", data_dir))?;
        let lock = Lock::take(&data_dir.join("postgres.lock")).await?;
        let plan = Plan::make(&data_dir, pg_bin, listen).await?;
        let (stop, stopping) = watch::channel(false);
        let (stopped_sender, stopped) = watch::channel(false);
        let (process_sender, process) = watch::channel(0);
        let (first, started) = mpsc::channel();
        let keeper = Keeper {
            plan: plan.clone(),
            stopping,
            process: process_sender,
        };
        // A thread of its own, since the child dies with the thread that spawned it.
        std::thread::Builder::new()
            .name("postgres".into())
            .spawn(move || {
                keeper.run(&first);
                socket::remove(&keeper.plan.socket_dir);
                stopped_sender.send_replace(true);
            })
            .map_err(EmbeddedError::io("start a thread for", &plan.postgres))?;
        let mut postgres = Self {
            socket_dir: plan.socket_dir.clone(),
            port: plan.port(),
            stop,
            stopped,
            process,
            _lock: lock,
        };
        if let Err(error) = plan.answers(&started).await {
            postgres.stop_now().await;
            return Err(error);
        }
        if let Some(listen) = plan.listen {
            tracing::info!(%listen, "the database is there for SQL readers");
        }
        Ok(postgres)
    }

    /// Where it is to be found.
    pub fn database(&self) -> Database {
        Database::Embedded {
            socket_dir: self.socket_dir.clone(),
            port: self.port,
        }
    }

    /// The database of a server that runs under `data_dir`, if one does.
    pub fn running(data_dir: &Path) -> Option<Database> {
        let pid_file = data_dir.join("postgres/postmaster.pid");
        let text = std::fs::read_to_string(pid_file).ok()?;
        // The fourth line says its port, the fifth where the socket is.
        let mut lines = text.lines().skip(3);
        let port = lines.next()?.parse().ok()?;
        let socket_dir = lines.next().filter(|line| !line.is_empty())?.into();
        Some(Database::Embedded { socket_dir, port })
    }

    /// The folder of its socket, as `psql -h` wants it.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The number of its process; 0 between two.
    pub fn process(&self) -> u32 {
        *self.process.borrow()
    }

    /// Stops it: transactions are broken off, everything is written, no process is left.
    pub async fn stop(mut self) {
        self.stop_now().await;
    }

    async fn stop_now(&mut self) {
        self.stop.send_replace(true);
        // An error says that the thread is gone, which is the same.
        let _gone = self.stopped.wait_for(|stopped| *stopped).await;
    }
}

impl Plan {
    async fn make(
        data_dir: &Path,
        pg_bin: Option<&Path>,
        listen: Option<SocketAddr>,
    ) -> Result<Self, EmbeddedError> {
        let cluster = data_dir.join("postgres");
        let found = cluster::version(&cluster)?;
        let programs = Programs::find(pg_bin, found.as_deref())?;
        if let Some(found) = found.as_ref().filter(|found| **found != programs.major) {
            return Err(EmbeddedError::OtherMajor {
                cluster,
                found: found.clone(),
                programs: programs.folder,
                version: programs.major,
                socket: socket::near(data_dir).unwrap_or_else(|| "the socket folder".into()),
            });
        }
        let owner = Owner::choose()?;
        owner.reaches(&cluster)?;
        leftover::clear(&cluster, socket::near(data_dir).as_deref()).await?;
        if found.is_none() {
            tracing::info!(postgresql = programs.major, "making the database");
            cluster::make(&cluster, &programs, &owner).await?;
        }
        let log = data_dir.join("postgres.log");
        let socket_dir = socket::make(data_dir, &owner)?;
        let listen = listen.map(access::free).transpose()?;
        let access = access::write(&cluster, &owner, listen.is_some())?;
        Ok(Self {
            preload: programs.have_timescaledb(),
            postgres: programs.folder.join("postgres"),
            listen,
            access,
            cluster,
            socket_dir,
            log,
            owner,
        })
    }

    fn port(&self) -> u16 {
        self.listen.map_or(PORT, |listen| listen.port())
    }

    fn command(&self) -> Result<Command, EmbeddedError> {
        let log = |path: &Path| -> std::io::Result<File> {
            let long = path.metadata().is_ok_and(|about| about.len() > 16 << 20);
            let mut options = OpenOptions::new();
            options
                .create(true)
                .write(true)
                .append(!long)
                .truncate(long)
                .mode(0o600);
            let file = options.open(path)?;
            // It may have been made by an earlier version.
            file.set_permissions(Permissions::from_mode(0o600))?;
            Ok(file)
        };
        let file = log(&self.log).map_err(EmbeddedError::io("open", &self.log))?;
        let mut command = Command::new(&self.postgres);
        command
            .arg("-D")
            .arg(&self.cluster)
            .arg("-k")
            .arg(&self.socket_dir);
        for setting in [
            &format!(
                "listen_addresses={}",
                self.listen
                    .map_or_else(String::new, |it| it.ip().to_string())
            ),
            &format!("port={}", self.port()),
            &format!("hba_file={}", self.access.display()),
            "password_encryption=scram-sha-256",
            "unix_socket_permissions=0700",
            "max_connections=50",
            "fsync=on",
            "full_page_writes=on",
            &memory::shared_buffers(),
            "max_wal_size=1GB",
            "checkpoint_completion_target=0.9",
            "log_timezone=UTC",
            "timezone=UTC",
            "log_checkpoints=off",
            "jit=off",
        ] {
            command.arg("-c").arg(setting);
        }
        if self.preload {
            command.args(["-c", "shared_preload_libraries=timescaledb"]);
            command.args(["-c", "timescaledb.telemetry_level=off"]);
        }
        for name in [
            "PGDATA",
            "PGPORT",
            "PGHOST",
            "PGUSER",
            "PGDATABASE",
            "NOTIFY_SOCKET",
        ] {
            command.env_remove(name);
        }
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file);
        self.owner.runs(&mut command);
        Ok(command)
    }

    /// Waits for the first answer, and makes the database where it is new.
    async fn answers(
        &self,
        started: &mpsc::Receiver<Result<(), EmbeddedError>>,
    ) -> Result<(), EmbeddedError> {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_dir)
            .port(self.port())
            .username("unspool")
            .database("postgres");
        let until = Instant::now() + START_TIMEOUT;
        loop {
            // The thread says so if it could not be started, or has ended.
            if let Ok(Err(error)) = started.try_recv() {
                return Err(error);
            }
            let error = match PgConnection::connect_with(&options).await {
                Ok(connection) => match make_database(connection).await {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if Instant::now() >= until {
                return Err(EmbeddedError::Start {
                    said: error.to_string(),
                    log: self.log.clone(),
                });
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The end of what it said.
    fn said(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let tail = &text[text.len().saturating_sub(4096)..];
        cluster::last_lines(&String::from_utf8_lossy(tail))
    }
}

async fn make_database(mut connection: PgConnection) -> Result<(), sqlx::Error> {
    let there = sqlx::query("select from pg_database where datname = 'unspool'")
        .fetch_optional(&mut connection)
        .await?;
    if there.is_none() {
        sqlx::query("create database unspool")
            .execute(&mut connection)
            .await?;
    }
    connection.close().await
}

/// Starts it, starts it again when it dies, and stops it.
struct Keeper {
    plan: Plan,
    stopping: watch::Receiver<bool>,
    process: watch::Sender<u32>,
}

impl Keeper {
    fn run(&self, first: &mpsc::Sender<Result<(), EmbeddedError>>) {
        let mut starts = 0_u64;
        while !self.is_stopping() {
            let began = Instant::now();
            let spawned = self.plan.command().and_then(|mut command| {
                orphan::spawn(&mut command).map_err(EmbeddedError::io("start", &self.plan.postgres))
            });
            let outcome = match spawned {
                Ok(child) => {
                    self.process.send_replace(child.id());
                    self.watch(child)
                }
                Err(error) => Err(error),
            };
            self.process.send_replace(0);
            starts += 1;
            let Err(error) = outcome else {
                return;
            };
            if first.send(Err(error)).is_err() {
                // Nobody waits for the first start any more: it had succeeded.
                tracing::warn!(starts, "the database died; starting it again");
            }
            while began.elapsed() < RESTART_PAUSE && !self.is_stopping() {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// Told to, or nobody is left who could tell.
    fn is_stopping(&self) -> bool {
        *self.stopping.borrow() || self.stopping.has_changed().is_err()
    }

    /// Waits until it ends: `Ok` where that was asked for.
    fn watch(&self, mut child: Child) -> Result<(), EmbeddedError> {
        let mut signals = [Signal::INT, Signal::QUIT, Signal::KILL].into_iter();
        let mut next_signal_at: Option<Instant> = None;
        loop {
            let ended = child
                .try_wait()
                .map_err(EmbeddedError::io("wait for", &self.plan.postgres))?;
            let stopping = self.is_stopping();
            match ended {
                Some(_) if stopping => return Ok(()),
                Some(status) => {
                    return Err(EmbeddedError::Start {
                        said: format!("{status}: {}", self.plan.said()),
                        log: self.plan.log.clone(),
                    });
                }
                None => {}
            }
            if stopping && next_signal_at.is_none_or(|at| Instant::now() >= at) {
                next_signal_at = Some(Instant::now() + STOP_TIMEOUT);
                if let Some(signal) = signals.next() {
                    signal_to(&child, signal);
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn signal_to(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself.
        let _gone = kill_process(pid, signal);
    }
}
