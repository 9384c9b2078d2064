//! Many of one kind.

use std::collections::HashSet;

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, Version};

use crate::support::client::Client;
use crate::support::packets::publish;
use crate::support::server::Server;

const RETAINED: usize = 100_000;

#[tokio::test]
async fn a_hundred_thousand_retained_messages_all_arrive_while_others_publish() {
    let server = Server::start();
    let mut publisher = Client::connect(server.mqtt, Version::V5).await;
    for number in 0..RETAINED {
        let mut message = publish(
            &format!("r/{}/{number}", number % 100),
            Qos::AtMostOnce,
            "1",
        );
        message.retain = true;
        publisher.send(Packet::Publish(message)).await;
    }
    publisher
        .publish("all/are/there", Qos::AtLeastOnce, "")
        .await;

    let mut subscriber = Client::connect(server.mqtt, Version::V5).await;
    subscriber.subscribe("r/#", Qos::AtMostOnce).await;
    let mut topics = HashSet::new();
    while topics.len() < RETAINED {
        let message = subscriber.message().await;
        assert!(message.retain && topics.insert(message.topic), "twice");
        if topics.len() % 10_000 == 0 {
            publisher
                .publish("meanwhile", Qos::AtLeastOnce, "others go on")
                .await;
        }
    }
}
