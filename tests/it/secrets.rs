//! What others on the machine must not see, and must not be able to fake.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::commands::{run, unspool};
use crate::support::raw;
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::{DEADLINE, eventually};

const URL: &str = "postgres://plant:h7q@127.0.0.1:1/plant";

/// What a command says, on both of its outputs.
fn said(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = unspool()
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .expect("start the command");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn the_databases_password_is_shown_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("unspool.toml");
    let file = file.to_str().expect("UTF-8");
    let data = folder.path().join("data");
    let data = data.to_str().expect("UTF-8");
    let environment = [("UNSPOOL_DATABASE_URL", URL)];
    let help = said(&["serve", "--help"], &environment);
    assert!(help.contains("UNSPOOL_DATABASE_URL"), "{help}");
    let mut told = vec![help];
    for text in [
        format!("database_url = {URL}"),
        format!("database_url = [\"{URL}\"]"),
        format!("database_url = \"{URL}"),
        format!("database_urll = \"{URL}\""),
    ] {
        std::fs::write(file, text).expect("write");
        told.push(said(&["serve", "--config", file], &[]));
    }
    told.push(said(&["doctor", "--data-dir", data], &environment));
    for (from, to) in [("h7q", "h7q/x"), ("h7q", "h7q#x"), ("postgres:", "mysql:")] {
        let url = URL.replace(from, to);
        told.push(said(
            &["serve", "--data-dir", data],
            &[("UNSPOOL_DATABASE_URL", &url)],
        ));
    }
    for text in told {
        assert!(!text.is_empty() && !text.contains("h7q"), "{text}");
    }
}

#[test]
fn a_mistyped_variable_is_told_with_the_option_that_was_meant() {
    let server = Settings::default()
        .set("UNSPOOL_INFLIGT_MAX", "7")
        .set("UNSPOOL_SERVICE_HOST", "10.0.0.7")
        .expect_in_log("UNSPOOL_INFLIGT_MAX")
        .start();
    let log = server.log_text();
    assert!(log.contains("UNSPOOL_INFLIGHT_MAX"), "{log}");
    assert!(!log.contains("SERVICE_HOST"), "{log}");
}

/// The modes of everything below `folder`.
fn open_to_others(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let Ok(about) = path.symlink_metadata() else {
            continue;
        };
        let mode = about.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            found.push(format!("{mode:o} {}", path.display()));
        }
        if about.is_dir() && mode & 0o077 != 0 {
            open_to_others(&path, found);
        }
    }
}

#[test]
fn nobody_else_on_the_machine_can_read_what_is_stored() {
    let server = Settings::default().on_new_data().start();
    server.publish(&["-q", "1", "-r", "-t", "a/b", "-m", "1"]);
    let data = server.data_dir();
    let mode = data.metadata().expect("a folder").permissions().mode() & 0o777;
    // As root, PostgreSQL runs as another user, who has to get through.
    assert!(matches!(mode, 0o700 | 0o711), "{mode:o}");
    let mut found = Vec::new();
    open_to_others(&data, &mut found);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn an_older_servers_folders_are_closed_at_the_next_start() {
    let mut server = Server::start();
    assert_eq!(server.stop(), Some(0));
    for name in ["journal", "broker"] {
        let folder = server.data_dir().join(name);
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder, open).expect("open a folder");
    }
    let server = server.restart();
    for name in ["journal", "broker"] {
        let folder = server.data_dir().join(name);
        let mode = folder.metadata().expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{name}");
    }
}

#[test]
fn a_client_can_not_write_lines_into_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = unspool()
        .args([
            "serve",
            "--http-listen",
            "127.0.0.1:0",
            "--mqtt-listen",
            "127.0.0.1:0",
        ])
        .args(["--log", "debug", "--log-format", "text", "--data-dir"])
        .arg(folder.path().join("data"))
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.path().join("log")).expect("a file"))
        .spawn()
        .expect("start the server");
    let log = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    let address = |protocol: &str| {
        eventually("the server listens", || {
            let log = log();
            let line = log.lines().find(|line| {
                line.contains("listening") && line.contains(&format!("protocol=\"{protocol}\""))
            })?;
            let (_, address) = line.split_once("address=127.0.0.1:")?;
            address.split_whitespace().next()?.parse::<u16>().ok()
        })
    };
    let forged = "x\nERROR forged \u{1b}[2J\u{202e}";
    let mut socket = TcpStream::connect(("127.0.0.1", address("mqtt"))).expect("connect");
    socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    let mut packets = raw::connect(forged, true, 60);
    packets.extend(raw::publish(forged, 1, 1, forged.as_bytes(), false));
    socket.write_all(&packets).expect("write");
    // Taken or refused, it has been read.
    let mut answer = [0; 4];
    socket.read_exact(&mut answer).ok();
    drop(socket);
    let url = format!(
        "http://127.0.0.1:{}/api/v1/messages?filter=a%0AERROR+forged",
        address("http")
    );
    run("curl", &["-sS", &url]);
    run("kill", &["-TERM", &child.id().to_string()]);
    assert!(child.wait().expect("wait for the server").success());
    let log = log();
    assert!(log.contains("stopped"), "{log}");
    assert!(!log.lines().any(|line| line.starts_with("ERROR")), "{log}");
    assert!(!log.contains(['\u{1b}', '\u{202e}', '\r']), "{log}");
}
