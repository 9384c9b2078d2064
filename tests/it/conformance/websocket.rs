//! MQTT over WebSocket (chapter 6).

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use unspool::mqtt::codec::{Connect, Decoder, Encoder, Packet, ReasonCode, Version};

use super::{Broker, cases};
use crate::support::client::{ANSWER_DEADLINE, unique};

cases! {
    the_subprotocol_is_mqtt: ["6.0.0-4"], ["6.0.0-4"];
    packets_come_in_binary_frames: ["6.0.0-1"], ["6.0.0-1"];
    packets_and_frames_are_not_aligned: ["6.0.0-2"], ["6.0.0-2"];
    a_text_frame_ends_the_connection: ["6.0.0-1"], ["6.0.0-1"];
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A socket, and the subprotocol that the server has chosen; `None` where the broker under test
/// has no address for it.
async fn open(broker: &Broker) -> Option<(Socket, Option<String>)> {
    let url = format!("ws://{}/mqtt", broker.http?);
    let mut request = url.into_client_request().unwrap();
    let offered = "other, mqtt".parse().unwrap();
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", offered);
    let opening = tokio::time::timeout(ANSWER_DEADLINE, connect_async(request)).await;
    let (socket, response) = opening.unwrap().unwrap();
    let chosen = response.headers().get("Sec-WebSocket-Protocol");
    let chosen = chosen.map(|value| value.to_str().unwrap().to_owned());
    Some((socket, chosen))
}

fn encoded(packet: &Packet) -> BytesMut {
    let mut bytes = BytesMut::new();
    Encoder::new(Version::V5)
        .encode(packet, &mut bytes)
        .unwrap();
    bytes
}

/// A CONNECT and a PINGREQ.
fn greeting() -> BytesMut {
    let mut bytes = encoded(&Packet::Connect(Box::new(Connect::new(
        Version::V5,
        &unique("c"),
    ))));
    bytes.unsplit(encoded(&Packet::PingReq));
    bytes
}

/// What the server sends, up to the PINGRESP; every frame must be binary.
async fn answers(socket: &mut Socket) {
    let mut decoder = Decoder::client(Version::V5, u32::MAX);
    let mut buffer = BytesMut::new();
    let mut connected = false;
    loop {
        match decoder.decode(&mut buffer).unwrap() {
            Some(Packet::ConnAck(connack)) => {
                assert_eq!(connack.reason, ReasonCode::Success);
                connected = true;
            }
            Some(Packet::PingResp) if connected => return,
            Some(other) => panic!("{other:?}"),
            None => match tokio::time::timeout(ANSWER_DEADLINE, socket.next())
                .await
                .unwrap()
            {
                Some(Ok(Message::Binary(bytes))) => buffer.extend_from_slice(&bytes),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            },
        }
    }
}

#[tokio::test]
async fn the_subprotocol_is_mqtt() {
    let broker = Broker::start();
    let Some((_, chosen)) = open(&broker).await else {
        return;
    };
    assert_eq!(chosen.as_deref(), Some("mqtt"));
}

#[tokio::test]
async fn packets_come_in_binary_frames() {
    let broker = Broker::start();
    let Some((mut socket, _)) = open(&broker).await else {
        return;
    };
    socket
        .send(Message::Binary(greeting().freeze()))
        .await
        .unwrap();
    answers(&mut socket).await;
}

#[tokio::test]
async fn packets_and_frames_are_not_aligned() {
    let broker = Broker::start();
    let Some((mut socket, _)) = open(&broker).await else {
        return;
    };
    for byte in greeting().freeze().chunks(3) {
        let frame = Message::Binary(bytes::Bytes::copy_from_slice(byte));
        socket.send(frame).await.unwrap();
    }
    answers(&mut socket).await;
}

#[tokio::test]
async fn a_text_frame_ends_the_connection() {
    let broker = Broker::start();
    let Some((mut socket, _)) = open(&broker).await else {
        return;
    };
    socket
        .send(Message::Binary(greeting().freeze()))
        .await
        .unwrap();
    answers(&mut socket).await;
    socket.send(Message::Text("no MQTT".into())).await.unwrap();
    loop {
        match tokio::time::timeout(ANSWER_DEADLINE, socket.next())
            .await
            .unwrap()
        {
            None | Some(Err(_) | Ok(Message::Close(_))) => return,
            // The DISCONNECT.
            Some(Ok(Message::Binary(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}
