//! Programs that a user has at hand, and our own.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::container::Container;

const PROGRAM: &str = env!("CARGO_BIN_EXE_unspool");

/// The server's command with nothing of this process's own `UNSPOOL_*` environment.
pub fn unspool() -> Command {
    without_our_environment(Command::new(PROGRAM))
}

/// The same, inside a container.
pub fn unspool_in(container: &Container) -> Command {
    without_our_environment(container.command(PROGRAM))
}

fn without_our_environment(mut command: Command) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("UNSPOOL_")) {
        command.env_remove(name);
    }
    command
}

/// The same, with no more open files than these.
pub fn unspool_with_files(files: u64) -> Command {
    let mut command = Command::new("prlimit");
    command
        .arg(format!("--nofile={files}:{files}"))
        .arg(PROGRAM);
    without_our_environment(command)
}

/// `unspool …` on the data directory `data`, with `input` at its standard input.
pub fn command(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = unspool()
        .args(arguments)
        .env("UNSPOOL_DATA_DIR", data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start the command");
    let mut stdin = child.stdin.take().expect("a pipe");
    // One that reads nothing may have ended.
    stdin.write_all(input.as_bytes()).ok();
    drop(stdin);
    child.wait_with_output().expect("wait for the command")
}

/// What a command that must succeed says.
pub fn told(data: &Path, arguments: &[&str], input: &str) -> String {
    let output = command(data, arguments, input);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
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

/// Sends a signal by its name without `SIG`. The process may have ended just now.
pub fn signal(process: &str, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), process])
        .output();
    assert!(sent.is_ok(), "kill is not installed");
}
