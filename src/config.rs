//! Every option once: its name, its default and its help. A flag goes before the environment,
//! the environment before the file, the file before the default.

mod choices;
mod defaults;
mod environment;
mod file;
mod help;
mod listen;
mod proxies;
mod secret;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

pub use choices::{ClientAccount, LogFormat};
pub use environment::{UnknownVariable, unknown_variables};
pub use file::{FileError, parse_toml, place, read_secret};
pub use listen::Listen;
pub use proxies::{Networks, PublicUrl};
pub use secret::Secret;

use help::{help, with_unit};

/// Why the configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(transparent)]
    File(#[from] FileError),
    /// Options that do not go together.
    #[error("{0}")]
    Conflict(String),
}

/// Declares the options: [`Options`] as they are given, [`Config`] as they are in force.
macro_rules! options {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty, $env:literal, $default:expr;)+) => {
        /// The options as they were given, on the command line and in the environment, or in the
        /// file; what is absent was not given.
        #[derive(Debug, Clone, Default, clap::Args, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Options {
            /// A TOML file with any of these options, named as the flags with underscores
            #[arg(long, env = "UNSPOOL_CONFIG", value_name = "FILE")]
            #[serde(skip)]
            pub config: Option<PathBuf>,
            /// What the file says of the messages on topics, each one `Rule`.
            #[arg(skip)]
            #[serde(default)]
            pub rule: Vec<toml::Table>,
            $($(#[doc = $doc])+
            #[arg(
                long,
                env = $env,
                hide_env_values = true,
                help = help(&[$($doc),+], <$type as InForce>::told(&($default), stringify!($name))),
            )]
            pub $name: Option<$type>,)+
        }

        /// The options in force.
        #[derive(Debug, Clone)]
        pub struct Config {
            /// The rules that the file declares, each one `Rule`.
            pub rules: Vec<toml::Table>,
            $($(#[doc = $doc])+
            pub $name: <$type as InForce>::Type,)+
        }

        /// The variables of the environment that are options.
        const VARIABLES: &[&str] = &["UNSPOOL_CONFIG", $($env),+];

        impl Options {
            fn over(self, file: Self) -> Config {
                Config { rules: file.rule, $($name: <$type as InForce>::in_force(self.$name.or(file.$name), $default),)+ }
            }
        }
    };
}

/// An option with a default is a plain value when in force; one without stays optional.
pub trait InForce: Sized {
    /// As it is in force.
    type Type;
    /// What a default is given as.
    type Default;
    /// What is in force where `given` was given.
    fn in_force(given: Option<Self>, default: Self::Default) -> Self::Type;
    /// How the help tells the default of the option `name`, if there is one.
    fn told(default: &Self::Default, name: &str) -> Option<String>;
}

macro_rules! with_default {
    ($($type:ty),+) => {
        $(impl InForce for $type {
            type Type = $type;
            type Default = $type;
            fn in_force(given: Option<Self>, default: Self) -> Self {
                given.unwrap_or(default)
            }
            fn told(default: &Self, name: &str) -> Option<String> {
                Some(with_unit(&default.to_string(), name))
            }
        })+
    };
}
with_default!(
    bool,
    u16,
    u32,
    u64,
    usize,
    SocketAddr,
    String,
    Listen,
    LogFormat,
    ClientAccount
);

/// Given or not: there is no default.
macro_rules! without_default {
    ($($type:ident($inner:ty)),+) => {
        $(
            /// An option that may be absent.
            #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
            #[serde(transparent)]
            pub struct $type(pub $inner);

            impl std::str::FromStr for $type {
                type Err = <$inner as std::str::FromStr>::Err;
                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    text.parse().map(Self)
                }
            }

            impl InForce for $type {
                type Type = Option<$inner>;
                type Default = ();
                fn in_force(given: Option<Self>, (): ()) -> Option<$inner> {
                    given.map(|given| given.0)
                }
                fn told((): &(), _: &str) -> Option<String> {
                    None
                }
            }
        )+
    };
}
without_default!(
    Address(SocketAddr),
    Choice(bool),
    Days(u32),
    Bytes(u64),
    File(PathBuf),
    Text(String),
    Url(PublicUrl),
    Proxies(Networks)
);

impl InForce for Secret {
    type Type = Option<Self>;
    type Default = ();
    fn in_force(given: Option<Self>, (): ()) -> Option<Self> {
        given
    }
    fn told((): &(), _: &str) -> Option<String> {
        None
    }
}

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The least that all MQTT clients together need: a large CONNECT may come from a stranger.
const CLIENTS_BYTES_MIN: usize = 4 << 20;

/// The longest name of a Sparkplug host, in bytes.
const HOST_ID_BYTES_MAX: usize = 1024;

/// For how many days history may be kept: up to a hundred years.
const KEEP_DAYS: std::ops::RangeInclusive<u32> = 1..=36_500;

/// The least that history may take: the tables alone need some of it.
const KEEP_BYTES_MIN: u64 = 64 * MIB;

/// The loopback address, where nobody from outside can come in.
const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

options! {
    /// Where MQTT is listened for; port 0 takes a free one
    mqtt_listen: SocketAddr, "UNSPOOL_MQTT_LISTEN", loopback(1883);
    /// Where MQTT over TLS is listened for, if anywhere; needs --tls-cert and --tls-key
    mqtts_listen: Address, "UNSPOOL_MQTTS_LISTEN", ();
    /// Where HTTP is listened for: REST, live streams, dashboard, metrics, probes, MQTT over
    /// WebSocket at /mqtt; `off` where none of it is wanted, or --https-listen has it
    http_listen: Listen, "UNSPOOL_HTTP_LISTEN", Listen(Some(loopback(8080)));
    /// Where HTTPS is listened for, if anywhere: the same as at --http-listen, over TLS; needs
    /// --tls-cert and --tls-key
    https_listen: Address, "UNSPOOL_HTTPS_LISTEN", ();
    /// The names by which this server is reached over HTTP beside localhost, the machine's own
    /// name and addresses, separated by commas: those of proxies before it, with the port that
    /// browsers see, if any. `*` takes any, and with it whatever page somebody has open here
    allowed_hosts: Text, "UNSPOOL_ALLOWED_HOSTS", ();
    /// Where people reach the dashboard, such as `https://unspool.example`: what pages come from
    /// there are the server's own, and with https cookies go over TLS only
    public_url: Url, "UNSPOOL_PUBLIC_URL", ();
    /// The addresses or networks (`10.0.0.0/8`) of the proxies before this server, separated by
    /// commas: only theirs are X-Forwarded-For, X-Forwarded-Host and X-Forwarded-Proto believed
    trusted_proxies: Proxies, "UNSPOOL_TRUSTED_PROXIES", ();
    /// Where the journal, the broker's state and the embedded database live
    data_dir: String, "UNSPOOL_DATA_DIR", "./unspool-data".into();
    /// The PostgreSQL to mirror into, such as `postgres://user:password@host/database`; without it
    /// the server runs one of its own, under the data directory
    database_url: Secret, "UNSPOOL_DATABASE_URL", ();
    /// A file whose first line is the database URL: what stands on the command line or in the
    /// environment can be seen by others on the machine
    database_url_file: File, "UNSPOOL_DATABASE_URL_FILE", ();
    /// A file whose first line is the password for the database, if it is not in the URL
    database_password_file: File, "UNSPOOL_DATABASE_PASSWORD_FILE", ();
    /// The folder of PostgreSQL's server programs, for the embedded database, where they are not
    /// to be looked for
    pg_bin: File, "UNSPOOL_PG_BIN", ();
    /// Where the embedded database is listened for, if anywhere, for SQL readers such as Grafana
    /// (`unspool account add --sql-reader`); their connections are not encrypted
    database_listen: Address, "UNSPOOL_DATABASE_LISTEN", ();
    /// Log filter, such as debug or `unspool::mqtt=trace`
    log: String, "UNSPOOL_LOG", "info,sqlx=error".into();
    /// Log format
    log_format: LogFormat, "UNSPOOL_LOG_FORMAT", LogFormat::Text;
    /// The server's certificate chain, PEM, its own certificate first. This and the other files of
    /// TLS are read again when they change
    tls_cert: File, "UNSPOOL_TLS_CERT", ();
    /// The key of the server's certificate, PEM
    tls_key: File, "UNSPOOL_TLS_KEY", ();
    /// Certificate authorities, PEM; where given, clients over TLS are asked for a certificate that
    /// one of them signed
    tls_client_ca: File, "UNSPOOL_TLS_CLIENT_CA", ();
    /// Revocation lists of these authorities, PEM: a certificate that is on one is refused, and its
    /// connections are cut
    tls_client_crl: File, "UNSPOOL_TLS_CLIENT_CRL", ();
    /// Whether clients without a certificate are sent away, browsers too, where --tls-client-ca is
    /// given; otherwise they have to sign in by something else
    tls_client_required: bool, "UNSPOOL_TLS_CLIENT_REQUIRED", true;
    /// What of a client's certificate is the name of its account: `cn` its common name, `san` its
    /// Subject Alternative Name, where it has exactly one; then it needs no password
    tls_client_account: ClientAccount, "UNSPOOL_TLS_CLIENT_ACCOUNT", ClientAccount::None;
    /// A TOML file that declares accounts beside those that are administered here; it is read again
    /// when it changes
    accounts_file: File, "UNSPOOL_ACCOUNTS_FILE", ();
    /// A file whose first line becomes the password of the administrator `admin`, where there is no
    /// administrator when the server starts
    admin_password_file: File, "UNSPOOL_ADMIN_PASSWORD_FILE", ();
    /// Let in whoever shows nothing: `true` as an operator, unless an account `anonymous` says
    /// otherwise; `false` never, whatever accounts say. Where it is not given, they come in by an
    /// account `anonymous`, and as long as there has been no account at all
    allow_anonymous: Choice, "UNSPOOL_ALLOW_ANONYMOUS", ();
    /// The largest MQTT packet that is taken, in bytes
    packet_bytes_max: u32, "UNSPOOL_PACKET_BYTES_MAX", 16 << 20;
    /// How many clients may be connected at once
    connections_max: usize, "UNSPOOL_CONNECTIONS_MAX", 20_000;
    /// How many HTTP connections there may be at once, those of WebSocket included; beyond it those
    /// that have been idle for longest are closed
    http_connections_max: usize, "UNSPOOL_HTTP_CONNECTIONS_MAX", 4000;
    /// How many connections are accepted in a second
    connect_rate_max: u32, "UNSPOOL_CONNECT_RATE_MAX", 5000;
    /// How many unacknowledged QoS 1 and 2 messages are taken from one client at a time: the
    /// MQTT 5 Receive Maximum
    receive_maximum: u16, "UNSPOOL_RECEIVE_MAXIMUM", 1000;
    /// How many unacknowledged QoS 1 and 2 messages are sent to one client at a time, unless it
    /// asks for fewer
    inflight_max: u16, "UNSPOOL_INFLIGHT_MAX", 1000;
    /// How many messages may wait for one session; beyond it the oldest is dropped and counted
    queue_messages_max: usize, "UNSPOOL_QUEUE_MESSAGES_MAX", 1_000_000;
    /// How many bytes of messages wait in memory for one client; beyond it QoS 0 is dropped and
    /// counted, and QoS 1 and 2 are read from the journal again when their turn comes
    queue_bytes_max: usize, "UNSPOOL_QUEUE_BYTES_MAX", 4 << 20;
    /// How many bytes all MQTT clients together may make the server hold: packets that are not all
    /// there yet, Wills, subscriptions, messages that wait, messages in memory and what is to be
    /// written. Beyond it a packet waits and then ends its connection, a Will or a subscription is
    /// refused, a queue drops its oldest message, QoS 0 is dropped, and QoS 1 and 2 wait in the
    /// journal; each is counted
    clients_bytes_max: usize, "UNSPOOL_CLIENTS_BYTES_MAX", 256 << 20;
    /// How many bytes of those of all the session of one MQTT client may take: its subscriptions,
    /// and the messages that wait for it
    client_bytes_max: usize, "UNSPOOL_CLIENT_BYTES_MAX", 32 << 20;
    /// How long an MQTT packet may take from its first byte to its last, in seconds; a second more
    /// for each 256 KiB of it
    packet_timeout_s: u32, "UNSPOOL_PACKET_TIMEOUT_S", 30;
    /// How many subscriptions one client may have
    subscriptions_max: usize, "UNSPOOL_SUBSCRIPTIONS_MAX", 20_000;
    /// The longest time for which a disconnected client's session is kept, in seconds
    session_expiry_max_s: u32, "UNSPOOL_SESSION_EXPIRY_MAX_S", 7 * 24 * 3600;
    /// The longest Keep Alive for a client of MQTT 5.0 that asks for one, in seconds: one that has
    /// vanished is noticed, and its Will published, after one and a half times as long. 0 leaves
    /// it to the clients, as it always is before 5.0
    keep_alive_max_s: u16, "UNSPOOL_KEEP_ALIVE_MAX_S", 60;
    /// How many topics may have a retained message
    retained_max: usize, "UNSPOOL_RETAINED_MAX", 1_000_000;
    /// How many bytes of retained messages are kept in memory; beyond it, and beyond the number of
    /// topics, new ones are refused where the client can be told, and else not retained
    retained_bytes_max: usize, "UNSPOOL_RETAINED_BYTES_MAX", 1 << 30;
    /// How long a client that was connected when the server went down may take to come back,
    /// before its Will is published, in seconds
    will_grace_s: u32, "UNSPOOL_WILL_GRACE_S", 30;
    /// How long a connected member of a shared subscription may leave a QoS 1 message
    /// unacknowledged, before another member gets it, in seconds
    share_silence_s: u32, "UNSPOOL_SHARE_SILENCE_S", 20;
    /// The name by which this server is a host application of Sparkplug B, such as the primary host
    /// that edge nodes wait for: it says on `spBv1.0/STATE/` and this name that it is online, and
    /// asks edge nodes to be born again where something of their births is missing; without it, it
    /// only listens
    sparkplug_host_id: Text, "UNSPOOL_SPARKPLUG_HOST_ID", ();
    /// How long a message of a Sparkplug edge node may come after one that was sent behind it, in
    /// milliseconds, before it counts as missing
    sparkplug_reorder_ms: u32, "UNSPOOL_SPARKPLUG_REORDER_MS", 2000;
    /// How large a file of the journal grows, in bytes
    journal_segment_bytes: u64, "UNSPOOL_JOURNAL_SEGMENT_BYTES", 64 * MIB;
    /// How large the journal may grow while the database is away, in bytes; then publishers wait
    journal_bytes_max: u64, "UNSPOOL_JOURNAL_BYTES_MAX", 16 * GIB;
    /// How many bytes the journal leaves free on its disk
    journal_free_bytes_min: u64, "UNSPOOL_JOURNAL_FREE_BYTES_MIN", 256 * MIB;
    /// How many bytes of the journal are kept after they are in the database, for live readers
    /// that fell behind
    journal_keep_bytes: u64, "UNSPOOL_JOURNAL_KEEP_BYTES", 256 * MIB;
    /// How many topics are kept apart in the database; messages on further ones become dead
    /// letters. The last tenth is for clients that have brought few
    topics_max: usize, "UNSPOOL_TOPICS_MAX", 500_000;
    /// How many days history is kept where no rule says something else; for ever where it is not
    /// given
    keep_days: Days, "UNSPOOL_KEEP_DAYS", ();
    /// How many bytes all history may take on the database's disk: beyond it the oldest goes, that
    /// of which a rule says how long it is kept last. Leave room beside it for the write-ahead log
    keep_bytes: Bytes, "UNSPOOL_KEEP_BYTES", ();
    /// How many days rollups of samples are kept, what they come to by minute, hour and day, where no
    /// rule says something else; as long as everything else where it is not given
    keep_rollups_days: Days, "UNSPOOL_KEEP_ROLLUPS_DAYS", ();
    /// How many series one topic may have, where no rule says something else; the values of further
    /// ones stay in the payload, with a dead letter that says so
    series_max: usize, "UNSPOOL_SERIES_MAX", 2_000;
    /// How many bytes the names of all topics and the paths of their series may come to, in memory
    /// and in the database each; the last tenth is for clients that have brought little
    names_bytes_max: usize, "UNSPOOL_NAMES_BYTES_MAX", 512 << 20;
    /// How long stopping may take, in seconds, before the rest is left to the journal
    shutdown_timeout_s: u64, "UNSPOOL_SHUTDOWN_TIMEOUT_S", 10;
}

impl Options {
    /// Reads the configuration file: for commands that need no more than where things are.
    pub fn in_force(self) -> Result<Config, ConfigError> {
        let file = match &self.config {
            Some(path) => file::read_toml(path)?,
            None => Self::default(),
        };
        Ok(self.over(file))
    }

    /// Reads the files that are named, and checks that the options go together.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        let mut config = self.in_force()?;
        config.check()?;
        config.read_secrets()?;
        Ok(config)
    }
}

impl Config {
    /// A listener that others than this machine reach, if there is one.
    pub fn reachable(&self) -> Option<(&'static str, SocketAddr)> {
        let listeners = [
            ("mqtt_listen", Some(self.mqtt_listen)),
            ("mqtts_listen", self.mqtts_listen),
            ("http_listen", self.http_listen.0),
            ("https_listen", self.https_listen),
        ];
        let listeners = listeners.into_iter();
        let mut listeners = listeners.filter_map(|(name, address)| Some((name, address?)));
        listeners.find(|(_, address)| !address.ip().is_loopback())
    }

    fn check(&self) -> Result<(), ConfigError> {
        let conflict = |why: String| Err(ConfigError::Conflict(why));
        if self.database_url.is_some() && self.database_url_file.is_some() {
            return conflict(
                "database_url and database_url_file are both given: which one?".into(),
            );
        }
        if self.database_password_file.is_some()
            && self.database_url.is_none()
            && self.database_url_file.is_none()
        {
            return conflict("database_password_file needs database_url".into());
        }
        let is_external = self.database_url.is_some() || self.database_url_file.is_some();
        if self.database_listen.is_some() && is_external {
            return conflict("database_listen is for the embedded database".into());
        }
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return conflict("tls_cert and tls_key go together: one of them is missing".into());
        }
        let secured = [
            ("mqtts_listen", self.mqtts_listen),
            ("https_listen", self.https_listen),
        ];
        for (name, address) in secured {
            if address.is_some() && self.tls_cert.is_none() {
                return conflict(format!("{name} needs tls_cert and tls_key"));
            }
        }
        if self.tls_client_ca.is_none()
            && (self.tls_client_crl.is_some() || self.tls_client_account != ClientAccount::None)
        {
            return conflict("tls_client_crl and tls_client_account need tls_client_ca".into());
        }
        if self.connections_max == 0 || self.http_connections_max == 0 {
            return conflict("connections_max and http_connections_max must be at least 1".into());
        }
        let clients_bytes_min = CLIENTS_BYTES_MIN
            .max(2 * self.client_bytes_max)
            .max(2 * self.packet_bytes_max as usize);
        if self.clients_bytes_max < clients_bytes_min {
            return conflict(format!(
                "clients_bytes_max must be at least 4 MiB, twice packet_bytes_max and twice \
                 client_bytes_max: \
                 {clients_bytes_min}"
            ));
        }
        let days = [self.keep_days, self.keep_rollups_days];
        if days.iter().flatten().any(|days| !KEEP_DAYS.contains(days))
            || self.keep_bytes.is_some_and(|bytes| bytes < KEEP_BYTES_MIN)
        {
            return conflict(format!(
                "keep_days and keep_rollups_days must be from {} to {}, and keep_bytes at least \
                 {KEEP_BYTES_MIN}",
                KEEP_DAYS.start(),
                KEEP_DAYS.end()
            ));
        }
        if self.receive_maximum == 0 || self.inflight_max == 0 {
            return conflict("receive_maximum and inflight_max must be at least 1".into());
        }
        if let Some(id) = &self.sparkplug_host_id
            && (id.is_empty() || id.len() > HOST_ID_BYTES_MAX || id.contains(['/', '+', '#', '\0']))
        {
            return conflict(format!(
                "sparkplug_host_id is one level of a topic: 1 to {HOST_ID_BYTES_MAX} bytes without \
                 '/', '+' and '#'"
            ));
        }
        if self.journal_segment_bytes < MIB
            || self.journal_bytes_max < 4 * self.journal_segment_bytes
        {
            return conflict(
                "journal_segment_bytes must be at least 1 MiB, and journal_bytes_max four times \
                 that"
                    .into(),
            );
        }
        Ok(())
    }

    /// Takes the database's URL and password from their files.
    fn read_secrets(&mut self) -> Result<(), FileError> {
        if let Some(path) = &self.database_url_file {
            let url = file::read_secret("the file of the database URL", path)?;
            self.database_url = Some(url);
        }
        if let Some(path) = &self.database_password_file
            && let Some(url) = &self.database_url
        {
            let password = file::read_secret("the file of the database's password", path)?;
            self.database_url = Some(with_password(url, &password));
        }
        Ok(())
    }
}

/// The URL of a database with this password, as one of its parameters, which go before what the
/// URL has otherwise.
fn with_password(url: &Secret, password: &Secret) -> Secret {
    let url = url.reveal();
    let parameter: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("password", password.reveal())
        .finish();
    // A space may be a plus sign in a form only.
    let parameter = parameter.replace('+', "%20");
    let separator = if url.contains('?') { '&' } else { '?' };
    Secret::from(format!("{url}{separator}{parameter}"))
}
