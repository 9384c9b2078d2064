//! The past in any MQTT client, which knows nothing of it.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use unspool::message::Qos;
use unspool::mqtt::codec::{ReasonCode, Version};

use crate::support::client::Client;
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

/// An unmodified `mosquitto_sub` that writes what it gets into a file.
struct Subscriber {
    child: Child,
    file: tempfile::NamedTempFile,
}

impl Subscriber {
    fn start(server: &Server, arguments: &[&str]) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        let child = Command::new("mosquitto_sub")
            .args(["-p", &server.mqtt.port().to_string(), "-F", "%t %p"])
            .args(arguments)
            .stdout(Stdio::from(file.reopen().unwrap()))
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto_sub");
        Self { child, file }
    }

    fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.file.path()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// What it has when that is so much.
    fn wait_for(&self, count: usize) -> Vec<String> {
        eventually("the subscriber has everything", || {
            let lines = self.lines();
            (lines.len() >= count).then_some(lines)
        })
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Publishes numbers from one on up to another on two topics in turn, as fast as that goes.
fn publish(server: &Server, numbers: std::ops::RangeInclusive<u32>) {
    let mut publisher = Command::new("mosquitto_pub")
        .args(["-p", &server.mqtt.port().to_string(), "-q", "1", "-l"])
        .args(["-t", "plant/press"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("mosquitto_pub");
    let mut lines = publisher.stdin.take().unwrap();
    for number in numbers {
        writeln!(lines, "{number}").unwrap();
    }
    drop(lines);
    assert!(publisher.wait().unwrap().success());
}

fn numbered(prefix: &str, numbers: std::ops::RangeInclusive<u32>) -> Vec<String> {
    numbers
        .map(|n| format!("{prefix}plant/press {n}"))
        .collect()
}

#[test]
fn the_past_and_then_the_present_come_to_any_client_in_order_and_once() {
    let server = Settings::default().start();
    publish(&server, 1..=3000);
    let all = Subscriber::start(&server, &["-V", "311", "-t", "$history/-1h/plant/#"]);
    let some = Subscriber::start(
        &server,
        &["-V", "5", "-t", "$history-prefixed/last10/plant/#"],
    );
    // While it is being read.
    publish(&server, 3001..=6000);
    assert_eq!(all.wait_for(6000), numbered("", 1..=6000));
    let some = eventually("the last one has come", || {
        let lines = some.lines();
        lines
            .last()
            .is_some_and(|last| last.ends_with(" 6000"))
            .then_some(lines)
    });
    // It may have come while the others were published, or before.
    assert!((10..=6000).contains(&some.len()), "{}", some.len());
    let first = 6001 - u32::try_from(some.len()).unwrap();
    assert_eq!(some, numbered("$history/last10/", first..=6000));
    let rows = |server: &Server| {
        let rows = server.psql("select text from unspool.message order by seq");
        let rows = rows.lines().map(|text| format!("plant/press {text}"));
        rows.collect::<Vec<_>>()
    };
    // What is on record after a crash is what a client gets, sealed or not.
    let mut server = server;
    server.kill();
    let server = server.restart();
    publish(&server, 6001..=6100);
    let again = Subscriber::start(&server, &["-V", "5", "-t", "$history/0/plant/+"]);
    let again = again.wait_for(6100);
    server.wait_until_mirrored();
    assert_eq!(again, rows(&server));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_to_the_past_is_one_as_any_other() {
    let server = tokio::task::spawn_blocking(|| Settings::default().start())
        .await
        .unwrap();
    let mut publisher = Client::connect(server.mqtt, Version::V5).await;
    for n in 0..5 {
        let payload = n.to_string();
        publisher.publish("a/b", Qos::AtLeastOnce, &payload).await;
    }
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    for (filter, expected) in [
        ("$history/someday/#", ReasonCode::TopicFilterInvalid),
        ("$history/-1h", ReasonCode::TopicFilterInvalid),
        ("$history/last2/a/+", ReasonCode::Success),
    ] {
        let granted = client.subscribe(filter, Qos::AtLeastOnce).await;
        assert_eq!(granted, expected, "{filter}");
    }
    for expected in ["3", "4"] {
        let message = client.message().await;
        assert_eq!(
            (&message.payload[..], message.qos),
            (expected.as_bytes(), Qos::AtMostOnce)
        );
        let user = message.properties.unwrap().user;
        let named = |name: &str| user.iter().find(|(known, _)| **known == *name);
        assert!(
            named("seq").is_some() && named("time").is_some(),
            "{user:?}"
        );
    }
    publisher.publish("a/b", Qos::AtLeastOnce, "5").await;
    assert_eq!(client.message().await.payload, "5");
    let ended = client
        .unsubscribe(&["$history/last2/a/+", "$history/last2/a/+"])
        .await;
    assert_eq!(
        ended,
        [ReasonCode::Success, ReasonCode::NoSubscriptionExisted]
    );
    publisher.publish("a/b", Qos::AtLeastOnce, "6").await;
    client.is_silent().await;
    // No more than so many.
    for n in 0..16 {
        let filter = format!("$history/last0/{n}");
        let granted = client.subscribe(&filter, Qos::AtMostOnce).await;
        assert_eq!(granted, ReasonCode::Success, "{filter}");
    }
    let one_more = client
        .subscribe("$history/last0/more", Qos::AtMostOnce)
        .await;
    assert_eq!(one_more, ReasonCode::QuotaExceeded);
    tokio::task::spawn_blocking(move || drop(server))
        .await
        .unwrap();
}
