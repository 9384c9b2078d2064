//! The commands beside `serve`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::damage;
use super::data_dir::{DataDir, http_address};
use super::listeners::Listeners;
use super::told::told;
use crate::api::is_well;
use crate::auth::LOCKED;
use crate::config::Config;
use crate::journal::{Journal, JournalOptions, LocalDisk};
use crate::message::{Cursor, Epoch, Offset, Timestamp};
use crate::metrics::Metrics;
use crate::mirror;
use crate::mqtt::StateSummary;
use crate::store::Store;
use crate::tls::TlsFiles;

/// How long a running server may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Brings the schema of the database up to date.
pub async fn migrate(config: Config) -> anyhow::Result<()> {
    let data_dir = DataDir::open(&config.data_dir).await?;
    with_store(&config, &data_dir, async |store| {
        store.prepare().await.context("prepare the database")
    })
    .await?;
    println!("the schema is up to date");
    Ok(())
}

/// Moves history to hypertables of TimescaleDB, whether a server works with the database or not.
pub async fn migrate_to_timescale(config: Config) -> anyhow::Result<()> {
    super::database::on_database(&config, async |database| {
        let store = Store::open(database, Metrics::default().into()).context("database_url")?;
        store.prepare().await.context("prepare the database")?;
        let used = store.use_timescale().await.context("make hypertables")?;
        println!("{used}");
        let mut left = store.plain_partitions().await?;
        while left > 0 {
            println!("{left} partitions are left to be moved");
            store.move_a_partition().await.context("move a partition")?;
            left = store.plain_partitions().await?;
        }
        store.move_a_partition().await?;
        store.close().await;
        println!("all of history is in hypertables");
        Ok(())
    })
    .await
}

/// Tries everything that the server needs, and says what it found.
pub async fn doctor(config: Config) -> anyhow::Result<()> {
    super::advice::warn();
    let mut wrong = 0;
    let mut tell = |what: &str, result: anyhow::Result<String>| match result {
        Ok(found) => println!("ok     {what}: {found}"),
        Err(error) => {
            wrong += 1;
            println!("WRONG  {what}: {}", told(&error));
        }
    };
    tell(
        "addresses",
        Listeners::bind(&config, None).await.map(|_| "free".into()),
    );
    match TlsFiles::configured(&config) {
        Some(files) => {
            for (what, found) in files.examine(&names(&config)) {
                let what = format!("TLS, {what}");
                match found {
                    Ok(found) if found.is_urgent => {
                        println!("SOON   {what}: {}: it is time for another one", found.told);
                    }
                    found => tell(
                        &what,
                        found.map(|found| found.told).map_err(anyhow::Error::msg),
                    ),
                }
            }
        }
        None => tell("TLS", Ok("off".into())),
    }
    let data_dir = DataDir::open(&config.data_dir).await;
    match data_dir {
        Ok(data_dir) => {
            tell("data directory", Ok(data_dir.path().display().to_string()));
            tell("accounts", accounts(&config, &data_dir));
            tell("database", database(&config, &data_dir).await);
            match journal(&config, &data_dir) {
                Ok(None) => {
                    tell("journal", Ok("none yet".into()));
                    tell("history", history_alone(&config, &data_dir).await);
                }
                Ok(Some(journal)) => {
                    let state = state_of_journal(&config, &data_dir, &journal).await;
                    tell("journal", state);
                    tell("broker's state", state_of_broker(&data_dir, &journal));
                    tell("history", history(&config, &data_dir, &journal).await);
                }
                Err(error) => tell("journal", Err(explained(&config, &data_dir, error).await)),
            }
        }
        Err(error) => tell("data directory", Err(error)),
    }
    if wrong > 0 {
        bail!("{wrong} of these must be put right before the server can run");
    }
    Ok(())
}

/// Whether there are accounts, and whether the server may listen where it is to.
fn accounts(config: &Config, data_dir: &DataDir) -> anyhow::Result<String> {
    let auth = super::admission::read(config, data_dir.path(), &Arc::<Metrics>::default())?;
    if config.admin_password_file.is_none() {
        super::admission::check(config, &auth)?;
    }
    if auth.is_locked() && config.admin_password_file.is_none() {
        bail!("{LOCKED}");
    }
    let accounts = auth.accounts();
    Ok(match accounts.len() {
        0 => "none: everybody may do everything, on loopback only".into(),
        number if auth.has_administrator() => format!("{number}"),
        number => format!("{number}, and no administrator who can come in"),
    })
}

/// By which names the server is called, as far as the configuration says: that of its public
/// address, too, where it has TLS of its own.
fn names(config: &Config) -> Vec<String> {
    let hosts = config.allowed_hosts.as_deref().unwrap_or_default();
    let hosts = hosts.split(',').map(str::trim);
    let authorities = hosts.filter_map(|host| host.parse::<axum::http::uri::Authority>().ok());
    let public = config.public_url.as_ref().map(|url| url.authority.clone());
    let all = authorities.chain(public.filter(|_| config.https_listen.is_some()));
    let mut names: Vec<_> = all
        .map(|authority| host(&authority))
        .filter(|name| name != "*")
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The name without the port, as certificates have it.
fn host(authority: &axum::http::uri::Authority) -> String {
    let host = authority.host();
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).to_owned()
}

async fn database(config: &Config, data_dir: &DataDir) -> anyhow::Result<String> {
    let (health, timescale) = with_store(config, data_dir, async |store| {
        let health = store.health().await?;
        store.prepare().await.context("prepare the database")?;
        Ok((health, store.timescale_told()))
    })
    .await?;
    let kind = if config.database_url.is_some() {
        "external"
    } else {
        "embedded"
    };
    let timescale = timescale.map_or_else(String::new, |told| format!("; {told}"));
    Ok(format!("PostgreSQL {}, {kind}{timescale}", health.version))
}

/// The journal, where there is one. What a crash left at its end is cut off, as a start does.
fn journal(config: &Config, data_dir: &DataDir) -> anyhow::Result<Option<Journal>> {
    let (dir, disk) = (data_dir.journal(), Arc::new(LocalDisk));
    if !Journal::exists(&dir, &*disk).context("look for the journal")? {
        return Ok(None);
    }
    let (options, metrics) = (JournalOptions::from(config), Arc::<Metrics>::default());
    let (journal, _writer) =
        Journal::open(&dir, options, disk, metrics).context("open the journal")?;
    Ok(Some(journal))
}

/// What is in the journal, read through.
async fn state_of_journal(
    config: &Config,
    data_dir: &DataDir,
    journal: &Journal,
) -> anyhow::Result<String> {
    let found = journal.inspect().context("read the journal through")?;
    let Some(last) = found.damaged.last() else {
        return Ok(format!(
            "{}; all {} records read through, and whole",
            extent(journal, config),
            found.records
        ));
    };
    let mut places: Vec<_> = found.damaged.iter().map(ToString::to_string).collect();
    // What has to go reaches up to the last one.
    if let Some(damage) = last.damage(&LocalDisk) {
        let known = with_store(config, data_dir, mirrored).await.ok();
        places.push(damage::ways_out(&damage, known));
    }
    bail!("{}", places.join("; "))
}

/// Up to where the database has everything.
async fn mirrored(store: &Store) -> anyhow::Result<Offset> {
    store.prepare().await.context("prepare the database")?;
    Ok(damage::cursor(store))
}

/// Adds what to do where the journal can't be opened since it is damaged.
async fn explained(config: &Config, data_dir: &DataDir, error: anyhow::Error) -> anyhow::Error {
    let text = told(&error);
    let explain = async |store: &Store| Ok(damage::explained(error, store).await);
    let explained = with_store(config, data_dir, explain).await;
    explained.unwrap_or_else(|_| anyhow::Error::msg(text))
}

fn extent(journal: &Journal, config: &Config) -> String {
    let (oldest, head) = (journal.oldest(), journal.head());
    let records = if oldest == head {
        format!("no records, the next is {head}")
    } else {
        format!("records {oldest} up to before {head}")
    };
    let (bytes, bytes_max) = (journal.bytes() >> 20, config.journal_bytes_max >> 20);
    format!("{records}, {bytes} of at most {bytes_max} MiB")
}

/// What sessions and retained messages there are, and whether the journal has what came later.
fn state_of_broker(data_dir: &DataDir, journal: &Journal) -> anyhow::Result<String> {
    let found = match StateSummary::read(&data_dir.broker()?) {
        Ok(None) => return Ok("none yet: it is made from the journal".into()),
        Ok(Some(found)) => found,
        Err(error) if error.is_damage() && journal.is_whole() => {
            return Ok(format!(
                "{}; the next start makes it again from the journal, which has all of it",
                told(&error.into())
            ));
        }
        Err(error) if error.is_damage() => {
            return Err(error).context(
                "damaged, and the journal no longer has all that it was made from: bring back a \
                 copy, or move the file away to go on with what the journal still has",
            );
        }
        Err(error) => return Err(error.into()),
    };
    Ok(match found.position {
        Some((_, epoch)) if epoch != journal.epoch() => {
            format!("{found}; the journal is another one: sessions will begin with empty queues")
        }
        Some((complete, _)) if complete < journal.oldest() => format!(
            "{found}; the journal no longer has what came after {complete}, where it was written"
        ),
        _ => found.to_string(),
    })
}

/// Whether journal and database are of one history.
async fn history(config: &Config, data_dir: &DataDir, journal: &Journal) -> anyhow::Result<String> {
    with_store(config, data_dir, async |store| {
        store.prepare().await.context("prepare the database")?;
        let known = store.missing();
        let found = mirror::compare(journal, store)?;
        let (other, known): (Vec<_>, Vec<_>) = found
            .into_iter()
            .chain(known)
            .partition(|missing| missing.from == missing.to);
        if let Some(missing) = known.first() {
            bail!(
                "the database lacks the records from {} up to before {}, which the journal no \
                 longer has: bring back a newer copy of the database, or go on without them",
                missing.from,
                missing.to
            );
        }
        let fit = format!("journal and database fit, up to {}", journal.head());
        let Some(changeover) = other.last() else {
            return Ok(fit);
        };
        let Some(earlier) = changeover.earlier else {
            return Ok(fit);
        };
        let last = match earlier.received_at {
            Some(at) => Some(at),
            None => store.last_received_at().await?,
        };
        Ok(format!(
            "{fit}; {}",
            changed_over(earlier.epoch, changeover.from, last)
        ))
    })
    .await
}

/// What the database has where there is no journal.
async fn history_alone(config: &Config, data_dir: &DataDir) -> anyhow::Result<String> {
    with_store(config, data_dir, async |store| {
        store.prepare().await.context("prepare the database")?;
        let Some(mirrored) = store.mirrored() else {
            return Ok("none yet".into());
        };
        let Cursor { epoch, next } = mirrored.cursor;
        let last = store.last_received_at().await?;
        Ok(format!(
            "the next start begins a new journal at {next}; {}",
            changed_over(epoch, next, last)
        ))
    })
    .await
}

/// That the database was written from the journal `epoch`, up to before `next`.
fn changed_over(epoch: Epoch, next: Offset, last: Option<Timestamp>) -> String {
    let last = last.map_or_else(String::new, |at| format!(", the last message of {at}"));
    format!(
        "LOOK: the database was written from another journal, {epoch}, up to before {next}{last}; \
         what that one had further is not known here: if that was not intended, bring back that \
         journal, or a newer copy of the database"
    )
}

/// Does something with the database, which is started and stopped for it where it is our own.
async fn with_store<T>(
    config: &Config,
    data_dir: &DataDir,
    job: impl AsyncFnOnce(&Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (database, postgres) = super::database::open(config, data_dir.path()).await?;
    let store = Store::open(&database, Metrics::default().into()).context("database_url")?;
    let result = job(&store).await;
    store.close().await;
    if let Some(postgres) = postgres {
        postgres.stop().await;
    }
    result
}

/// Asks the server that runs with this configuration whether it is ready.
pub async fn health(config: Config) -> anyhow::Result<()> {
    // A server that was started with other flags, or with port 0, has left its address.
    let address = http_address(&config.data_dir).or(config.http_listen.0);
    let mut address = address.context("http_listen is off: there is nobody to ask")?;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let answer = tokio::time::timeout(PATIENCE, ask(address)).await;
    let answer = answer
        .context("no answer in time")?
        .with_context(|| format!("ask {address}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if !is_well(head) {
        bail!("not ready: {}", body.trim());
    }
    println!("{}", body.trim());
    Ok(())
}

async fn ask(address: std::net::SocketAddr) -> std::io::Result<String> {
    let mut socket = TcpStream::connect(address).await?;
    let request =
        format!("GET /healthz/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_must_do_for_every_name_by_which_the_server_is_called() {
        for (allowed_hosts, public_url, over_tls, names) in [
            (None, None, true, &[][..]),
            (
                Some("a.example:8443, B.example, *"),
                None,
                true,
                &["B.example", "a.example"],
            ),
            (
                Some("a.example"),
                Some("https://mine.example"),
                true,
                &["a.example", "mine.example"],
            ),
            (
                None,
                Some("https://mine.example:8443"),
                true,
                &["mine.example"],
            ),
            (None, Some("https://[2001:db8::1]"), true, &["2001:db8::1"]),
            // A proxy shows its own.
            (None, Some("https://mine.example"), false, &[]),
        ] {
            let https = "127.0.0.1:0".parse().ok();
            let config = Config {
                allowed_hosts: allowed_hosts.map(Into::into),
                public_url: public_url.map(|url| url.parse().unwrap()),
                https_listen: https.filter(|_| over_tls),
                ..Config::default()
            };
            let found = super::names(&config);
            assert_eq!(found, names, "{allowed_hosts:?} {public_url:?}");
        }
    }
}
