//! The `unspool` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use unspool::config::{LogFormat, Options};
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
    let options = match command {
        Command::Openapi => {
            println!("{}", unspool::api::openapi_json()?);
            return Ok(());
        }
        Command::Serve(ref options)
        | Command::Migrate(ref options)
        | Command::Doctor(ref options)
        | Command::Health(ref options) => options.as_ref().clone(),
    };
    let config = options.resolve()?;
    log_to_stderr(&config.log, config.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(_) => server::serve(config).await,
            Command::Migrate(_) => server::migrate(&config).await,
            Command::Doctor(_) => server::doctor(&config).await,
            Command::Health(_) => server::health(&config).await,
            Command::Openapi => Ok(()),
        }
    })
}

/// Sends log lines to standard error, as many as `filter` lets through.
fn log_to_stderr(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .map_err(|error| anyhow::anyhow!("the log filter \"{filter}\" is wrong: {error}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
