//! Where MQTT over WebSocket is taken, and a server without HTTP.

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use unspool::mqtt::codec::{Connect, Decoder, Encoder, Packet, ReasonCode, Version};

use crate::support::commands::{command, run};
use crate::support::server::Server;
use crate::support::settings::Settings;

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

#[test]
fn without_http_there_is_mqtt_and_nobody_to_ask() {
    let mut server = Settings::default()
        .set("UNSPOOL_HTTP_LISTEN", "off")
        .start();
    server.publish(&["-t", "a", "-q", "1", "-m", "1"]);
    let log = server.log_text();
    assert!(!log.contains(r#""protocol":"http""#), "{log}");
    let asked = command(&server.data_dir(), &["health", "--http-listen", "off"], "");
    let told = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(
        !asked.status.success() && told.contains("http_listen is off"),
        "{told}"
    );
    assert_eq!(server.stop(), Some(0));
}
