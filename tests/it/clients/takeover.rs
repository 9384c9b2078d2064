//! A client that comes back another way than it came.

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, ReasonCode, Version};

use crate::support::certificates::Certificates;
use crate::support::client::{Client, unique};
use crate::support::entrance::{over_tls, over_websocket};
use crate::support::packets::{disconnect, will};
use crate::support::settings::Settings;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_taken_over_whichever_way_its_client_comes_and_came() {
    let certificates = Certificates::new();
    let server = Settings::default()
        .set("UNSPOOL_MQTTS_LISTEN", "127.0.0.1:0")
        .set("UNSPOOL_TLS_CERT", &certificates.path("server.pem"))
        .set("UNSPOOL_TLS_KEY", &certificates.path("server.key"))
        .start();
    let ways = [
        ("TCP", server.mqtt),
        ("TLS", over_tls(server.mqtts.unwrap(), &certificates).await),
        ("WebSocket", over_websocket(server.http).await),
    ];
    let mut other = Client::connect(server.mqtt, Version::V5).await;
    for (came, before) in ways {
        for (comes, after) in ways {
            let (topic, id) = (unique("t"), unique("c"));
            let (mut old, _) = Client::resume(before, Version::V5, &id).await;
            old.subscribe(&topic, Qos::AtLeastOnce).await;
            other.publish(&topic, Qos::AtLeastOnce, "x").await;
            let unacknowledged = old.next_publish().await;
            let (mut new, connack) = Client::resume(after, Version::V5, &id).await;
            assert!(connack.session_present, "{came}, then {comes}");
            match old.closes().await {
                Some(Packet::Disconnect(last)) => {
                    assert_eq!(last.reason, ReasonCode::SessionTakenOver);
                }
                last => panic!("{came}, then {comes}: {last:?}"),
            }
            let again = new.message().await;
            assert_eq!(again.packet_id, unacknowledged.packet_id);
            assert!(again.dup, "{came}, then {comes}");
            new.disconnect().await;
        }
        // A goodbye that is still unread when the client comes back counts all the same.
        let (topic, id) = (unique("t"), unique("c"));
        other.subscribe(&topic, Qos::AtMostOnce).await;
        let (mut old, _) = Client::connect_with(before, Version::V5, |connect| {
            connect.client_id = id.as_str().into();
            connect.will = Some(will(&topic, "will"));
        })
        .await;
        old.send(disconnect(ReasonCode::Success)).await;
        assert_eq!(old.closes().await, None, "{came}");
        let (new, _) =
            Client::connect_with(before, Version::V5, |c| c.client_id = id.as_str().into()).await;
        other.is_silent().await;
        new.disconnect().await;
    }
}
