//! Enhanced authentication (sections 3.15 and 4.12), of which the server offers none.

use unspool::mqtt::codec::{Auth, Connect, Packet, ReasonCode, Version};

use super::{Broker, cases};
use crate::support::client::{Client, unique};

cases! {
    an_unknown_method_is_refused: [], ["3.1.4-2", "4.12.0-1", "4.12.0-4"];
    without_a_method_there_is_no_authentication: [], ["4.12.0-6"];
    an_auth_without_a_method_ends_the_connection: [], [];
}

#[tokio::test]
async fn an_unknown_method_is_refused() {
    let broker = Broker::start();
    let mut client = Client::open(broker.mqtt, Version::V5).await;
    let mut connect = Connect::new(Version::V5, &unique("c"));
    connect.auth_method = Some("no such method".into());
    connect.auth_data = Some(vec![1, 2, 3].into());
    client.send(Packet::Connect(Box::new(connect))).await;
    if let Some(Packet::ConnAck(connack)) = client.closes().await {
        assert!(matches!(
            connack.reason,
            ReasonCode::BadAuthenticationMethod | ReasonCode::NotAuthorized
        ));
    }
}

#[tokio::test]
async fn without_a_method_there_is_no_authentication() {
    let broker = Broker::start();
    let (mut client, connack) = Client::connect_with(broker.mqtt, Version::V5, |_| {}).await;
    assert_eq!(connack.properties.auth_method, None);
    assert_eq!(connack.properties.auth_data, None);
    client.is_silent().await;
}

#[tokio::test]
async fn an_auth_without_a_method_ends_the_connection() {
    let broker = Broker::start();
    let mut client = Client::connect(broker.mqtt, Version::V5).await;
    let auth = Auth {
        reason: ReasonCode::ReAuthenticate,
        method: Some("no such method".into()),
        data: None,
        reason_string: None,
        user: Vec::new(),
    };
    client.send(Packet::Auth(auth)).await;
    client.closes().await;
}
