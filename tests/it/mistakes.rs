//! What can be wrong from outside: each mistake gets a clear answer, and nothing else notices.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;

use crate::support::commands::{curl, run, unspool};
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::DEADLINE;

/// Status, type and detail of a problem.
fn problem(url: &str) -> (u64, String, String) {
    let problem = curl(url);
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (
        problem["status"].as_u64().unwrap_or_default(),
        text("type"),
        text("detail"),
    )
}

#[test]
fn a_wrong_query_is_told_what_and_where() {
    let server = Server::start();
    for (query, status, names) in [
        ("messages?filter=a/%23/b", 400, "filter"),
        ("messages?filter=%23&from=someday", 400, "from"),
        ("messages?filter=%23&from=now&to=-1h", 400, "from"),
        ("messages?filter=%23&limit=0", 400, "limit"),
        ("messages?filter=%23&cursor=%00", 400, "cursor"),
        ("messages?filter=%23&order=up", 400, "order"),
        ("messages?filtre=%23", 400, "filtre"),
        ("messages/none", 400, "seq"),
        ("messages/99999999", 404, "99999999"),
        ("dead-letters?defect=many", 400, "defect"),
        ("dead-letters?after=7", 400, "after"),
        ("samples?filter=%23&every=soon", 400, "every"),
        ("samples?filter=%23&points=-1", 400, "points"),
        ("latest?filter=a%2B", 400, "filter"),
        ("nothing/here", 404, "no such resource"),
    ] {
        let (told, kind, detail) = problem(&server.url(&format!("/api/v1/{query}")));
        assert_eq!(told, status, "{query}: {detail}");
        assert!(kind.starts_with("/problems/"), "{query}: {kind}");
        assert!(detail.contains(names), "{query}: {detail}");
    }
    let url = server.url("/api/v1/publish?topic=a/%2B");
    let answer = run("curl", &["-sS", "-X", "POST", "-d", "x", &url]);
    assert!(
        answer.contains("/problems/") && answer.contains("topic"),
        "{answer}"
    );
}

#[test]
fn a_broken_packet_ends_only_its_own_connection() {
    let server = Server::start();
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0x10, 0xff, 0xff, 0xff, 0xff, 0x01],
        &[0x00, 0x00],
        &[0x30, 0x02, 0x00, 0x00],
    ] {
        let mut socket = TcpStream::connect(server.mqtt).expect("connect");
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        socket.write_all(bytes).expect("write");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).ok();
    }
    server.publish(&["-q", "2", "-t", "a", "-m", "1"]);
    let metrics = run("curl", &["-sS", &server.url("/metrics")]);
    assert!(
        metrics.contains("unspool_mqtt_refused_total 4"),
        "{metrics}"
    );
}

fn refused(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let Output { status, stderr, .. } = unspool()
        .args([
            "serve",
            "--mqtt-listen",
            "127.0.0.1:0",
            "--http-listen",
            "127.0.0.1:0",
        ])
        .args([
            "--data-dir",
            folder.path().join("data").to_str().expect("UTF-8"),
        ])
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .expect("start the server");
    let told = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!status.success(), "{arguments:?} was taken: {told}");
    assert!(!told.contains("panicked"), "{told}");
    told
}

#[test]
fn a_wrong_configuration_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("unspool.toml");
    std::fs::write(&file, "inflight_max = 10\nmqtt_lisen = \"127.0.0.1:1\"\n").expect("write");
    let file = file.to_str().expect("UTF-8");
    for (arguments, environment, names) in [
        (vec!["--config", file], vec![], "mqtt_lisen"),
        (vec!["--config", "/none.toml"], vec![], "/none.toml"),
        (vec![], vec![("UNSPOOL_INFLIGHT_MAX", "many")], "many"),
        (vec!["--inflight-max", "0"], vec![], "inflight_max"),
        (vec!["--log", "a=b=c"], vec![], "a=b=c"),
        (vec!["--mqtts-listen", "127.0.0.1:0"], vec![], "tls_cert"),
        (vec!["--pg-bin", "/none"], vec![], "/none"),
        (vec!["--database-url", "nonsense"], vec![], "database"),
    ] {
        let told = refused(&arguments, &environment);
        assert!(
            told.contains(names),
            "{arguments:?} {environment:?}: {told}"
        );
    }
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let output = unspool()
        .args([
            "serve",
            "--http-listen",
            "127.0.0.1:0",
            "--mqtt-listen",
            &address,
            "--data-dir",
        ])
        .arg(folder.path().join("data"))
        .output()
        .expect("start the server");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && told.contains(&address),
        "{told}"
    );
}

#[test]
fn a_data_directory_is_one_servers() {
    let server = Settings::default().start();
    let output = unspool()
        .args([
            "serve",
            "--http-listen",
            "127.0.0.1:0",
            "--mqtt-listen",
            "127.0.0.1:0",
        ])
        .arg("--data-dir")
        .arg(server.data_dir())
        .output()
        .expect("start the server");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && told.contains("in use"),
        "{told}"
    );
}

/// What the doctor says of a data directory, and whether it found nothing wrong.
fn doctor(data: &Path) -> (bool, String) {
    let output = unspool()
        .args([
            "doctor",
            "--http-listen",
            "127.0.0.1:0",
            "--mqtt-listen",
            "127.0.0.1:0",
        ])
        .arg("--data-dir")
        .arg(data)
        .output()
        .expect("start the doctor");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), told)
}

#[test]
fn the_doctor_finds_a_healthy_machine_healthy() {
    let folder = tempfile::tempdir().expect("a folder");
    let (is_well, told) = doctor(&folder.path().join("data"));
    assert!(is_well && told.contains("PostgreSQL"), "{told}");
    assert!(told.contains("ok     journal: none yet"), "{told}");
}

#[test]
fn the_doctor_says_how_journal_and_broker_state_are() {
    let mut server = Settings::default().start();
    server.publish(&["-t", "a", "-m", "1", "-q", "1", "-r"]);
    let data = server.data_dir();
    let (is_well, told) = doctor(&data);
    assert!(
        !is_well && told.contains("in use by another server"),
        "{told}"
    );
    assert_eq!(server.stop(), Some(0));

    let (is_well, told) = doctor(&data);
    assert!(is_well, "{told}");
    for line in [
        "ok     journal: records 1 up to before ",
        "ok     broker's state: 0 sessions with 0 messages that wait, 1 retained messages, 0 Wills",
        "ok     history: journal and database fit, up to ",
    ] {
        assert!(told.contains(line), "{told}");
    }

    let state = data.join("broker/broker.redb");
    let bytes = std::fs::read(&state).expect("the state");
    std::fs::write(&state, &bytes[..bytes.len() / 2]).expect("cut it");
    let (is_well, told) = doctor(&data);
    assert!(
        is_well && told.contains("makes it again from the journal"),
        "{told}"
    );
    let cut = std::fs::read(&state).expect("the state");
    assert_eq!(cut, bytes[..bytes.len() / 2], "the doctor changes nothing");
}
