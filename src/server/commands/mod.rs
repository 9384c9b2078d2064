//! The commands on accounts and tokens. They work on the files of the data directory, whether a
//! server runs there or not.

mod account;
mod mosquitto;
mod password;
mod permitted;
mod sql_reader;
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use crate::auth::{Actor, ActorFrom, Auth};
use crate::config::{Options, Secret};
use crate::metrics::Metrics;

pub use account::AccountCommand;
pub use token::TokenCommand;

/// Where the accounts are.
#[derive(Debug, clap::Args)]
pub struct Location {
    /// A TOML file with the server's options
    #[arg(long, env = "UNSPOOL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the server keeps its data
    #[arg(long, env = "UNSPOOL_DATA_DIR", value_name = "DIR")]
    data_dir: Option<String>,
    /// The file that declares accounts beside those of the data directory, if there is one
    #[arg(long, env = "UNSPOOL_ACCOUNTS_FILE", value_name = "FILE")]
    accounts_file: Option<PathBuf>,
    /// The file with the URL of the database, where it is another one than the embedded one; needed
    /// for --sql-reader alone
    #[arg(long, env = "UNSPOOL_DATABASE_URL_FILE", value_name = "FILE")]
    database_url_file: Option<PathBuf>,
}

impl Location {
    fn options(self) -> Options {
        Options {
            config: self.config,
            data_dir: self.data_dir,
            accounts_file: self.accounts_file.map(crate::config::File),
            database_url_file: self.database_url_file.map(crate::config::File),
            database_url: std::env::var("UNSPOOL_DATABASE_URL").ok().map(Secret::from),
            ..Options::default()
        }
    }
}

/// The accounts, and who changes them.
struct Workplace {
    auth: Auth,
    by: Actor,
    runtime: tokio::runtime::Runtime,
}

impl Workplace {
    fn open(location: Location) -> anyhow::Result<Self> {
        let config = location.options().in_force()?;
        let dir = super::data_dir::made(&config.data_dir)?;
        let auth = super::admission::read(&config, &dir, &Arc::<Metrics>::default())?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self {
            auth,
            by: user(),
            runtime,
        })
    }
}

/// Who gives the command. The names are what the environment says, the number is the system's.
fn user() -> Actor {
    let uid = rustix::process::getuid().as_raw();
    let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    let name = named("SUDO_USER").or_else(|| named("USER"));
    Actor {
        name: name.unwrap_or_else(|| format!("uid {uid}")).into(),
        from: ActorFrom::Cli { uid },
    }
}
