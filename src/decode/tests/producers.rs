//! JSON as real producers publish it: every leaf has its series and its value.
//!
//! The shapes are those of their public documentation.

use super::odd::check;

#[test]
fn the_united_manufacturing_hub() {
    check(&[
        // umh/v1/acme/cologne/packaging/line1/_historian/motor/current
        (
            r#"{"timestamp_ms":1763848053293,"current":12.5}"#,
            &["/current=12.5"][..],
            &[][..],
        ),
        // The same with a group of tags.
        (
            r#"{"timestamp_ms":1763848053293,"pos":{"x":12.5,"y":-3,"z":0},"state":"run"}"#,
            &["/pos/x=12.5", "/pos/y=-3", "/pos/z=0", "/state=\"run\""],
            &[],
        ),
        // Benthos with its metadata: benthos-umh's tag processor.
        (
            r#"{"value":true,"timestamp_ms":1763848053293}"#,
            &["/value=true"],
            &[],
        ),
    ]);
}

#[test]
fn tasmota() {
    check(&[
        (
            r#"{"Time":"2025-11-24T12:00:00","ENERGY":{"TotalStartTime":"2025-01-01T00:00:00","Total":131.5,"Today":0.613,"Period":0,"Power":[42,43],"Factor":0.67}}"#,
            &[
                "/Time=\"2025-11-24T12:00:00\"",
                "/ENERGY/TotalStartTime=\"2025-01-01T00:00:00\"",
                "/ENERGY/Total=131.5",
                "/ENERGY/Today=0.613",
                "/ENERGY/Period=0",
                "/ENERGY/Power/0=42",
                "/ENERGY/Power/1=43",
                "/ENERGY/Factor=0.67",
            ][..],
            &[][..],
        ),
        (
            r#"{"Time":"2025-11-24T12:00:00","DS18B20-1":{"Id":"0000000A1B2C","Temperature":21.4},"TempUnit":"C"}"#,
            &[
                "/Time=\"2025-11-24T12:00:00\"",
                "/DS18B20-1/Id=\"0000000A1B2C\"",
                "/DS18B20-1/Temperature=21.4",
                "/TempUnit=\"C\"",
            ],
            &[],
        ),
        (
            r#"{"Time":"2025-11-24T12:00:00","Uptime":"1T02:03:04","Heap":25,"LoadAvg":19,"POWER":"ON","Wifi":{"AP":1,"RSSI":72,"Signal":-64}}"#,
            &[
                "/Time=\"2025-11-24T12:00:00\"",
                "/Uptime=\"1T02:03:04\"",
                "/Heap=25",
                "/LoadAvg=19",
                "/POWER=\"ON\"",
                "/Wifi/AP=1",
                "/Wifi/RSSI=72",
                "/Wifi/Signal=-64",
            ],
            &[],
        ),
        // stat/…/POWER and tele/…/LWT
        ("ON", &["=\"ON\""], &[]),
        ("Online", &["=\"Online\""], &[]),
    ]);
}

#[test]
fn zigbee2mqtt() {
    check(&[
        (
            r#"{"battery":97,"humidity":48.9,"linkquality":120,"temperature":21.41,"voltage":3000,"occupancy":false,"action":null,"update":{"installed_version":16777241,"state":"idle"}}"#,
            &[
                "/battery=97",
                "/humidity=48.9",
                "/linkquality=120",
                "/temperature=21.41",
                "/voltage=3000",
                "/occupancy=false",
                "/update/installed_version=16777241",
                "/update/state=\"idle\"",
            ][..],
            &[][..],
        ),
        (
            r#"{"state":"ON","brightness":254,"color":{"x":0.46,"y":0.41},"color_mode":"xy"}"#,
            &[
                "/state=\"ON\"",
                "/brightness=254",
                "/color/x=0.46",
                "/color/y=0.41",
                "/color_mode=\"xy\"",
            ],
            &[],
        ),
        (r#"{"state":"online"}"#, &["/state=\"online\""], &[]),
    ]);
}

#[test]
fn home_assistant() {
    check(&[
        // mqtt_statestream
        ("21.5", &["=21.5"][..], &[][..]),
        ("unavailable", &["=\"unavailable\""], &[]),
        (r#""°C""#, &["=\"°C\""], &[]),
        (
            r#""2025-11-24T12:00:00+00:00""#,
            &["=\"2025-11-24T12:00:00+00:00\""],
            &[],
        ),
        // mqtt_eventstream
        (
            r#"{"event_type":"state_changed","event_data":{"entity_id":"sensor.t","new_state":{"state":"21.5","attributes":{"unit_of_measurement":"°C"}}}}"#,
            &[
                "/event_type=\"state_changed\"",
                "/event_data/entity_id=\"sensor.t\"",
                "/event_data/new_state/state=\"21.5\"",
                "/event_data/new_state/attributes/unit_of_measurement=\"°C\"",
            ],
            &[],
        ),
    ]);
}

#[test]
fn shelly_of_both_generations() {
    check(&[
        // shellies/shellyplug-s-1/relay/0 and …/power
        ("on", &["=\"on\""][..], &[][..]),
        ("0.00", &["=0"], &[]),
        (
            r#"{"wifi_sta":{"connected":true,"ip":"192.168.1.7","rssi":-61},"relays":[{"ison":false,"overpower":false}],"meters":[{"power":0.00,"is_valid":true,"total":81234}],"temperature":31.25}"#,
            &[
                "/wifi_sta/connected=true",
                "/wifi_sta/ip=\"192.168.1.7\"",
                "/wifi_sta/rssi=-61",
                "/relays/0/ison=false",
                "/relays/0/overpower=false",
                "/meters/0/power=0",
                "/meters/0/is_valid=true",
                "/meters/0/total=81234",
                "/temperature=31.25",
            ],
            &[],
        ),
        // shellyplus1pm-1/events/rpc
        (
            r#"{"src":"shellyplus1pm-a8","dst":"shellyplus1pm-a8/events","method":"NotifyStatus","params":{"ts":1763848053.29,"switch:0":{"id":0,"apower":8.9,"aenergy":{"by_minute":[71.6,154.7],"minute_ts":1763848052,"total":6.532}}}}"#,
            &[
                "/src=\"shellyplus1pm-a8\"",
                "/dst=\"shellyplus1pm-a8/events\"",
                "/method=\"NotifyStatus\"",
                "/params/switch:0/id=0 @ts",
                "/params/switch:0/apower=8.9 @ts",
                "/params/switch:0/aenergy/by_minute/0=71.6 @ts",
                "/params/switch:0/aenergy/by_minute/1=154.7 @ts",
                "/params/switch:0/aenergy/minute_ts=1763848052 @ts",
                "/params/switch:0/aenergy/total=6.532 @ts",
            ],
            &[],
        ),
    ]);
}

#[test]
fn node_red_and_ignition() {
    check(&[
        (
            r#"{"topic":"line1/press","payload":{"temp":21.5,"ok":true},"_msgid":"a1b2c3.4","qos":0,"retain":false}"#,
            &[
                "/topic=\"line1/press\"",
                "/payload/temp=21.5",
                "/payload/ok=true",
                "/_msgid=\"a1b2c3.4\"",
                "/qos=0",
                "/retain=false",
            ][..],
            &[][..],
        ),
        // What a Buffer becomes in JSON.
        (
            r#"{"type":"Buffer","data":[104,105]}"#,
            &["/type=\"Buffer\"", "/data/0=104", "/data/1=105"],
            &[],
        ),
        // Ignition: a tag of MQTT Transmission's UNS, and one of system.util.jsonEncode.
        (
            r#"{"value":42.5,"timestamp":1763848053293,"quality":192,"properties":{"engUnit":"bar"}}"#,
            &[
                "/value=42.5 @timestamp",
                "/quality=192 @timestamp",
                "/properties/engUnit=\"bar\" @timestamp",
            ],
            &[],
        ),
        (
            r#"{"tags":[{"path":"[default]Line 1/Speed","value":12,"quality":"Good","timestamp":"2025-11-24 12:00:00"}]}"#,
            &[
                "/tags/0/path=\"[default]Line 1/Speed\"",
                "/tags/0/value=12",
                "/tags/0/quality=\"Good\"",
                "/tags/0/timestamp=\"2025-11-24 12:00:00\"",
            ],
            &[],
        ),
    ]);
}

#[test]
fn telegraf_and_benthos() {
    check(&[
        (
            r#"{"fields":{"usage_idle":97.5,"n_cpus":4},"name":"cpu","tags":{"cpu":"cpu0","host":"edge-7"},"timestamp":1763848053}"#,
            &[
                "/fields/usage_idle=97.5 @timestamp",
                "/fields/n_cpus=4 @timestamp",
                "/name=\"cpu\" @timestamp",
                "/tags/cpu=\"cpu0\" @timestamp",
                "/tags/host=\"edge-7\" @timestamp",
            ][..],
            &[][..],
        ),
        // In batches.
        (
            r#"{"metrics":[{"fields":{"a":1},"name":"m","tags":{},"timestamp":1763848053},{"fields":{"a":2},"name":"m","tags":{},"timestamp":1763848054}]}"#,
            &[
                "/metrics/0/fields/a=1 @timestamp",
                "/metrics/0/name=\"m\" @timestamp",
                "/metrics/1/fields/a=2 @timestamp",
                "/metrics/1/name=\"m\" @timestamp",
            ],
            &[],
        ),
        // Benthos: a batch that `archive` has made lines of.
        (
            "{\"id\":\"a\",\"doc\":{\"v\":1}}\n{\"id\":\"b\",\"doc\":{\"v\":9007199254740993}}",
            &[
                "/id=\"a\"",
                "/doc/v=1",
                "/id=\"b\"",
                "/doc/v=9007199254740993",
            ],
            &[],
        ),
    ]);
}

#[test]
fn thingsboard() {
    check(&[
        (
            r#"{"temperature":42.2,"humidity":70}"#,
            &["/temperature=42.2", "/humidity=70"][..],
            &[][..],
        ),
        (
            r#"{"ts":1763848053293,"values":{"temperature":42.2,"humidity":70}}"#,
            &["/values/temperature=42.2 @ts", "/values/humidity=70 @ts"],
            &[],
        ),
        // Of a gateway, for several devices.
        (
            r#"{"Device A":[{"ts":1763848053293,"values":{"temperature":42}}],"Device B":[{"ts":1763848053294,"values":{"temperature":43}}]}"#,
            &[
                "/Device A/0/values/temperature=42 @ts",
                "/Device B/0/values/temperature=43 @ts",
            ],
            &[],
        ),
    ]);
}

#[test]
fn lorawan_servers() {
    check(&[
        // ChirpStack 4: application/…/device/…/event/up
        (
            r#"{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"2025-11-24T12:00:00.433689+00:00","deviceInfo":{"deviceName":"press-7","devEui":"0101010101010101","tags":{"key":"value"}},"dr":1,"fPort":1,"data":"qg==","object":{"temperature":21.5},"rxInfo":[{"rssi":-48,"snr":9,"location":{}}],"txInfo":{"frequency":868100000}}"#,
            &[
                "/deduplicationId=\"3ac7e3c4-4401-4b8d-9386-a5c902f9202d\" @time",
                "/deviceInfo/deviceName=\"press-7\" @time",
                "/deviceInfo/devEui=\"0101010101010101\" @time",
                "/deviceInfo/tags/key=\"value\" @time",
                "/dr=1 @time",
                "/fPort=1 @time",
                "/data=\"qg==\" @time",
                "/object/temperature=21.5 @time",
                "/rxInfo/0/rssi=-48 @time",
                "/rxInfo/0/snr=9 @time",
                "/txInfo/frequency=868100000 @time",
            ][..],
            &[][..],
        ),
        // The Things Stack: v3/…/devices/…/up
        (
            r#"{"end_device_ids":{"device_id":"press-7","dev_eui":"0004A30B001C0530"},"received_at":"2025-11-24T12:00:00.123456789Z","uplink_message":{"f_port":1,"frm_payload":"gGUC","decoded_payload":{"temperature":21.5},"settings":{"frequency":"868300000"}}}"#,
            &[
                "/end_device_ids/device_id=\"press-7\" @received_at",
                "/end_device_ids/dev_eui=\"0004A30B001C0530\" @received_at",
                "/uplink_message/f_port=1 @received_at",
                "/uplink_message/frm_payload=\"gGUC\" @received_at",
                "/uplink_message/decoded_payload/temperature=21.5 @received_at",
                "/uplink_message/settings/frequency=\"868300000\" @received_at",
            ],
            &[],
        ),
    ]);
}

#[test]
fn gateways_of_plcs() {
    check(&[
        // KEPServerEX: IoT Gateway, wide and narrow.
        (
            r#"{"timestamp":1763848053293,"values":[{"id":"Channel1.Device1.Tag1","v":42,"q":true,"t":1763848053280},{"id":"Channel1.Device1.Tag2","v":"run","q":false,"t":1763848053281}]}"#,
            &[
                "/values/0/id=\"Channel1.Device1.Tag1\" @t",
                "/values/0/v=42 @t",
                "/values/0/q=true @t",
                "/values/1/id=\"Channel1.Device1.Tag2\" @t",
                "/values/1/v=\"run\" @t",
                "/values/1/q=false @t",
            ][..],
            &[][..],
        ),
        // Siemens: the common payload of Industrial Edge's connectors.
        (
            r#"{"seq":7,"vals":[{"id":"101","qc":3,"ts":"2025-11-24T12:00:00.123Z","val":21.5},{"id":"102","qc":3,"ts":"2025-11-24T12:00:00.123Z","val":18446744073709551615}]}"#,
            &[
                "/seq=7",
                "/vals/0/id=\"101\" @ts",
                "/vals/0/qc=3 @ts",
                "/vals/0/val=21.5 @ts",
                "/vals/1/id=\"102\" @ts",
                "/vals/1/qc=3 @ts",
                "/vals/1/val=18446744073709551615 @ts",
            ],
            &[],
        ),
        // A cyclic job of an S7 program that has only texts.
        (r#"{"DB10.DBD4":"21.5"}"#, &["/DB10.DBD4=\"21.5\""], &[]),
    ]);
}

#[test]
fn bare_values_and_lines() {
    check(&[
        ("21.5", &["=21.5"][..], &[][..]),
        ("-40", &["=-40"], &[]),
        ("1e-3", &["=0.001"], &[]),
        ("true", &["=true"], &[]),
        ("\"run\"", &["=\"run\""], &[]),
        ("run", &["=\"run\""], &[]),
        ("21.5\n", &["=21.5"], &[]),
        ("1\n2\n3\n", &["=1", "=2", "=3"], &[]),
        ("{\"a\":1}\n{\"a\":2}\n", &["/a=1", "/a=2"], &[]),
        ("[1,2]\n[3]\n", &["/0=1", "/1=2", "/0=3"], &[]),
        ("{\"a\":1}\n\n{\"b\":true}", &["/a=1", "/b=true"], &[]),
    ]);
}
