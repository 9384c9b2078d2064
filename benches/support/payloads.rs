//! Payloads to decode: clean ones, odd ones, and poison.

/// A payload, made when it is needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Payload {
    pub(crate) name: &'static str,
    pub(crate) bytes: fn() -> Vec<u8>,
}

pub(crate) const PAYLOADS: [Payload; 16] = [
    Payload::new("number", || b"21.5".into()),
    Payload::new("text", || b"running".into()),
    Payload::new("object of 3", || {
        br#"{"timestamp_ms":1763848053293,"temperature":21.53,"pressure":1013.2,"state":"run"}"#
            .into()
    }),
    Payload::new("nested of 12", || {
        br#"{"Time":"2025-11-24T12:00:00","ENERGY":{"TotalStartTime":"2025-01-01T00:00:00","Total":131.5,"Yesterday":1.204,"Today":0.613,"Period":0,"Power":42,"ApparentPower":63,"ReactivePower":47,"Factor":0.67,"Voltage":231,"Current":0.273}}"#
            .into()
    }),
    Payload::new("object of 200", || object(200)),
    Payload::new("object of 1000", || object(1000)),
    Payload::new("array of 1000", || {
        format!("[{}]", vec!["21.5"; 1000].join(",")).into()
    }),
    Payload::new("objects in an array", || {
        format!("[{}]", vec![r#"{"x":1.5,"y":2.5,"z":3.5}"#; 100].join(",")).into()
    }),
    Payload::new("JPEG of 100 KB", || {
        [&b"\xff\xd8\xff\xe0"[..], &vec![0xa5; 100_000]].concat()
    }),
    Payload::new("zero-padded", || b"21.5\0\0\0\0".into()),
    Payload::new("NaN in an object", || br#"{"temp":NaN,"hum":40.5}"#.into()),
    Payload::new("lines of JSON", || {
        "{\"x\":1.5,\"y\":2.5,\"z\":3.5}\n".repeat(100).into()
    }),
    Payload::new("single quotes", || b"{'temp':21.5,'hum':40.5}".into()),
    Payload::new("one long name", || {
        let numbers = vec!["1"; 1000].join(",");
        format!(r#"{{"{}":[{numbers}]}}"#, "n".repeat(900_000)).into()
    }),
    Payload::new("members repeated", || {
        let members: Vec<_> = (0..150_000)
            .map(|n| format!(r#""m{}":1"#, n % 900))
            .collect();
        format!("{{{}}}", members.join(",")).into()
    }),
    Payload::new("opened and not closed", || b"{\"a\":[".repeat(170_000)),
];

impl Payload {
    const fn new(name: &'static str, bytes: fn() -> Vec<u8>) -> Self {
        Self { name, bytes }
    }
}

fn object(members: usize) -> Vec<u8> {
    let members: Vec<_> = (0..members)
        .map(|n| format!(r#""tag_{n}":{}.5"#, n * 7))
        .collect();
    format!("{{{}}}", members.join(",")).into()
}
