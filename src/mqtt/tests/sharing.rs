use crate::config::Config;
use crate::message::Qos;
use crate::mqtt::codec::{Connect, Packet, PacketId, Publish, ReasonCode};

use super::client::ack;
use super::{Client, Server, config, connect};

const GROUP: &str = "$share/g/a";

fn silence(share_silence_s: u32) -> Config {
    config(|config| config.share_silence_s = share_silence_s)
}

async fn member(server: &Server, name: &str, receive_maximum: u16) -> Client {
    let connect = Connect {
        session_expiry_s: 3600,
        clean_start: false,
        receive_maximum,
        ..connect(name)
    };
    let mut member = Client::new(server, connect).await;
    if !member.connack.session_present {
        member.subscribe(GROUP, Qos::AtLeastOnce).await;
    }
    member
}

async fn publish(server: &Server, numbers: std::ops::Range<u32>) {
    let mut publisher = Client::named(server, "p").await;
    for n in numbers {
        publisher.say("a", Qos::AtLeastOnce, &n.to_string()).await;
    }
}

fn number(publish: &Publish) -> u32 {
    std::str::from_utf8(&publish.payload)
        .unwrap()
        .parse()
        .unwrap()
}

/// The next so many messages, not acknowledged: their numbers and packet identifiers.
async fn take(member: &mut Client, count: usize) -> Vec<(u32, PacketId)> {
    let mut taken = Vec::new();
    for _ in 0..count {
        let publish = member.recv_publish().await;
        taken.push((number(&publish), publish.packet_id.unwrap()));
    }
    taken
}

async fn acknowledge(member: &mut Client, taken: &[(u32, PacketId)]) {
    for (_, id) in taken {
        member.send(&Packet::PubAck(ack(*id))).await;
    }
}

fn numbers(taken: &[(u32, PacketId)]) -> Vec<u32> {
    taken.iter().map(|(number, _)| *number).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_silent_member_has_goes_to_another_in_order_and_not_back() {
    let server = Server::with(silence(1)).await;
    let mut silent = member(&server, "silent", 100).await;
    let mut other = member(&server, "other", 100).await;
    publish(&server, 0..20).await;
    let unacknowledged = take(&mut silent, 10).await;
    let done = take(&mut other, 10).await;
    acknowledge(&mut other, &done).await;
    // Both were served in turn, each in the order of publishing.
    let mut all = [numbers(&unacknowledged), numbers(&done)].concat();
    assert!(all[..10].is_sorted() && all[10..].is_sorted());
    all.sort_unstable();
    assert!(all.into_iter().eq(0..20));
    let again = take(&mut other, 10).await;
    assert_eq!(numbers(&again), numbers(&unacknowledged));
    // The other one dies with them: they wait rather than come to the silent one twice, and what
    // it acknowledges late is done with.
    other.disconnect(ReasonCode::Success).await;
    acknowledge(&mut silent, &unacknowledged[..4]).await;
    publish(&server, 20..21).await;
    assert_eq!(numbers(&take(&mut silent, 1).await), [20]);
    silent.assert_silence().await;
    let mut other = member(&server, "other", 100).await;
    let rest = take(&mut other, 6).await;
    assert_eq!(numbers(&rest), numbers(&unacknowledged[4..]));
    acknowledge(&mut other, &rest).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_member_keeps_what_nobody_else_can_take() {
    let server = Server::with(silence(1)).await;
    let mut silent = member(&server, "silent", 100).await;
    let mut busy = member(&server, "busy", 1).await;
    publish(&server, 0..10).await;
    let one = take(&mut busy, 1).await;
    let kept = take(&mut silent, 9).await;
    // Only one at a time fits, and nothing that the silent one has comes to it again.
    acknowledge(&mut busy, &one).await;
    let mut passed = Vec::new();
    for _ in 0..3 {
        let next = take(&mut busy, 1).await;
        busy.assert_silence().await;
        acknowledge(&mut busy, &next).await;
        passed.extend(numbers(&next));
    }
    assert_eq!(passed, numbers(&kept)[..3]);
    silent.assert_silence().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_member_had_goes_to_the_others_as_far_as_they_have_room() {
    let server = Server::start().await;
    let mut dying = member(&server, "dying", 100).await;
    publish(&server, 0..6).await;
    let lost = take(&mut dying, 6).await;
    let mut small = member(&server, "small", 2).await;
    dying.disconnect(ReasonCode::Success).await;
    let mut heard = Vec::new();
    while heard.len() < 6 {
        let two = take(&mut small, 2).await;
        small.assert_silence().await;
        heard.extend(numbers(&two));
        acknowledge(&mut small, &two).await;
    }
    assert_eq!(heard, numbers(&lost));
    let mut dying = member(&server, "dying", 100).await;
    assert!(dying.connack.session_present);
    dying.assert_silence().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_member_went_away_with_is_inherited_by_the_first_that_comes() {
    let server = Server::start().await;
    let mut gone = member(&server, "gone", 100).await;
    let back = member(&server, "back", 100).await;
    back.disconnect(ReasonCode::Success).await;
    publish(&server, 0..5).await;
    let had = take(&mut gone, 5).await;
    gone.disconnect(ReasonCode::Success).await;
    let mut back = member(&server, "back", 100).await;
    assert!(back.connack.session_present);
    let inherited = take(&mut back, 5).await;
    assert_eq!(numbers(&inherited), [0, 1, 2, 3, 4]);
    assert_eq!(had.len(), 5);
    acknowledge(&mut back, &inherited).await;
    let mut gone = member(&server, "gone", 100).await;
    gone.assert_silence().await;
    // A new member inherits as well.
    let mut new = Client::named(&server, "new").await;
    back.disconnect(ReasonCode::Success).await;
    publish(&server, 5..6).await;
    assert_eq!(numbers(&take(&mut gone, 1).await), [5]);
    gone.disconnect(ReasonCode::Success).await;
    new.subscribe(GROUP, Qos::AtLeastOnce).await;
    assert_eq!(new.hear().await, "5");
    server.stop().await;
}
