//! Clients that strangers wrote: Eclipse Paho, MQTT.js, mosquitto's tools and rumqttc.

use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::certificates::Certificates;
use crate::support::commands::{run, told};
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::{DEADLINE, eventually};

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/venv/bin/python");
const PAHO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/paho/check.py");
const MQTTJS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/clients/mqttjs/check.mjs"
);

/// Runs one of the programs under `tests/clients`, which must find nothing to complain about.
fn check(program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error} (make setup-test installs it)"));
    let lines = String::from_utf8_lossy(&output.stdout);
    let failed: Vec<_> = lines
        .lines()
        .filter(|line| !line.contains(r#""ok":true"#))
        .collect();
    assert!(
        output.status.success(),
        "{}\n{}",
        failed.join("\n"),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A server which takes clients with a certificate over TLS, and the certificates.
fn with_tls(settings: Settings) -> (Server, Certificates) {
    let certificates = Certificates::new();
    let server = settings
        .set("UNSPOOL_MQTTS_LISTEN", "127.0.0.1:0")
        .set("UNSPOOL_TLS_CERT", &certificates.path("server.pem"))
        .set("UNSPOOL_TLS_KEY", &certificates.path("server.key"))
        .set("UNSPOOL_TLS_CLIENT_CA", &certificates.path("ca.pem"))
        .start();
    (server, certificates)
}

#[test]
fn paho_finds_nothing_wrong_over_tcp() {
    let server = Server::start();
    let port = server.mqtt.port().to_string();
    check(PYTHON, &[PAHO, "--host", "127.0.0.1", "--port", &port]);
}

#[test]
fn paho_finds_nothing_wrong_over_tls_with_client_certificates() {
    let (server, certificates) = with_tls(Settings::default());
    let (port, folder) = (Server::port_of(server.mqtts), certificates.path(""));
    check(
        PYTHON,
        &[
            PAHO,
            "--host",
            "localhost",
            "--port",
            &port,
            "--certificates",
            &folder,
        ],
    );
}

#[test]
fn mqtt_js_finds_nothing_wrong_over_tcp_and_websocket() {
    let server = Server::start();
    let (tcp, websocket) = (
        format!("mqtt://{}", server.mqtt),
        format!("ws://{}/mqtt", server.http),
    );
    check("node", &[MQTTJS, &tcp, &websocket]);
}

/// Clients with an account that may use `check/#` and nothing else, and with a token of it.
#[test]
fn paho_and_mqtt_js_find_nothing_wrong_with_accounts() {
    const PASSWORD: &str = "correct horse";
    let server = Server::start();
    let data = server.data_dir();
    let input = format!("{PASSWORD}\n");
    told(&data, &["account", "add", "--admin"], &input);
    let check_only = ["--read", "check/#", "--write", "check/#"];
    let add = [&["account", "add", "press"], &check_only[..]].concat();
    told(&data, &add, &input);
    let token = told(&data, &["token", "add", "press", "--name", "check"], "");
    let account = format!("press:{PASSWORD}");
    let given = ["--account", &account, "--token", token.trim()];
    let url = server.url("/api/v1/topics");
    let status = |credentials: &[&str]| {
        let quietly = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", &url];
        run("curl", &[&quietly[..], credentials].concat())
    };
    let bearer = format!("Authorization: Bearer {}", token.trim());
    // Before there are accounts everybody is let in.
    eventually("the accounts are in force", || {
        let is_closed = status(&[]) == "401";
        (is_closed && status(&["-H", &bearer]) == "200").then_some(())
    });
    let port = server.mqtt.port().to_string();
    let paho = [PAHO, "--host", "127.0.0.1", "--port", &port];
    check(PYTHON, &[&paho[..], &given].concat());
    let websocket = format!("ws://{}/mqtt", server.http);
    check("node", &[&[MQTTJS][..], &given, &[&websocket]].concat());
}

#[test]
fn mosquitto_sub_receives_what_mosquitto_pub_sends_over_tcp_and_tls() {
    let (server, certificates) = with_tls(Settings::default());
    let [ca, cert, key] =
        ["ca.pem", "client.pem", "client.key"].map(|file| certificates.path(file));
    let secured = ["--cafile", &ca, "--cert", &cert, "--key", &key];
    let (tcp, tls) = (
        server.mqtt.port().to_string(),
        Server::port_of(server.mqtts),
    );
    let seconds = DEADLINE.as_secs().to_string();
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        for (port, security) in [(&tcp, &[] as &[&str]), (&tls, &secured)] {
            let topic = format!("tools/{version}/{port}");
            let common = [
                "-h",
                "localhost",
                "-p",
                port,
                "-V",
                version,
                "-t",
                &topic,
                "-q",
                "2",
            ];
            let retained = "retained, so that it does not matter who is first";
            run(
                "mosquitto_pub",
                &[&common, security, &["-r", "-m", retained]].concat(),
            );
            let received = Command::new("mosquitto_sub")
                .args(
                    [
                        &common,
                        security,
                        &["-C", "1", "-W", &seconds, "-F", "%t %q %r %p"],
                    ]
                    .concat(),
                )
                .stdin(Stdio::null())
                .output()
                .expect("mosquitto_sub (make setup-test installs it)");
            let line = String::from_utf8_lossy(&received.stdout);
            assert_eq!(
                line.trim_end(),
                format!("{topic} 2 1 {retained}"),
                "{version} {port}"
            );
        }
    }
}

#[tokio::test]
async fn rumqttc_gets_every_message_back_at_every_quality_of_service() {
    use rumqttc::v5::mqttbytes::{QoS, v5::Packet};
    use rumqttc::v5::{AsyncClient, Event, MqttOptions};

    const COUNT: usize = 300;
    let server = Server::start();
    let mut options = MqttOptions::new("rumqttc", "127.0.0.1", server.mqtt.port());
    options.set_keep_alive(Duration::from_secs(10));
    let (client, mut events) = AsyncClient::new(options, 2 * COUNT);
    client
        .subscribe("rumqttc/#", QoS::ExactlyOnce)
        .await
        .expect("queue a subscription");
    for number in 0..COUNT {
        let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][number % 3];
        let topic = format!("rumqttc/{}", number % 3);
        client
            .publish(topic, qos, false, number.to_string())
            .await
            .expect("queue a message");
    }
    let (mut came, mut missing) = (Vec::new(), (0..COUNT).collect::<HashSet<_>>());
    while !missing.is_empty() {
        let event = tokio::time::timeout(DEADLINE, events.poll())
            .await
            .expect("in time");
        if let Event::Incoming(Packet::Publish(publish)) = event.expect("no error") {
            let text = String::from_utf8_lossy(&publish.payload);
            let number: usize = text.parse().expect("a number");
            assert!(missing.remove(&number), "{number} came twice");
            came.push(number);
        }
    }
    for kind in 0..3 {
        assert!(
            came.iter().filter(|number| *number % 3 == kind).is_sorted(),
            "{came:?}"
        );
    }
}
