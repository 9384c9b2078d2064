use crate::config::Config;
use crate::message::Qos;
use crate::mqtt::codec::{Packet, Publish};

use super::client::{ack, id, message};
use super::{Client, Server, config};

/// How the server goes down.
#[derive(Debug, Clone, Copy)]
pub(super) enum Down {
    Not,
    Stop,
    Crash,
}

const DOWN: [Down; 3] = [Down::Not, Down::Stop, Down::Crash];

async fn down(server: Server, how: Down) -> Server {
    down_with(server, how, config(|_| {})).await
}

/// Goes down, and comes back with another configuration.
pub(super) async fn down_with(server: Server, how: Down, config: Config) -> Server {
    let dir = match how {
        Down::Not => return server,
        Down::Stop => server.stop().await,
        Down::Crash => server.crash().await,
    };
    Server::open(dir, config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_a_client_was_away_arrives_in_order() {
    for how in DOWN {
        let server = Server::start().await;
        let mut client = Client::kept(&server, "c", true).await;
        client.subscribe("a/#", Qos::ExactlyOnce).await;
        drop(client);
        let mut publisher = Client::named(&server, "p").await;
        for n in 0..20 {
            let qos = [Qos::AtLeastOnce, Qos::ExactlyOnce][n % 2];
            publisher.say("a/b", qos, &n.to_string()).await;
        }
        let server = down(server, how).await;
        let mut client = Client::kept(&server, "c", false).await;
        assert!(client.connack.session_present, "{how:?}");
        for n in 0..20 {
            assert_eq!(client.hear().await, n.to_string(), "{how:?}");
        }
        client.assert_silence().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_acknowledged_comes_again_with_its_packet_id() {
    for how in [Down::Not, Down::Stop] {
        let server = Server::start().await;
        let mut client = Client::kept(&server, "c", true).await;
        client.subscribe("a", Qos::ExactlyOnce).await;
        let mut publisher = Client::named(&server, "p").await;
        let mut first = Vec::new();
        for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce, Qos::AtLeastOnce] {
            publisher.say("a", qos, "x").await;
            first.push(client.recv_publish().await);
        }
        let second = first.remove(1);
        client
            .send(&Packet::PubRec(ack(second.packet_id.unwrap())))
            .await;
        assert!(matches!(client.recv().await, Some(Packet::PubRel(_))));
        drop(client);
        let server = down(server, how).await;
        let mut client = Client::kept(&server, "c", false).await;
        let mut again = Vec::new();
        let mut released = None;
        for _ in 0..3 {
            match client.recv().await.unwrap() {
                Packet::Publish(publish) => again.push(publish),
                Packet::PubRel(ack) => released = Some(ack.packet_id),
                other => panic!("{other:?}"),
            }
        }
        for publish in &mut first {
            publish.dup = true;
        }
        assert_eq!(again, first, "{how:?}");
        assert_eq!(released, second.packet_id, "{how:?}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resent_qos_2_message_is_taken_once() {
    for how in DOWN {
        let server = Server::start().await;
        let mut subscriber = Client::kept(&server, "s", true).await;
        subscriber.subscribe("a", Qos::AtLeastOnce).await;
        let mut publisher = Client::kept(&server, "p", true).await;
        let publish = Publish {
            packet_id: Some(id(9)),
            ..message("a", Qos::ExactlyOnce, "once")
        };
        publisher.send(&Packet::Publish(publish.clone())).await;
        assert_eq!(publisher.recv().await, Some(Packet::PubRec(ack(id(9)))));
        assert_eq!(subscriber.hear().await, "once");
        subscriber.assert_silence().await;
        drop(publisher);
        let server = down(server, how).await;
        let mut publisher = Client::kept(&server, "p", false).await;
        assert!(publisher.connack.session_present);
        let again = Publish {
            dup: true,
            ..publish
        };
        publisher.send(&Packet::Publish(again)).await;
        assert_eq!(publisher.recv().await, Some(Packet::PubRec(ack(id(9)))));
        publisher.send(&Packet::PubRel(ack(id(9)))).await;
        assert_eq!(publisher.recv().await, Some(Packet::PubComp(ack(id(9)))));
        // Released, the identifier stands for a new message.
        let other = Publish {
            packet_id: Some(id(9)),
            ..message("a", Qos::ExactlyOnce, "other")
        };
        publisher.send(&Packet::Publish(other)).await;
        let mut subscriber = match how {
            Down::Not => subscriber,
            _ => Client::kept(&server, "s", false).await,
        };
        let mut heard = subscriber.hear().await;
        if heard == "once" {
            // Its acknowledgement had not been written when the server crashed.
            assert!(matches!(how, Down::Crash));
            heard = subscriber.hear().await;
        }
        assert_eq!(heard, "other", "{how:?}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qos_2_delivery_goes_on_where_it_was() {
    for how in DOWN {
        let server = Server::start().await;
        let mut client = Client::kept(&server, "c", true).await;
        client.subscribe("a", Qos::ExactlyOnce).await;
        let mut publisher = Client::named(&server, "p").await;
        publisher.say("a", Qos::ExactlyOnce, "x").await;
        let first = client.recv_publish().await;
        let server = down(server, how).await;
        let mut client = Client::kept(&server, "c", false).await;
        let again = client.recv_publish().await;
        assert_eq!(again.packet_id, first.packet_id, "{how:?}");
        assert!(again.dup);
        let id = again.packet_id.unwrap();
        client.send(&Packet::PubRec(ack(id))).await;
        assert_eq!(client.recv().await, Some(Packet::PubRel(ack(id))));
        drop(client);
        let server = down(server, how).await;
        let mut client = Client::kept(&server, "c", false).await;
        assert_eq!(
            client.recv().await,
            Some(Packet::PubRel(ack(id))),
            "{how:?}"
        );
        client.send(&Packet::PubComp(ack(id))).await;
        client.assert_silence().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_messages_survive() {
    for how in DOWN {
        let server = Server::start().await;
        let mut publisher = Client::named(&server, "p").await;
        for (topic, payload) in [("a", "1"), ("b", "2"), ("a", "3"), ("b", "")] {
            let publish = Publish {
                retain: true,
                ..message(topic, Qos::AtLeastOnce, payload)
            };
            publisher.publish(publish).await;
        }
        let server = down(server, how).await;
        let mut client = Client::named(&server, "c").await;
        client.subscribe("#", Qos::AtMostOnce).await;
        assert_eq!(client.hear().await, "3", "{how:?}");
        client.assert_silence().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_and_their_end_survive() {
    for how in DOWN {
        let server = Server::start().await;
        let mut client = Client::kept(&server, "c", true).await;
        client.subscribe("a", Qos::AtLeastOnce).await;
        client.subscribe("b", Qos::AtLeastOnce).await;
        client.subscribe("$share/g/s", Qos::AtLeastOnce).await;
        client.unsubscribe("b").await;
        drop(client);
        let server = down(server, how).await;
        let mut publisher = Client::named(&server, "p").await;
        for topic in ["a", "b", "s"] {
            publisher.say(topic, Qos::AtLeastOnce, topic).await;
        }
        let server = down(server, how).await;
        let mut client = Client::kept(&server, "c", false).await;
        let mut heard = [client.hear().await, client.hear().await];
        heard.sort();
        assert_eq!(heard, ["a", "s"], "{how:?}");
        client.assert_silence().await;
        server.stop().await;
    }
}
