//! Where MQTT over WebSocket is taken.

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use unspool::mqtt::codec::{Connect, Decoder, Encoder, Packet, ReasonCode, Version};

use crate::support::commands::run;
use crate::support::server::Server;

#[tokio::test]
async fn a_websocket_is_taken_where_other_brokers_take_it_and_the_dashboard_is_still_there() {
    let server = Server::start();
    for path in ["/mqtt", "/mqtt/", "/ws", "/"] {
        let url = format!("ws://{}{path}", server.http);
        let mut request = url.into_client_request().unwrap();
        let offered = "mqtt".parse().unwrap();
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", offered);
        let (mut socket, _) = connect_async(request).await.expect(path);
        let mut bytes = BytesMut::new();
        let connect = Packet::Connect(Box::new(Connect::new(Version::V5, "doors")));
        Encoder::new(Version::V5)
            .encode(&connect, &mut bytes)
            .unwrap();
        socket.send(Message::Binary(bytes.freeze())).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap();
        let mut bytes = BytesMut::from(&answer.into_data()[..]);
        let packet = Decoder::client(Version::V5, u32::MAX).decode(&mut bytes);
        let Ok(Some(Packet::ConnAck(connack))) = packet else {
            panic!("{path}: {packet:?}");
        };
        assert_eq!(connack.reason, ReasonCode::Success, "{path}");
    }
    let page = run("curl", &["-sS", "--max-time", "30", &server.url("/")]);
    assert!(page.starts_with("<!doctype html>"), "{page}");
}
