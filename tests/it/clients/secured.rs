//! TLS as clients have it: MQTT, HTTPS and WebSocket, with certificates that change while the server
//! runs.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use unspool::mqtt::codec::{Packet, ReasonCode, Version};

use crate::support::certificates::Certificates;
use crate::support::client::Client;
use crate::support::commands::{run, unspool};
use crate::support::entrance;
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

const MQTTJS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/clients/mqttjs/check.mjs"
);

fn secured(certificates: &Certificates) -> Settings {
    Settings::default()
        .set("UNSPOOL_MQTTS_LISTEN", "127.0.0.1:0")
        .set("UNSPOOL_HTTPS_LISTEN", "127.0.0.1:0")
        .set("UNSPOOL_TLS_CERT", &certificates.path("server.pem"))
        .set("UNSPOOL_TLS_KEY", &certificates.path("server.key"))
}

/// Asks over HTTPS, trusting the authority of `certificates`; whether that went well.
fn is_answered(server: &Server, certificates: &Certificates, arguments: &[&str]) -> bool {
    let url = format!(
        "https://localhost:{}/api/v1/info",
        Server::port_of(server.https)
    );
    let ca = certificates.path("ca.pem");
    let common = [
        "-sSf",
        "--max-time",
        "30",
        "-o",
        "/dev/null",
        "--cacert",
        &ca,
        &url,
    ];
    let curl = Command::new("curl")
        .args([&common, arguments].concat())
        .stderr(Stdio::null())
        .status();
    curl.expect("run curl").success()
}

#[test]
fn https_is_for_tls_1_2_and_1_3_only() {
    let certificates = Certificates::new();
    let server = secured(&certificates).start();
    for (arguments, answered) in [
        (&["--tls-max", "1.3", "--tlsv1.3"][..], true),
        (&["--tls-max", "1.2"], true),
        (
            &[
                "--tls-max",
                "1.1",
                "--tlsv1.0",
                "--ciphers",
                "DEFAULT@SECLEVEL=0",
            ],
            false,
        ),
    ] {
        assert_eq!(
            is_answered(&server, &certificates, arguments),
            answered,
            "{arguments:?}"
        );
    }
    assert!(
        !is_answered(&server, &Certificates::new(), &[]),
        "another authority"
    );
}

#[test]
fn mqtt_js_finds_nothing_wrong_over_tls_and_secure_websocket() {
    let certificates = Certificates::new();
    let server = secured(&certificates).start();
    let urls = [
        format!("mqtts://localhost:{}", Server::port_of(server.mqtts)),
        format!("wss://localhost:{}/mqtt", Server::port_of(server.https)),
    ];
    let output = Command::new("node")
        .arg(MQTTJS)
        .args(urls)
        .env("NODE_EXTRA_CA_CERTS", certificates.path("ca.pem"))
        .output()
        .expect("run node");
    let told = String::from_utf8_lossy(&output.stdout);
    let failed: Vec<_> = told
        .lines()
        .filter(|line| line.contains(r#""ok":false"#))
        .collect();
    assert!(output.status.success(), "{failed:#?}");
}

#[test]
fn a_renewed_certificate_is_in_use_without_a_restart() {
    let (certificates, renewed) = (Certificates::new(), Certificates::new());
    let server = secured(&certificates)
        .expect_in_log("can't be used")
        .start();
    assert!(is_answered(&server, &certificates, &[]));
    // A key that does not fit changes nothing.
    let replace = |file: &str| {
        let copy = certificates.path("new");
        std::fs::copy(renewed.path(file), &copy).expect("copy");
        std::fs::rename(copy, certificates.path(file)).expect("replace");
    };
    replace("server.key");
    eventually("the new key is looked at", || {
        (server.metric("unspool_tls_reloads_failed_total") == 1).then_some(())
    });
    assert!(is_answered(&server, &certificates, &[]));
    replace("server.pem");
    eventually("the new certificate is in use", || {
        is_answered(&server, &renewed, &[]).then_some(())
    });
    assert_eq!(server.metric("unspool_tls_reloads_total"), 1);
    assert!(server.metric("unspool_tls_certificate_expires_timestamp_seconds") > 0);
}

/// A subscriber over TLS, with the client's certificate.
fn subscriber(server: &Server, certificates: &Certificates) -> Child {
    let port = Server::port_of(server.mqtts);
    let [ca, cert, key] =
        ["ca.pem", "client.pem", "client.key"].map(|file| certificates.path(file));
    Command::new("mosquitto_sub")
        .args(["-h", "localhost", "-p", &port, "-t", "#", "--cafile", &ca])
        .args(["--cert", &cert, "--key", &key])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("run mosquitto_sub")
}

/// A server that takes clients with a certificate only, of which none is revoked yet.
fn with_revocation(certificates: &Certificates) -> Server {
    certificates.list_revoked(false);
    secured(certificates)
        .set("UNSPOOL_TLS_CLIENT_CA", &certificates.path("ca.pem"))
        .set("UNSPOOL_TLS_CLIENT_CRL", &certificates.path("crl.pem"))
        .start()
}

#[test]
fn a_client_whose_certificate_is_revoked_is_cut_and_comes_in_no_more() {
    let certificates = Certificates::new();
    let server = with_revocation(&certificates);
    let [cert, key] = ["client.pem", "client.key"].map(|file| certificates.path(file));
    let shown = ["--cert", &*cert, "--key", &*key];
    assert!(is_answered(&server, &certificates, &shown));
    assert!(!is_answered(&server, &certificates, &[]), "no certificate");
    let mut subscriber = subscriber(&server, &certificates);
    let connections = || server.metric("unspool_mqtt_connections");
    eventually("it is connected", || (connections() == 1).then_some(()));
    certificates.list_revoked(true);
    eventually("it is cut", || {
        (server.metric("unspool_tls_clients_cut_total") == 1).then_some(())
    });
    eventually("it is gone", || (connections() == 0).then_some(()));
    assert!(!is_answered(&server, &certificates, &shown));
    subscriber.kill().expect("end mosquitto_sub");
    subscriber.wait().expect("wait for mosquitto_sub");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_that_its_certificate_is_revoked() {
    let certificates = Certificates::new();
    let server = with_revocation(&certificates);
    let over_tls = async |address: Option<SocketAddr>| {
        let address = address.expect("a TLS listener");
        entrance::over_tls(address, &certificates).await
    };
    let https = over_tls(server.https).await;
    let mut told = Vec::new();
    for entrance in [
        over_tls(server.mqtts).await,
        entrance::over_websocket(https).await,
    ] {
        told.push(Client::connect(entrance, Version::V5).await);
    }
    certificates.list_revoked(true);
    for client in &mut told {
        match client.closes().await {
            Some(Packet::Disconnect(why)) => assert_eq!(why.reason, ReasonCode::NotAuthorized),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_certificate_is_good_for_the_account_that_it_names() {
    let certificates = Certificates::new();
    let accounts = certificates.path("accounts.toml");
    let declare = |name: &str| {
        let permissions = r#"permissions = { write = ["own/#"] }"#;
        let account = format!("[[account]]\nname = \"{name}\"\nrole = \"device\"\n{permissions}\n");
        std::fs::write(&accounts, account).expect("write the accounts");
    };
    declare("client");
    let server = secured(&certificates)
        .set("UNSPOOL_TLS_CLIENT_CA", &certificates.path("ca.pem"))
        .set("UNSPOOL_TLS_CLIENT_REQUIRED", "false")
        .set("UNSPOOL_TLS_CLIENT_ACCOUNT", "cn")
        .set("UNSPOOL_ACCOUNTS_FILE", &accounts)
        .start();
    let port = Server::port_of(server.mqtts);
    let ca = certificates.path("ca.pem");
    let publishes = |arguments: &[&str]| {
        let published = Command::new("mosquitto_pub")
            .args(["-h", "localhost", "-p", &port, "-q", "1", "-V", "5"])
            .args(["-m", "1", "--cafile", &ca])
            .args(arguments)
            .output()
            .expect("run mosquitto_pub");
        // What is refused in a PUBACK is a warning to it.
        let told = String::from_utf8_lossy(&published.stderr).into_owned();
        published.status.success() && !told.contains("failed")
    };
    let [cert, key] = ["client.pem", "client.key"].map(|file| certificates.path(file));
    let own = ["--cert", &*cert, "--key", &*key, "-t", "own/a"];
    let other = ["--cert", &*cert, "--key", &*key, "-t", "other/a"];
    assert!(publishes(&own));
    assert!(!publishes(&other), "no permission");
    assert!(!publishes(&["-t", "own/a"]), "nothing is shown");
    let named = [&own[..], &["-u", "client"]].concat();
    assert!(publishes(&named), "a name alone");
    let wrong = [&own[..], &["-u", "client", "-P", "wrong"]].concat();
    assert!(!publishes(&wrong), "a password goes first");
    declare("somebody");
    eventually("the account is gone", || (!publishes(&own)).then_some(()));
}

#[test]
fn the_doctor_says_what_is_wrong_with_the_certificates() {
    let (certificates, others) = (Certificates::new(), Certificates::new());
    let folder = tempfile::tempdir().expect("make a folder");
    let told = |key: &str, hosts: &str| {
        let doctor = unspool()
            .arg("doctor")
            .env("UNSPOOL_MQTT_LISTEN", "127.0.0.1:0")
            .env("UNSPOOL_HTTP_LISTEN", "127.0.0.1:0")
            .env("UNSPOOL_DATA_DIR", folder.path())
            .env(
                "UNSPOOL_DATABASE_URL",
                "postgres://unspool@127.0.0.1:1/unspool",
            )
            .env("UNSPOOL_ALLOWED_HOSTS", hosts)
            .env("UNSPOOL_TLS_CERT", certificates.path("server.pem"))
            .env("UNSPOOL_TLS_KEY", key)
            .output()
            .expect("run the doctor");
        String::from_utf8_lossy(&doctor.stdout).into_owned()
    };
    let own = certificates.path("server.key");
    let fine = told(&own, "localhost:8443");
    assert!(
        fine.contains("ok     TLS, certificate: for localhost, 127.0.0.1"),
        "{fine}"
    );
    assert!(fine.contains("ok     TLS, key"), "{fine}");
    let wrong = told(&own, "unspool.example");
    assert!(wrong.contains("WRONG  TLS, certificate"), "{wrong}");
    assert!(wrong.contains("\"unspool.example\""), "{wrong}");
    let wrong = told(&others.path("server.key"), "");
    assert!(wrong.contains("WRONG  TLS, key"), "{wrong}");
}

#[test]
fn a_silent_tls_client_keeps_nobody_out() {
    let certificates = Certificates::new();
    let server = secured(&certificates)
        .set("UNSPOOL_HTTP_CONNECTIONS_MAX", "4")
        .expect_in_log("all HTTP connections are taken")
        .start();
    let port = Server::port_of(server.https);
    let silent: Vec<_> = (0..8)
        .map(|_| std::net::TcpStream::connect(format!("127.0.0.1:{port}")).expect("connect"))
        .collect();
    eventually("there is room", || {
        is_answered(&server, &certificates, &[]).then_some(())
    });
    drop(silent);
    let page = run(
        "curl",
        &["-sS", "--max-time", "30", &server.url("/healthz/ready")],
    );
    assert!(!page.is_empty());
}
