//! The stations, started against the way of the data (so that each finds the next one there) and
//! stopped along it (so that each can hand on what it has).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use super::banner::Banner;
use super::damage;
use super::data_dir::DataDir;
use super::http::{self, Answering, HttpLimits, HttpServer};
use super::listeners::{Addresses, Listeners, secure};
use crate::api::{self, About, MqttAddresses};
use crate::config::Config;
use crate::journal::{Journal, JournalOptions, JournalWriter, LocalDisk};
use crate::live::Live;
use crate::message::{Keep, Offset, Timestamp};
use crate::metrics::Metrics;
use crate::mirror;
use crate::mqtt::{self, Broker, Entrance, Listener};
use crate::port::{AskRebirth, Publish};
use crate::readers::ReaderThreads;
use crate::store::embedded::Postgres;
use crate::store::{NameLimits, Store};
use crate::supervisor::Supervisor;
use crate::tls::Tls;

/// How long saying that the Sparkplug host is offline may take.
const HOST_PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Line {
    /// Connections of all kinds, and what serves them.
    entrances: Supervisor,
    mqtt: Arc<Broker>,
    /// The broker's state, written behind.
    broker: Supervisor,
    /// The writer of the journal.
    journal: Supervisor,
    /// The way into the database.
    mirror: Supervisor,
    store: Store,
    postgres: Option<Postgres>,
    patience: Duration,
    data_dir: DataDir,
}

impl Line {
    /// Starts every station; all is ready when this returns.
    pub(super) async fn start(
        mut config: Config,
        root: &Supervisor,
        started: Instant,
    ) -> anyhow::Result<Self> {
        super::descriptors::fit(&mut config);
        let config = Arc::new(config);
        let metrics = Arc::new(Metrics::default());
        let data_dir = DataDir::open(&config.data_dir).await?;
        let auth = super::admission::open(&config, data_dir.path(), &metrics).await?;
        let rules = super::rules::declared(&config)?;
        let tls = secure(&config, &metrics)?;
        let listeners = Listeners::bind(&config, tls.as_ref()).await?;
        let addresses = listeners.addresses()?;
        let entrances = root.stage();
        auth.watch(&entrances);
        let is_closed = !auth.is_open();
        let (routes, ready) = watch::channel(None);
        let http = HttpServer::new(
            HttpLimits::new(config.http_connections_max),
            Answering {
                starting: api::starting(auth.clone(), Arc::clone(&metrics), &config),
                ready,
            },
            Arc::clone(&metrics),
            entrances.clone(),
        );
        serve_http(http, listeners.http, listeners.https, tls, &entrances);

        let (database, postgres) = super::database::open(&config, data_dir.path()).await?;
        let store = Store::open(&database, Arc::clone(&metrics)).context("database_url")?;
        limit(&store, &config);
        let (journal, writer) = tokio::select! {
            opened = open_fitting_journal(&config, &data_dir, &store, &metrics) => opened?,
            never = tell_unready(&listeners.mqtt, listeners.mqtts.as_ref(), &entrances) => match never {},
        };
        let writing = root.stage();
        writer.start(&writing);
        let broker = Broker::open(
            &data_dir.broker()?,
            journal.clone(),
            auth.clone(),
            &config,
            Arc::clone(&metrics),
        )
        .await
        .context("open the broker's state");
        let broker = damage::explain(broker, &store).await?;

        let running = Self {
            entrances,
            mqtt: Arc::clone(&broker),
            broker: root.stage(),
            journal: writing,
            mirror: root.stage(),
            store: store.clone(),
            postgres,
            patience: Duration::from_secs(config.shutdown_timeout_s),
            data_dir,
        };
        let entrance = Arc::new(Entrance(Arc::clone(&broker)));
        let sparkplug = sparkplug_options(&config, &entrance);
        let mirrored = (&journal, &store, &rules);
        mirror::start(mirrored, &metrics, &running.mirror, sparkplug);
        broker.start(&running.broker);
        begin_host(&broker).await;

        let publisher: Arc<dyn Publish> = Arc::<Entrance>::clone(&entrance);
        let threads = ReaderThreads::start(&running.entrances);
        let live = Live::new(
            auth.clone(),
            journal.clone(),
            store.clone(),
            (Arc::clone(&publisher), rules.clone()),
            threads.clone(),
            Arc::clone(&metrics),
            &running.entrances,
        );
        broker.replay_from(live.replays());
        let state = api::AppState {
            auth,
            store,
            live,
            rules,
            readers: api::Readers::new(threads, Arc::clone(&metrics), &running.entrances),
            publisher,
            retained: Arc::<Entrance>::clone(&entrance) as _,
            clients: entrance,
            published: Arc::default(),
            config: Arc::clone(&config),
            metrics: Arc::clone(&metrics),
            supervisor: running.entrances.clone(),
            about: Arc::new(running.about(addresses)),
            counts: Arc::new(journal),
        };
        let with_mqtt = |app| {
            let entrances = running.entrances.clone();
            mqtt::websocket::beside(app, Arc::clone(&broker), entrances, api::too_many_clients)
        };
        routes.send_replace(Some(api::router(&state, with_mqtt)));
        running.serve_mqtt([Some(listeners.mqtt), listeners.mqtts]);
        if let Some(http) = addresses.http {
            running.data_dir.tell_address(http)?;
        }
        running.announce(addresses, &config, is_closed, started);
        Ok(running)
    }

    fn serve_mqtt(&self, listeners: [Option<Listener>; 2]) {
        for listener in listeners.into_iter().flatten() {
            let serving = listener.serve(Arc::clone(&self.mqtt), self.entrances.clone());
            self.entrances.spawn("mqtt listener", serving);
        }
    }

    fn about(&self, addresses: Addresses) -> About {
        About {
            started_at: Timestamp::now(),
            mqtt: MqttAddresses {
                tcp: addresses.mqtt,
                tls: addresses.mqtts,
            },
            database_embedded: self.postgres.is_some(),
        }
    }

    /// Tells where everything is: the log for machines, the terminal for a person.
    fn announce(&self, addresses: Addresses, config: &Config, is_closed: bool, started: Instant) {
        let listening = [
            ("mqtt", Some(addresses.mqtt)),
            ("mqtts", addresses.mqtts),
            ("http", addresses.http),
            ("https", addresses.https),
        ];
        for (protocol, address) in listening {
            if let Some(address) = address {
                tracing::info!(protocol, %address, "listening");
            }
        }
        let database = match &self.postgres {
            Some(postgres) => {
                let socket_dir = postgres.socket_dir().display();
                tracing::info!(%socket_dir, process = postgres.process(), "embedded PostgreSQL");
                let shown = socket_dir.to_string();
                let quote = if shown.contains(' ') { "'" } else { "" };
                format!("psql -h {quote}{shown}{quote} -U unspool unspool")
            }
            None => "PostgreSQL at UNSPOOL_DATABASE_URL".into(),
        };
        tracing::info!("ready");
        Banner {
            mqtt: addresses.mqtt,
            mqtts: addresses.mqtts,
            http: addresses.http,
            https: addresses.https,
            is_closed,
            database: &database,
            data_dir: &config.data_dir,
            took: started.elapsed(),
        }
        .print();
    }

    /// Stops the stations in the order in which a message travels. What a station has not handed
    /// on when the time is up is safe in the journal.
    pub(super) async fn stop(self) {
        let deadline = tokio::time::Instant::now() + self.patience;
        match timeout(HOST_PATIENCE, self.mqtt.end_host()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "the Sparkplug host could not say that it is offline");
            }
            Err(_) => tracing::warn!("the Sparkplug host had no time to say that it is offline"),
        }
        let stages = [
            ("connections", &self.entrances),
            ("the broker's state", &self.broker),
            ("the journal", &self.journal),
            ("the mirror", &self.mirror),
        ];
        for (name, stage) in stages {
            stage.stop();
            let left = deadline
                .saturating_duration_since(tokio::time::Instant::now())
                .max(Duration::from_secs(1));
            if timeout(left, stage.ended()).await.is_err() {
                tracing::warn!(stage = name, "did not end in time");
            }
        }
        if timeout(Duration::from_secs(1), self.store.close())
            .await
            .is_err()
        {
            tracing::debug!("readers of the database were still busy");
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
        tracing::info!("stopped");
    }
}

/// Says how much the store may keep, and for how long.
fn limit(store: &Store, config: &Config) {
    store.limit_names(NameLimits {
        topics: config.topics_max,
        series_of_topic: config.series_max,
        bytes: config.names_bytes_max,
    });
    let keep = Keep {
        days: config.keep_days,
        bytes: config.keep_bytes,
    };
    store.keep(keep, config.keep_rollups_days);
}

fn sparkplug_options(config: &Config, entrance: &Arc<Entrance>) -> mirror::SparkplugOptions {
    let rebirths: Arc<dyn AskRebirth> = Arc::<Entrance>::clone(entrance);
    mirror::SparkplugOptions {
        reorder_ms: config.sparkplug_reorder_ms,
        rebirths: config.sparkplug_host_id.is_some().then_some(rebirths),
    }
}

/// Says that the Sparkplug host is there, if this is one.
async fn begin_host(broker: &Broker) {
    if let Err(error) = broker.begin_host().await {
        tracing::warn!(%error, "the Sparkplug host could not say that it is online");
    }
}

/// Lets HTTP clients in, with and without TLS, whose files are watched from now on.
fn serve_http(
    server: HttpServer,
    http: Option<TcpListener>,
    https: Option<TcpListener>,
    tls: Option<Tls>,
    entrances: &Supervisor,
) {
    if let Some(https) = https {
        entrances.spawn("https", server.clone().serve(https, tls.clone()));
    }
    if let Some(http) = http {
        entrances.spawn("http", server.serve(http, None));
    }
    if let Some(tls) = tls {
        let stop = entrances.clone();
        entrances.spawn("tls files", async move {
            tls.watch(&stop).await;
            Ok::<_, Infallible>(())
        });
    }
}

/// Tells MQTT clients that the server is not there yet, once it has been waited for long enough.
async fn tell_unready(
    tcp: &Listener,
    tls: Option<&Listener>,
    supervisor: &Supervisor,
) -> Infallible {
    tokio::time::sleep(http::PATIENCE).await;
    let tls = async {
        match tls {
            Some(tls) => tls.tell_unready(supervisor).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        never = tcp.tell_unready(supervisor) => never,
        never = tls => never,
    }
}

/// Opens the journal, and compares it with the database, where that is there: what clients bring to
/// one that does not fit would be lost.
async fn open_fitting_journal(
    config: &Config,
    data_dir: &DataDir,
    store: &Store,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<(Journal, JournalWriter)> {
    let opened = open_journal(config, data_dir, store, metrics).await;
    let opened = Box::pin(damage::explain(opened, store)).await?;
    super::database::greet(store).await?;
    if store.is_ready() {
        mirror::compare(&opened.0, store)?;
    }
    Ok(opened)
}

/// Opens the journal. A new one begins where the database ends, so that a `seq` is never given
/// twice; for that the database is waited for, once.
async fn open_journal(
    config: &Config,
    data_dir: &DataDir,
    store: &Store,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<(Journal, JournalWriter)> {
    let (dir, disk) = (data_dir.journal(), Arc::new(LocalDisk));
    let first = if Journal::exists(&dir, &*disk).context("look for the journal")? {
        Offset(1)
    } else {
        super::database::prepare(store).await?;
        store
            .mirrored()
            .map_or(Offset(1), |mirrored| mirrored.cursor.next)
    };
    let options = JournalOptions {
        first,
        ..JournalOptions::from(config)
    };
    Journal::open(&dir, options, disk, Arc::clone(metrics)).context("open the journal")
}
