//! What devices announce for home automation: units and names of their series, told by everything
//! that shows a series, whichever came first.

use serde_json::{Value, json};
use unspool::message::Qos;
use unspool::mqtt::codec::Version;

use crate::support::client::Client;
use crate::support::commands::curl;
use crate::support::ledger::assert_nothing_is_lost;
use crate::support::server::Server;

const POWER: &str = "homeassistant/sensor/pump/power/config";

/// How the series of devices are told by `/topics`: topic, path, unit, description.
fn told(server: &Server) -> Vec<Value> {
    let page = curl(&server.url("/api/v1/topics?filter=home/%23"));
    let topics = page["items"].as_array().expect("topics").iter();
    let told = topics.flat_map(|topic| {
        let series = topic["series"].as_array().expect("series").iter();
        series.map(|one| json!([topic["topic"], one["path"], one["unit"], one["description"]]))
    });
    told.collect()
}

#[tokio::test]
async fn what_is_announced_of_a_series_is_told_with_it_before_and_after_its_first_value() {
    let server = Server::start();
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    let devices = r#"[{"friendly_name":"cellar","definition":{"exposes":[{"property":"humidity",
        "unit":"%","description":"Measured relative humidity"}]}}]"#;
    let power = r#"{"~":"home/pump","stat_t":"~/state","val_tpl":"{{ value_json['power'] }}",
        "unit_of_meas":"W","name":"Power","dev":{"name":"Pump"}}"#;
    for (topic, payload) in [
        ("home/bridge/devices", devices),
        ("home/cellar", r#"{"humidity":61,"linkquality":80}"#),
        ("home/pump/state", r#"{"power":{"value":40},"unit":"A"}"#),
        ("home/pump/state", r#"{"power":40,"unit":"A"}"#),
        (POWER, power),
        (
            "homeassistant/sensor/none/config",
            r#"{"stat_t":"home/nobody","unit_of_meas":"V"}"#,
        ),
    ] {
        client.publish(topic, Qos::AtLeastOnce, payload).await;
    }
    assert_nothing_is_lost(&server, 6, 0);
    let of_device = |series: &[Value]| {
        let mut series = series.to_vec();
        series.retain(|one| one[0] != "home/bridge/devices" && one[1] != "/power/value");
        series
    };
    let expected = |power: Value, name: Value| {
        vec![
            json!([
                "home/cellar",
                "/humidity",
                "%",
                "Measured relative humidity"
            ]),
            json!(["home/cellar", "/linkquality", null, null]),
            json!(["home/pump/state", "/unit", null, null]),
            json!(["home/pump/state", "/power", power, name]),
        ]
    };
    let announced = expected(json!("W"), json!("Pump Power"));
    assert_eq!(of_device(&told(&server)), announced);

    let server = server.restart();
    assert_eq!(of_device(&told(&server)), announced, "after a restart");
    let samples = curl(&server.url("/api/v1/samples?filter=home/cellar&path=/humidity"));
    let series = &samples["series"][0];
    assert_eq!(series["unit"], "%", "{samples}");
    assert_eq!(series["description"], "Measured relative humidity");

    // What the payload says counts again.
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    client.publish(POWER, Qos::AtLeastOnce, "").await;
    server.wait_until_mirrored();
    let withdrawn = expected(json!("A"), Value::Null);
    assert_eq!(of_device(&told(&server)), withdrawn, "withdrawn");
}
