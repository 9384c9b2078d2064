//! The `unspool` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use unspool::config::{Config, Options};
use unspool::server;

/// Messages are allocated by one thread and freed by another, which glibc's allocator answers with
/// holes: see ARCHITECTURE.md, "Who has a thread of its own".
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// An MQTT broker that remembers: every message durable, in PostgreSQL, over REST and WebSocket,
/// on a dashboard.
#[derive(Parser)]
#[command(name = "unspool", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server until SIGINT or SIGTERM
    Serve(Box<Options>),
    /// Bring the schema of the database up to date, and end
    Migrate {
        #[command(flatten)]
        options: Box<Options>,
        /// Move history to hypertables of TimescaleDB, too: beside a server that runs, and from where
        /// it was when it is broken off
        #[arg(long)]
        to_timescale: bool,
    },
    /// Check what the server needs (database, data directory, addresses), and say what is missing
    Doctor(Box<Options>),
    /// Ask a running server whether it is ready: exit code 0 if it is (for container probes)
    Health(Box<Options>),
    /// Add, change and remove accounts; a running server takes that up within a second
    #[command(subcommand)]
    Account(server::AccountCommand),
    /// Issue and revoke API tokens; a running server takes that up within a second
    #[command(subcommand)]
    Token(server::TokenCommand),
    /// Print the OpenAPI document of the REST interface
    Openapi,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("unspool: {}", server::told(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(options) => with_server(*options, server::serve),
        Command::Migrate {
            options,
            to_timescale: false,
        } => with_server(*options, server::migrate),
        Command::Migrate { options, .. } => with_server(*options, server::migrate_to_timescale),
        Command::Doctor(options) => with_server(*options, server::doctor),
        Command::Health(options) => with_server(*options, server::health),
        Command::Account(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Openapi => {
            println!("{}", unspool::api::openapi_json()?);
            Ok(())
        }
    }
}

/// Runs what needs the configuration, a log and the runtime.
fn with_server<F: Future<Output = anyhow::Result<()>>>(
    options: Options,
    job: impl FnOnce(Config) -> F,
) -> anyhow::Result<()> {
    let config = options.resolve()?;
    server::log_to_stderr(&config.log, config.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(job(config))
}
