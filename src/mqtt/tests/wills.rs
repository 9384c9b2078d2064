use bytes::Bytes;

use crate::config::Config;
use crate::message::{Qos, Record, Topic};
use crate::mqtt::codec::{Connect, Packet, ReasonCode, Version, Will};
use crate::mqtt::ids::WillId;
use crate::mqtt::state::{StateEvent, WillChange};

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

/// The Will that a client has left.
fn will_on_record(server: &Server) -> WillId {
    let mut reader = server.log.reader(server.log.oldest()).unwrap();
    loop {
        for record in reader.try_next(1 << 20).unwrap() {
            if let Record::Session(event) = record
                && let Some(StateEvent::Will(id, WillChange::Left { .. })) =
                    StateEvent::decode(&event.bytes)
            {
                return id;
            }
        }
    }
}

/// Puts records into the journal behind the server's back.
async fn record(server: &Server, mut records: Vec<Record>) {
    server.log.append(&mut records).await.unwrap();
    let head = records.last().unwrap().offset().plus(1);
    let mut durable = server.log.durable();
    durable.wait_for(|durable| *durable >= head).await.unwrap();
}

/// A server that has crashed with a client connected whose Will has that delay, and with what else
/// its journal has of that Will.
async fn crashed_with(delay_s: u32, end: impl FnOnce(WillId) -> Vec<Record>) -> Server {
    let server = Server::start().await;
    drop(listener(&server).await);
    let connect = Connect {
        session_expiry_s: 7200,
        will: Some(will(delay_s)),
        ..connect("c")
    };
    let _lost = Client::new(&server, connect).await;
    record(&server, end(will_on_record(&server))).await;
    let dir = server.crash().await;
    Server::open(dir, grace(0)).await
}

fn change(id: WillId, change: WillChange) -> Record {
    StateEvent::Will(id, change).record()
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_crash_tears_the_end_of_a_will_the_client_dies_once() {
    let message = || {
        let will = will(0);
        let message = crate::message::Message {
            client: crate::message::ClientId("c".into()),
            qos: will.qos,
            ..crate::message::Message::new(will.topic, will.payload)
        };
        Record::Message(std::sync::Arc::new(message))
    };
    for parts in 1..=2 {
        let server = crashed_with(0, |id| {
            let mut group = vec![change(id, WillChange::Published), message()];
            group.truncate(parts);
            group
        })
        .await;
        let mut listener = listener(&server).await;
        assert_eq!(listener.hear().await, "gone", "{parts}");
        assert_eq!(deaths_until_now(&server, &mut listener).await, 0, "{parts}");
        assert_eq!(deaths_on_record(&server), 1, "{parts}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_delay_of_a_will_does_not_begin_again_with_a_crash() {
    const HOUR: i64 = 3_600_000_000;
    let an_hour_ago = crate::message::Timestamp::now().0 - HOUR;
    let lost = |id| vec![change(id, WillChange::Lost(an_hour_ago))];
    let server = crashed_with(1800, lost).await;
    assert_eq!(listener(&server).await.hear().await, "gone");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_will_that_was_deleted_while_the_journal_was_full_stays_deleted() {
    let server = Server::with(config(|config| {
        config.journal_segment_bytes = 1 << 20;
        config.journal_bytes_max = 4 << 20;
        config.journal_keep_bytes = 0;
    }))
    .await;
    drop(listener(&server).await);
    let connect = Connect {
        will: Some(will(0)),
        ..connect("c")
    };
    let lost = Client::new(&server, connect).await;
    let mut publisher = Client::named(&server, "p").await;
    let payload = "x".repeat(100_000);
    while server.metrics.journal_full.get() == 0 {
        let publish = super::client::message("fill", Qos::AtMostOnce, &payload);
        publisher.send(&Packet::Publish(publish)).await;
    }
    lost.disconnect(ReasonCode::Success).await;
    let dir = server.stop().await;
    let server = Server::open(dir, grace(0)).await;
    let mut listener = listener(&server).await;
    assert_eq!(deaths_until_now(&server, &mut listener).await, 0);
    server.stop().await;
}
