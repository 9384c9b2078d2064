//! Announcements of real producers, and what is no such thing.

use super::read;
use super::template::pointer;
use crate::message::{DescribedSeries, Message, Topic};

/// What a message says, a line for each series: topic, path, unit, description.
fn said(topic: &str, payload: &str) -> Option<Vec<String>> {
    let topic = Topic::new(topic).unwrap();
    let series = read(&Message::new(topic, payload.to_owned()))?;
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or("-").to_owned();
    let line = |series: &DescribedSeries| {
        let (unit, description) = (text(&series.text.unit), text(&series.text.description));
        format!("{} {} {unit} {description}", series.topic, series.path)
    };
    Some(series.iter().map(line).collect())
}

#[test]
fn what_real_devices_announce_to_home_assistant_is_found() {
    for (topic, payload, expected) in [
        (
            // Tasmota 8 with SetOption19.
            "homeassistant/sensor/4F3C8A_AM2301_Temperature/config",
            r#"{"name":"Greenhouse AM2301 Temperature","stat_t":"tele/greenhouse/SENSOR",
                "avty_t":"tele/greenhouse/LWT","pl_avail":"Online","pl_not_avail":"Offline",
                "uniq_id":"4F3C8A_AM2301_Temperature","dev":{"ids":["4F3C8A"]},
                "unit_of_meas":"°C","dev_cla":"temperature","frc_upd":true,
                "val_tpl":"{{value_json['AM2301'].Temperature}}"}"#,
            &["tele/greenhouse/SENSOR /AM2301/Temperature °C Greenhouse AM2301 Temperature"][..],
        ),
        (
            // ESPHome: each value on a topic of its own.
            "homeassistant/sensor/livingroom/temperature/config",
            r#"{"dev_cla":"temperature","unit_of_meas":"°C","stat_cla":"measurement",
                "name":"Temperature","stat_t":"livingroom/sensor/temperature/state",
                "avty_t":"livingroom/status","uniq_id":"ESPsensortemperature",
                "dev":{"ids":"240ac4a1b2c3","name":"Living room","sw":"esphome v2024.6.0",
                "mdl":"esp32dev","mf":"espressif"}}"#,
            &["livingroom/sensor/temperature/state  °C Living room Temperature"],
        ),
        (
            // Zigbee2MQTT's own.
            "homeassistant/sensor/0x00158d0001dc126a/humidity/config",
            r#"{"availability":[{"topic":"zigbee2mqtt/bridge/state"}],"device":{"identifiers":
                ["zigbee2mqtt_0x00158d0001dc126a"],"manufacturer":"Aqara","name":"cellar"},
                "device_class":"humidity","enabled_by_default":true,"json_attributes_topic":
                "zigbee2mqtt/cellar","name":null,"object_id":"cellar_humidity",
                "state_class":"measurement","state_topic":"zigbee2mqtt/cellar",
                "unique_id":"0x00158d0001dc126a_humidity_zigbee2mqtt","unit_of_measurement":"%",
                "value_template":"{{ value_json['humidity'] }}"}"#,
            &["zigbee2mqtt/cellar /humidity % cellar"],
        ),
        (
            // Shelly, by the script that announces it, with a base topic.
            "homeassistant/sensor/shelly1pm-8CAAB5/power/config",
            r#"{"~":"shellies/shelly1pm-8CAAB5/","name":"Power","stat_t":"~relay/0/power",
                "unit_of_meas":"W","val_tpl":"{{ value | round(1) }}","dev":{"name":"Pump"}}"#,
            &["shellies/shelly1pm-8CAAB5/relay/0/power  W Pump Power"],
        ),
        (
            // A product of several values is none of them.
            "homeassistant/sensor/shelly1pm-8CAAB5/energy/config",
            r#"{"name":"Energy","stat_t":"shellies/shelly1pm-8CAAB5/relay/0/energy",
                "unit_of_meas":"kWh","val_tpl":"{{ (value|float / 60000) | round(2) }}"}"#,
            &[],
        ),
        (
            // A device at once, as in Home Assistant's documentation.
            "homeassistant/device/0AFFD2/config",
            r#"{"dev":{"ids":"ea334450945afc","name":"Kitchen","mf":"Bla electronics"},
                "o":{"name":"bla2mqtt","sw":"2.1"},
                "cmps":{"some_unique_component_id1":{"p":"sensor","device_class":"temperature",
                "unit_of_measurement":"°C","value_template":"{{ value_json.temperature }}"},
                "id2":{"p":"sensor","name":"Humidity","unit_of_measurement":"%",
                "value_template":"{{ value_json.humidity }}"},
                "id3":{"p":"sensor","state_topic":"~/rssi","unit_of_meas":"dBm"},
                "gone":{"p":"binary_sensor"}},
                "~":"kitchen","state_topic":"sensorBedroom/state","qos":2}"#,
            &[
                "sensorBedroom/state /temperature °C Kitchen",
                "sensorBedroom/state /humidity % Kitchen Humidity",
                "kitchen/rssi  dBm Kitchen",
            ],
        ),
        (
            "homeassistant/device_automation/0x00158d/action_single/config",
            r#"{"automation_type":"trigger","type":"action","topic":"zigbee2mqtt/button/action"}"#,
            &[],
        ),
    ] {
        let mut found = said(topic, payload).expect("an announcement");
        let mut expected: Vec<_> = expected.iter().map(|line| (*line).to_owned()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{topic}");
    }
}

#[test]
fn what_zigbee2mqtt_lists_is_found() {
    let list = r#"[
        {"ieee_address":"0x00124b0021b779f4","type":"Coordinator","friendly_name":"Coordinator",
         "definition":null,"supported":true},
        {"ieee_address":"0x00158d0001dc126a","type":"EndDevice","friendly_name":"hall/climate",
         "definition":{"model":"WSDCGQ11LM","vendor":"Aqara","exposes":[
            {"type":"numeric","name":"temperature","label":"Temperature","property":"temperature",
             "access":1,"unit":"°C","description":"Measured temperature value"},
            {"type":"numeric","name":"battery","label":"Battery","property":"battery","unit":"%"}]}},
        {"friendly_name":"lamp","definition":{"exposes":[
            {"type":"light","features":[
                {"type":"binary","name":"state","property":"state","label":"State"},
                {"type":"composite","name":"color_xy","property":"color","features":[
                    {"type":"numeric","name":"x","property":"x","label":"X"}]}]},
            7, {"property":7,"unit":"V"}, {"property":"a/b","unit":"V"}]}},
        {"friendly_name":"no + topic","definition":{"exposes":[{"property":"p","unit":"V"}]}},
        {"friendly_name":"no list","definition":{"exposes":{}}}, null, []
    ]"#;
    let expected = [
        "home/z2m/hall/climate /temperature °C Measured temperature value",
        "home/z2m/hall/climate /battery % Battery",
        "home/z2m/lamp /state - State",
        "home/z2m/lamp /color/x - X",
        "home/z2m/lamp /a~1b V -",
    ];
    let found = said("home/z2m/bridge/devices", list).expect("a list");
    assert_eq!(found, expected);
}

#[test]
fn only_what_can_be_read_and_means_a_series_says_something() {
    let config = "homeassistant/sensor/x/config";
    let of = |topic: &str| format!(r#"{{"stat_t":"{topic}","unit_of_meas":"V"}}"#);
    for (topic, payload, expected) in [
        // An empty payload takes back what was said.
        (config, String::new(), Some(0)),
        (config, of("a"), Some(1)),
        (config, of("a/+"), Some(0)),
        (config, of(&"a".repeat(512)), Some(1)),
        (config, of(&"a".repeat(513)), Some(0)),
        // Births say it.
        (config, of("spBv1.0/g/NDATA/n"), Some(0)),
        (config, of("spBv1.0x"), Some(1)),
        (config, r#"{"stat_t":7,"name":[]}"#.to_owned(), Some(0)),
        (config, "{}".to_owned(), Some(0)),
        // What is no announcement takes nothing back.
        (config, "[]".to_owned(), None),
        (config, "online".to_owned(), None),
        (
            config,
            r#"{"stat_t":"a","unit_of_meas":"V""#.to_owned(),
            None,
        ),
        ("z/bridge/devices", "{}".to_owned(), None),
        (
            "z/bridge/devices",
            r#"[{"friendly_name":"a"},"#.to_owned(),
            None,
        ),
        ("homeassistant/device/x/config", of("a"), None),
        ("homeassistant/x/config", of("a"), None),
        ("homeassistant/sensor/x/y/z/config", of("a"), None),
        ("homeassistant/sensor/x/state", of("a"), None),
        ("sensor/x/config", of("a"), None),
    ] {
        let found = said(topic, &payload).map(|lines| lines.len());
        assert_eq!(found, expected, "{topic}: {payload}");
    }
    let far = format!("homeassistant/sensor/{}/config", "x".repeat(600));
    assert_eq!(said(&far, &of("a")), None);
    let deep = format!(
        "{}{}",
        r#"[{"features":"#.repeat(50_000),
        "[".repeat(50_000)
    );
    let deep = format!(r#"[{{"friendly_name":"a","definition":{{"exposes":{deep}"#);
    assert_eq!(said("z/bridge/devices", &deep), None);
}

#[test]
fn what_is_found_is_bounded_by_the_size_of_the_payload() {
    let long = "x".repeat(500);
    let components: Vec<_> = (0..5000)
        .map(|n| format!(r#""{n}":{{"p":1,"name":"y"}}"#))
        .collect();
    let device = format!(
        r#"{{"stat_t":"{long}","val_tpl":"{{{{ value_json.{long} }}}}","dev":{{"name":"{long}"}},
            "cmps":{{{}}}}}"#,
        components.join(",")
    );
    let features = vec![r#"{"property":"a","unit":"V"}"#; 5000].join(",");
    let list = |property: &str| {
        format!(
            r#"[{{"friendly_name":"a","definition":{{"exposes":[{{"property":"{property}",
                "features":[{features}]}}]}}}}]"#
        )
    };
    for (topic, payload, expected) in [
        ("homeassistant/device/x/config", device, 500),
        ("z/bridge/devices", list(&long), 5000),
        ("z/bridge/devices", list(&"x".repeat(1000)), 0),
        ("z/bridge/devices", list(&"x".repeat(3000)), 0),
    ] {
        let found = said(topic, &payload).expect("an announcement");
        assert_eq!(found.len(), expected, "{topic}");
        let message = Message::new(Topic::new(topic).unwrap(), payload.clone());
        let bytes = |series: &DescribedSeries| {
            let description = series.text.description.as_deref();
            let text = description.map_or(0, str::len) + series.path.len();
            size_of::<DescribedSeries>() + series.topic.as_str().len() + text
        };
        let bytes: usize = read(&message).unwrap().iter().map(bytes).sum();
        assert!(bytes <= 32 * payload.len() + (128 << 10), "{bytes}");
    }
}

#[test]
fn units_and_descriptions_are_short() {
    let long = "°".repeat(200);
    for (member, given, expected) in [
        ("unit_of_meas", " km/h ", "a  km/h -"),
        ("name", " Oil \\n", "a  - Oil"),
        ("name", &long, &format!("a  - {}", "°".repeat(128))),
    ] {
        let payload = format!(r#"{{"stat_t":"a","{member}":"{given}"}}"#);
        let found = said("homeassistant/sensor/x/config", &payload);
        assert_eq!(found, Some(vec![expected.to_owned()]), "{member}");
    }
    for (member, given) in [
        ("unit_of_meas", long.as_str()),
        ("unit_of_meas", " "),
        ("unit_of_meas", "a\\u0000"),
        ("name", ""),
        ("name", "a\\u0000b"),
    ] {
        let payload = format!(r#"{{"stat_t":"a","{member}":"{given}"}}"#);
        let found = said("homeassistant/sensor/x/config", &payload);
        assert_eq!(found, Some(Vec::new()), "{member}: {given}");
    }
}

#[test]
fn a_template_is_followed_where_it_only_takes_a_value() {
    for (template, expected) in [
        ("{{ value }}", Some("")),
        ("{{ value | float }}", Some("")),
        ("{{value_json.temperature}}", Some("/temperature")),
        ("{{ value_json.x.y }}", Some("/x/y")),
        ("{{ value_json['x'] }}", Some("/x")),
        (r#"{{ value_json["x"]["y"] }}"#, Some("/x/y")),
        ("{{ value_json[ 'a/b' ].c[0] }}", Some("/a~1b/c/0")),
        ("{{- value_json.x -}}", Some("/x")),
        ("{{ value_json.x | float | round(1) }}", Some("/x")),
        ("{{ value_json.tempc|is_defined }}", Some("/tempc")),
        ("{{ value_json.x | default('', true) }}", Some("/x")),
        ("{{ value_json.größe }}", Some("/größe")),
        ("{{ value_json }}", Some("")),
        ("{{ value_json.x / 10 }}", None),
        ("{{ value_json.x | float / 10 }}", None),
        ("{{ value_json.x | multiply(10) }}", None),
        ("{{ value_json.x }}{{ value_json.y }}", None),
        ("{{ value_json.x if value_json.x else 0 }}", None),
        ("{% if value_json.x %}1{% endif %}", None),
        ("{{ value_json[-1] }}", None),
        ("{{ value_json['x }}", None),
        ("{{ value_json['x' }}", None),
        ("{{ value_json. }}", None),
        ("{{ value_json.x | }}", None),
        ("{{ value_json.x | round( }}", None),
        ("{{ values }}", None),
        ("{{ now() }}", None),
        ("{{}}", None),
        ("{{", None),
        ("value_json.x", None),
        ("", None),
    ] {
        assert_eq!(pointer(template).as_deref(), expected, "{template}");
    }
}
