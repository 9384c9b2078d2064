//! The server waits for its database, and nobody waits for the server without a word.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::json;

use crate::support::commands::{curl, run, unspool};
use crate::support::proxy::Proxy;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

/// An address that was free a moment ago.
fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address")
}

#[test]
fn a_first_start_without_its_database_answers_on_every_port() {
    let other = Settings::default().start();
    let proxy = Proxy::start(other.socket_dir());
    proxy.go_away();
    let (mqtt, http) = (free(), free());
    let starting = Settings::default()
        .set("UNSPOOL_MQTT_LISTEN", &mqtt.to_string())
        .set("UNSPOOL_HTTP_LISTEN", &http.to_string())
        .expect_in_log("database")
        .on_database_of(&other, &proxy)
        .begin();
    let status = |path: &str| {
        let url = format!("http://{http}{path}");
        run(
            "curl",
            &[
                "-sS",
                "--retry",
                "9",
                "--retry-connrefused",
                "--retry-max-time",
                "1",
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}",
                "--max-time",
                "10",
                &url,
            ],
        )
    };
    assert_eq!(status("/healthz/live"), "200");
    assert_eq!(status("/metrics"), "200");
    for path in ["/healthz/ready", "/", "/api/v1/status", "/mqtt"] {
        assert_eq!(status(path), "503", "{path}");
    }
    // MQTT 3.1.1 and 5.0 are told "Server unavailable".
    for (version, answer) in [(4_u8, &[0x20, 2, 0, 3][..]), (5, &[0x20, 3, 0, 0x88, 0])] {
        let mut connect = vec![0x10, 0, 0, 4, b'M', b'Q', b'T', b'T', version, 2, 0, 60];
        if version == 5 {
            connect.push(0);
        }
        connect.extend([0, 1, b'x']);
        connect[1] = u8::try_from(connect.len() - 2).expect("short");
        let mut socket = TcpStream::connect(mqtt).expect("connect");
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a deadline");
        socket.write_all(&connect).expect("write");
        let mut told = Vec::new();
        socket.read_to_end(&mut told).expect("an answer");
        assert_eq!(told, answer);
    }
    proxy.come_back();
    let server = starting.ready();
    server.publish(&["-q", "1", "-t", "late", "-m", "1"]);
    server.wait_until_mirrored();
    eventually("it is stored", || {
        (curl(&server.url("/api/v1/ledger"))["stored"] == json!(1)).then_some(())
    });
}

#[test]
fn health_finds_the_server_of_its_data_directory_whatever_flags_that_has() {
    let mut server = Settings::default().start();
    let data = server.data_dir();
    let ask = || {
        unspool()
            .arg("health")
            .arg("--data-dir")
            .arg(&data)
            .output()
            .expect("ask")
    };
    let output = ask();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.contains("ready"), "{told}");
    assert_eq!(server.stop(), Some(0));
    assert!(!data.join("http.address").exists());
}
