//! A mosquitto that is connected as a bridge.

use std::process::{Child, Command, Stdio};

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, Version};

use crate::support::client::Client;
use crate::support::server::Server;
use crate::support::wait::eventually;

/// A mosquitto that ends with the test.
struct Mosquitto {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ended_or_not = self.child.kill();
        let _status = self.child.wait();
    }
}

fn bridged_to(server: &Server, version: &str) -> Mosquitto {
    let folder = tempfile::tempdir().expect("a folder");
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        free.local_addr().expect("its address").port()
    };
    let config = folder.path().join("mosquitto.conf");
    let text = format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n\
         connection plant\naddress 127.0.0.1:{}\nbridge_protocol_version {version}\n\
         topic # both 1\nrestart_timeout 1\nbridge_attempt_unsubscribe false\n",
        server.mqtt.port()
    );
    std::fs::write(&config, text).expect("write the configuration");
    let child = Command::new("mosquitto")
        .arg("-c")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mosquitto (make setup-test installs it)");
    Mosquitto {
        child,
        port,
        _folder: folder,
    }
}

#[tokio::test]
async fn a_bridge_brings_and_gets_each_message_once() {
    for version in ["mqttv31", "mqttv311", "mqttv50"] {
        let server = Server::start();
        let mosquitto = bridged_to(&server, version);
        eventually("the bridge has subscribed", || {
            (server.metric("unspool_mqtt_subscriptions") == 1).then_some(())
        });
        let beside = ([127, 0, 0, 1], mosquitto.port).into();
        let mut there = Client::connect(beside, Version::V4).await;
        let mut here = Client::connect(server.mqtt, Version::V4).await;
        for client in [&mut there, &mut here] {
            client.subscribe("#", Qos::AtLeastOnce).await;
        }
        for number in 0..3 {
            let [east, west] = ["east", "west"].map(|side| format!("{side}/{number}"));
            there.publish(&east, Qos::AtLeastOnce, "x").await;
            here.publish(&west, Qos::AtLeastOnce, "x").await;
            // Both clients get both once: neither message comes round.
            for client in [&mut there, &mut here] {
                let topics = [client.message().await.topic, client.message().await.topic];
                let mut topics = topics.map(|topic| topic.expect("a name").to_string());
                topics.sort();
                assert_eq!(topics, [&*east, &*west], "{version}");
            }
        }
        for client in [&mut there, &mut here] {
            client.send(Packet::PingReq).await;
            assert_eq!(client.next().await, Packet::PingResp, "{version}");
        }
    }
}
