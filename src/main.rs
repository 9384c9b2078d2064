//! The `unspool` command.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use unspool::config::{Config, LogFormat, Options};
use unspool::server;

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
    Migrate(Box<Options>),
    /// Check what the server needs (database, data directory, addresses), and say what is missing
    Doctor(Box<Options>),
    /// Ask a running server whether it is ready: exit code 0 if it is (for container probes)
    Health(Box<Options>),
    /// Print the OpenAPI document of the REST interface
    Openapi,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("unspool: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(options) => with_server(*options, server::serve),
        Command::Migrate(options) => with_server(*options, server::migrate),
        Command::Doctor(options) => with_server(*options, server::doctor),
        Command::Health(options) => with_server(*options, server::health),
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
    log_to_stderr(&config.log, config.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(job(config))
}

/// Sends log lines to standard error, as many as `filter` lets through.
fn log_to_stderr(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .map_err(|error| anyhow::anyhow!("the log filter \"{filter}\" is wrong: {error}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
