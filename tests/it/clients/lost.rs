//! Clients that are lost, or as good as lost: with the server, or one at a time.

use tokio::net::TcpStream;
use unspool::message::Qos;
use unspool::mqtt::codec::{Connect, Packet, ReasonCode, Version};

use crate::support::client::Client;
use crate::support::packets::{ack, will};
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

const GRACE: &str = "UNSPOOL_WILL_GRACE_S";

fn with_will(name: &str) -> impl FnOnce(&mut Connect) {
    let will = will(&format!("lost/{name}"), name);
    let name = name.into();
    |connect| {
        connect.client_id = name;
        connect.will = Some(will);
    }
}

/// A listener that outlives the server hears of the device that does not come back, and only of
/// that.
async fn assert_the_lost_are_announced(mut server: Server, down: fn(&mut Server)) {
    let (version, mqtt) = (Version::V5, server.mqtt);
    let (mut listener, _) = Client::resume(mqtt, version, "listener").await;
    listener.subscribe("lost/+", Qos::AtLeastOnce).await;
    for name in ["dead", "back", "goodbye"] {
        let (client, _) = Client::connect_with(mqtt, version, with_will(name)).await;
        match name {
            "goodbye" => client.disconnect().await,
            _ => std::mem::forget(client),
        }
    }
    down(&mut server);
    let server = server.restart();
    let (_back, _) = Client::connect_with(mqtt, version, with_will("back")).await;
    let (mut listener, connack) = Client::resume(mqtt, version, "listener").await;
    assert!(connack.session_present);
    assert_eq!(listener.message().await.payload, "dead");
    listener.is_silent().await;
    drop(server);
}

#[tokio::test]
async fn a_kill_announces_those_who_do_not_come_back() {
    let server = Settings::default()
        .set(GRACE, "3")
        .expect_in_log("recovered")
        .expect_in_log("database")
        .start();
    assert_the_lost_are_announced(server, Server::kill).await;
}

#[tokio::test]
async fn stopping_in_order_announces_those_who_do_not_come_back() {
    let server = Settings::default().set(GRACE, "3").start();
    let stop = |server: &mut Server| assert_eq!(server.stop(), Some(0));
    assert_the_lost_are_announced(server, stop).await;
}

#[tokio::test]
async fn what_a_silent_worker_was_given_another_one_does() {
    let server = Settings::default()
        .set("UNSPOOL_SHARE_SILENCE_S", "1")
        .start();
    let group = "$share/workers/job/#";
    let mut silent = Client::connect(server.mqtt, Version::V5).await;
    silent.subscribe(group, Qos::AtLeastOnce).await;
    let mut worker = Client::connect(server.mqtt, Version::V4).await;
    worker.subscribe(group, Qos::AtLeastOnce).await;
    let mut publisher = Client::connect(server.mqtt, Version::V5).await;
    for number in 0..100 {
        let topic = format!("job/{number}");
        publisher.publish(&topic, Qos::AtLeastOnce, "x").await;
    }
    let mut done = Vec::new();
    while done.len() < 100 {
        let topic = worker.message().await.topic.expect("a topic");
        assert!(!done.contains(&topic), "{topic} twice");
        done.push(topic);
    }
    let mut had = Vec::new();
    for _ in 0..50 {
        had.push(silent.next_publish().await);
    }
    let late = had.iter().filter_map(|publish| publish.packet_id);
    for id in late {
        silent
            .send(Packet::PubAck(ack(id, ReasonCode::Success)))
            .await;
    }
    silent.is_silent().await;
    worker.is_silent().await;
}

#[tokio::test]
async fn without_file_descriptors_clients_wait_and_the_others_go_on() {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

    let server = Settings::default()
        .expect_in_log("Too many open files")
        .start();
    let mut other = Client::connect(server.mqtt, Version::V5).await;
    other.subscribe("t", Qos::AtLeastOnce).await;
    let pid = Pid::from_raw(i32::try_from(server.pid()).expect("a process id"));
    let files = format!("/proc/{}/fd", server.pid());
    let open = std::fs::read_dir(files).expect("list").count() as u64;
    let limit = |current| Rlimit {
        current: Some(current),
        maximum: getrlimit(Resource::Nofile).maximum,
    };
    let before = prlimit(pid, Resource::Nofile, limit(open)).expect("lower the limit");
    let waiting = TcpStream::connect(server.mqtt).await.expect("connect");
    eventually("it is told", || {
        let log = server.log_text();
        log.contains("no connection can be accepted").then_some(())
    });
    other.publish_and_receive("t").await;
    let told = server.log_text().matches("no connection can be").count();
    assert_eq!(told, 1);
    prlimit(pid, Resource::Nofile, before).expect("raise the limit");
    let next = Client::connect(server.mqtt, Version::V5).await;
    next.disconnect().await;
    drop(waiting);
}
