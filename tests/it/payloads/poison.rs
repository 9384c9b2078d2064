//! Messages that are made to hurt: each is taken, in bounded memory, and is on record in the end,
//! in the table of messages or as a dead letter; what comes behind it is not held up; and a server
//! that is killed with them in its journal starts again.

use std::sync::Arc;

use unspool::message::{Properties, Qos};
use unspool::mqtt::codec::{Publish, USER_PROPERTIES_MAX, Version};

use crate::support::client::Client;
use crate::support::container::Container;
use crate::support::ledger::count_on_record;
use crate::support::packets::publish;
use crate::support::settings::Settings;

/// What the server and its database have together.
const MEMORY_BYTES: u64 = 512 << 20;

/// Just below the largest packet that the server takes.
const LARGE: usize = (16 << 20) - 1024;

/// Some of each kind, none larger than `bytes_max`.
pub fn some_of_each(bytes_max: usize) -> Vec<Publish> {
    let kinds = [
        long_names(),
        many_names(),
        deep_nesting(),
        many_values(),
        arrays(),
        long_topics(),
        many_topics(),
        odd_bytes(),
    ];
    let some = |kind: Vec<Publish>| {
        let small = kind
            .into_iter()
            .filter(move |message| message.payload.len() <= bytes_max);
        small.take(30)
    };
    kinds.into_iter().flat_map(some).collect()
}

async fn assert_is_survived(poison: Vec<Publish>) {
    let container = Arc::new(Container::new(MEMORY_BYTES));
    let server = Settings::default()
        .within(&container)
        .expect_in_log("cut a torn tail, of which nothing had been acknowledged")
        .expect_in_log("database")
        .start();
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    let mut published = 0;
    for message in poison {
        client.publish_with(message).await;
        published += 1;
    }
    client.publish("behind/it", Qos::AtLeastOnce, "21.5").await;
    published += 1;
    assert_eq!(count_on_record(&server), published);

    let mut server = server;
    server.kill();
    let server = server.restart();
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    client.publish("behind/it", Qos::AtLeastOnce, "22.5").await;
    published += 1;
    assert_eq!(count_on_record(&server), published);
    let values =
        server.psql("select value from unspool.sample where topic = 'behind/it' order by seq");
    assert_eq!(values, "21.5\n22.5\n");
    assert_eq!(container.killed(), 0, "for want of memory");
}

fn message(topic: &str, payload: impl Into<Vec<u8>>) -> Publish {
    publish(topic, Qos::AtLeastOnce, payload.into())
}

/// `open` and `close` around each other, `depth` times.
fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

fn numbers(count: usize) -> String {
    let numbers: Vec<_> = (0..count).map(|number| number.to_string()).collect();
    format!("[{}]", numbers.join(","))
}

fn long_names() -> Vec<Publish> {
    let key = |letters: usize| "k".repeat(letters);
    let payloads = [
        format!(r#"{{"{}":{}}}"#, key(900_000), numbers(1000)),
        format!(r#"{{"{}":{}}}"#, key(1_200_000), numbers(1000)),
        format!(r#"{{"{}":1}}"#, key(LARGE - 100)),
        nested(&format!(r#"{{"{}":"#, key(100_000)), "}", 100),
        format!(r#"{{"{}":{}}}"#, "\\u0041".repeat(200_000), numbers(1000)),
        format!(r#"{{"{}":{}}}"#, "~/".repeat(400_000), numbers(1000)),
        format!(r#"{{"{}":{}}}"#, "\u{1F600}".repeat(200_000), numbers(1000)),
    ];
    let poison = payloads
        .into_iter()
        .map(|payload| message("name/long", payload));
    poison.collect()
}

fn many_names() -> Vec<Publish> {
    let poison = (0..20).map(|number| {
        let members =
            (0..1000).map(|member| format!(r#""{number}-{member}-{}":1"#, "k".repeat(200)));
        let members: Vec<_> = members.collect();
        message("name/many", format!("{{{}}}", members.join(",")))
    });
    poison.collect()
}

fn deep_nesting() -> Vec<Publish> {
    let payloads = [
        nested("[", "]", 1_000_000),
        nested(r#"{"a":"#, "}", 500_000),
        nested(r#"[{"a":"#, "}]", 500_000),
        "[".repeat(LARGE),
        r#"{"a":"#.repeat(1_000_000),
    ];
    let poison = payloads
        .into_iter()
        .map(|payload| message("nested", payload));
    poison.collect()
}

fn many_values() -> Vec<Publish> {
    let members = (0..500_000).map(|number| format!(r#""{number}":{number}"#));
    let members = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    let payloads = [
        format!("[{}1]", "1,".repeat(2_000_000)),
        format!("[{}1]", r#"{"a":[1,2]},"#.repeat(300_000)),
        numbers(1_000_000),
        members,
        "1 ".repeat(1_000_000),
        "1\n".repeat(1_000_000),
        "9".repeat(LARGE),
        format!(r#"{{"text":"{}"}}"#, "\\u00e9".repeat(2_000_000)),
    ];
    let poison = payloads
        .into_iter()
        .map(|payload| message("values", payload));
    poison.collect()
}

fn arrays() -> Vec<Publish> {
    let payload = format!("[{}1]", "1,".repeat(999));
    let poison =
        (0..2000).map(|number| message(&format!("array/{}", number % 10), payload.clone()));
    poison.collect()
}

fn large_properties() -> Vec<Publish> {
    let value = "v".repeat(65_000);
    let poison = (0..2).map(|_| {
        let mut message = message("properties", "1");
        let user = (0..LARGE / 65_010 - 1)
            .map(|number| (number.to_string().into(), value.as_str().into()));
        message.properties = Some(Box::new(Properties {
            user: user.collect(),
            ..Properties::default()
        }));
        message
    });
    let many = (0..2).map(|_| {
        let mut message = message("properties", "1");
        message.properties = Some(Box::new(Properties {
            user: vec![("".into(), "".into()); USER_PROPERTIES_MAX],
            ..Properties::default()
        }));
        message
    });
    poison.chain(many).collect()
}

fn long_topics() -> Vec<Publish> {
    const LENGTH: usize = 65_535;
    let long = |number: usize| {
        let end = format!("/{number}");
        [
            format!("{}{end}", "t".repeat(LENGTH - end.len())),
            format!("{}{end}", "/".repeat(LENGTH - end.len())),
            format!("{}{end}", "\u{1F600}/".repeat((LENGTH - end.len()) / 5)),
        ]
    };
    let poison = (0..30)
        .flat_map(long)
        .map(|topic| message(&topic, r#"{"a":1,"b":"x"}"#));
    poison.collect()
}

fn many_topics() -> Vec<Publish> {
    let poison = (0..20_000).map(|number| message(&format!("many/{}/{number}", number % 7), "1"));
    poison.collect()
}

fn odd_bytes() -> Vec<Publish> {
    let utf_16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let payloads: Vec<Vec<u8>> = vec![
        vec![0; 1 << 20],
        vec![0xff; 1 << 20],
        b"21.5\0".to_vec(),
        b"{\"a\":1}\0\0\0\0".to_vec(),
        b"{\"a\0b\":\"c\0d\",\"e\":1}".to_vec(),
        br#"{"a\u0000b":"c\u0000d","e":1}"#.to_vec(),
        b"\xef\xbb\xbf{\"a\":1}".to_vec(),
        utf_16(r#"{"temp":21.5}"#),
        b"{\"temp\":\"21 \xb0C\",\"hum\":40}".to_vec(),
        br#"{"temp":NaN,"hum":40.5,"low":-Infinity}"#.to_vec(),
        b"NaN".to_vec(),
        b"-inf".to_vec(),
        b"0012345678905".to_vec(),
        b"12E34567".to_vec(),
        b"1e400".to_vec(),
        b"18446744073709551616".to_vec(),
        b"{\"a\":1}{\"a\":2}\n{\"a\":3}".to_vec(),
        b"{'a':1,}".to_vec(),
        br#"{"temp":21.5,"hum":4"#.to_vec(),
        br#"{"total":131.,"b":+5,"c":.5}"#.to_vec(),
        br#"{"a":1,"a":2,"a":"x"}"#.to_vec(),
        br#"{"timestamp_ms":"1795000000000","v":1}"#.to_vec(),
        br#"{"timestamp_ms":1795000000,"v":1}"#.to_vec(),
        br#"{"timestamp_ms":1795000000000000000,"v":1}"#.to_vec(),
        br#"{"timestamp_ms":-9223372036854775808,"v":1}"#.to_vec(),
        br#"{"":{"":{"":1}}}"#.to_vec(),
        "{\"\u{202e}\u{feff}\u{ffff}\":\"\u{1F468}\u{200d}\u{1F469}\"}".into(),
    ];
    let poison = payloads
        .into_iter()
        .map(|payload| message("odd/bytes", payload));
    poison.collect()
}

#[tokio::test]
async fn names_as_long_as_their_message() {
    assert_is_survived(long_names()).await;
}

#[tokio::test]
async fn names_by_the_thousand_in_each_message() {
    assert_is_survived(many_names()).await;
}

#[tokio::test]
async fn nesting_without_an_end() {
    assert_is_survived(deep_nesting()).await;
}

#[tokio::test]
async fn values_by_the_million() {
    assert_is_survived(many_values()).await;
}

#[tokio::test]
async fn arrays_of_a_thousand_in_each_of_many_messages() {
    assert_is_survived(arrays()).await;
}

#[tokio::test]
async fn properties_larger_than_any_payload() {
    assert_is_survived(large_properties()).await;
}

#[tokio::test]
async fn topics_as_long_as_can_be() {
    assert_is_survived(long_topics()).await;
}

#[tokio::test]
async fn a_topic_for_each_of_many_messages() {
    assert_is_survived(many_topics()).await;
}

#[tokio::test]
async fn bytes_that_are_no_text_or_nearly_json() {
    assert_is_survived(odd_bytes()).await;
}
