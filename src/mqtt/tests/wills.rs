use bytes::Bytes;

use crate::config::Config;
use crate::message::{Qos, Record, Topic};
use crate::mqtt::codec::{Connect, Packet, ReasonCode, Version, Will};

use super::client::ack;
use super::resume::{Down, down_with};
use super::{Client, Server, config, connect};

const DOWN: [Down; 2] = [Down::Stop, Down::Crash];

/// A Will to `will` that says `gone`.
pub(super) fn will(delay_s: u32) -> Will {
    Will {
        topic: Topic::new("will").unwrap(),
        payload: Bytes::from_static(b"gone"),
        qos: Qos::AtLeastOnce,
        retain: false,
        delay_s,
        properties: None,
    }
}

fn grace(will_grace_s: u32) -> Config {
    config(|config| config.will_grace_s = will_grace_s)
}

async fn listener(server: &Server) -> Client {
    let mut listener = Client::kept(server, "listener", false).await;
    if !listener.connack.session_present {
        listener.subscribe("will", Qos::AtLeastOnce).await;
    }
    listener
}

/// How many clients have died, as far as the listener hears before one more dies: Wills that are
/// due at the start go first.
async fn deaths_until_now(server: &Server, listener: &mut Client) -> usize {
    let name = format!("last {}", fastrand::u64(..));
    let last = Will {
        payload: Bytes::from(name.clone()),
        ..will(0)
    };
    let marker = Connect {
        will: Some(last),
        ..connect("marker")
    };
    drop(Client::new(server, marker).await);
    let mut deaths = 0;
    loop {
        let publish = listener.recv_publish().await;
        let id = publish.packet_id.unwrap();
        listener.send(&Packet::PubAck(ack(id))).await;
        if publish.payload == name {
            return deaths;
        }
        deaths += usize::from(publish.payload == "gone");
    }
}

/// How many deaths the journal has.
fn deaths_on_record(server: &Server) -> usize {
    let mut reader = server.log.reader(server.log.oldest()).unwrap();
    let mut deaths = 0;
    loop {
        let records = reader.try_next(1 << 20).unwrap();
        if records.is_empty() {
            return deaths;
        }
        let is_death = |record: &&Record| matches!(record, Record::Message(message) if message.payload == "gone");
        deaths += records.iter().filter(is_death).count();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_will_of_a_client_that_is_lost_with_the_server_is_published_once() {
    for how in DOWN {
        for (version, session_expiry_s, delay_s) in [
            (Version::V4, 0, 0),
            (Version::V5, 0, 3600),
            (Version::V5, 3600, 0),
            (Version::V5, 1, 3600),
        ] {
            let what = format!("{how:?} {version:?} {session_expiry_s} {delay_s}");
            let server = Server::start().await;
            drop(listener(&server).await);
            let connect = Connect {
                version,
                session_expiry_s,
                will: Some(will(delay_s)),
                ..connect("c")
            };
            let _lost = Client::new(&server, connect).await;
            let server = down_with(server, how, grace(1)).await;
            let mut listener = listener(&server).await;
            assert_eq!(listener.hear().await, "gone", "{what}");
            let server = down_with(server, how, grace(0)).await;
            let mut listener = self::listener(&server).await;
            deaths_until_now(&server, &mut listener).await;
            assert_eq!(deaths_on_record(&server), 1, "{what}");
            server.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_back_in_time_has_not_died() {
    for how in DOWN {
        for (session_expiry_s, clean_start) in [(0, true), (3600, true), (3600, false)] {
            let with_will = |clean_start| Connect {
                session_expiry_s,
                clean_start,
                will: Some(will(0)),
                ..connect("c")
            };
            let server = Server::start().await;
            drop(listener(&server).await);
            let _lost = Client::new(&server, with_will(true)).await;
            let server = down_with(server, how, grace(3600)).await;
            let client = Client::new(&server, with_will(clean_start)).await;
            client.disconnect(ReasonCode::Success).await;
            let mut listener = listener(&server).await;
            let deaths = deaths_until_now(&server, &mut listener).await;
            assert_eq!(deaths, 0, "{how:?} {session_expiry_s} {clean_start}");
            // Neither the lost connection's Will nor the other one's is found again.
            let server = down_with(server, how, grace(0)).await;
            let mut listener = self::listener(&server).await;
            let deaths = deaths_until_now(&server, &mut listener).await;
            assert_eq!(deaths, 0, "{how:?} {session_expiry_s} {clean_start}");
            server.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_delay_of_a_will_goes_on_where_it_was() {
    for how in DOWN {
        let with_will = |name, delay_s| Connect {
            session_expiry_s: 7200,
            clean_start: false,
            will: Some(will(delay_s)),
            ..connect(name)
        };
        let server = Server::start().await;
        drop(listener(&server).await);
        drop(Client::new(&server, with_will("short", 2)).await);
        drop(Client::new(&server, with_will("long", 3600)).await);
        drop(Client::new(&server, with_will("back", 3600)).await);
        let server = down_with(server, how, grace(0)).await;
        let back = Client::new(&server, with_will("back", 3600)).await;
        assert!(back.connack.session_present);
        back.disconnect(ReasonCode::Success).await;
        let mut listener = listener(&server).await;
        assert_eq!(listener.hear().await, "gone", "{how:?}");
        let rest = deaths_until_now(&server, &mut listener).await;
        assert_eq!(rest, 0, "{how:?}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_will_that_can_not_be_retained_is_published_all_the_same() {
    let server = Server::with(config(|config| config.retained_max = 0)).await;
    let mut listener = listener(&server).await;
    let retained = Will {
        retain: true,
        ..will(0)
    };
    let with_will = Connect {
        will: Some(retained),
        ..connect("c")
    };
    drop(Client::new(&server, with_will).await);
    assert_eq!(listener.hear().await, "gone");
    let mut late = Client::named(&server, "late").await;
    late.subscribe("will", Qos::AtLeastOnce).await;
    late.assert_silence().await;
    server.stop().await;
}
