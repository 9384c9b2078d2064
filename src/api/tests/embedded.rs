//! Bytes inside a payload: told with the message, and given by their path.

use super::history::{line, message};
use super::*;
use crate::message::Defects;
use crate::store::MessageRow;

const GIF: &str = "R0lGODlhAgABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_inside_a_payload_is_told_and_given() {
    let image = format!(r#"{{"a/b":{{"part 7":"data:image/gif;base64,{GIF}"}}}}"#);
    let payloads = [
        image.as_bytes(),
        // {"id": h'3c68746d6c3e'} in CBOR: `<html>`.
        b"\xd9\xd9\xf7\xa1\x62id\x46<html>",
        b"GIF89a\x02\0\x01\0\x80\0\0",
    ];
    let rows = (1..).zip(payloads).map(|(n, payload)| MessageRow {
        message: Arc::new(message(n, "camera", payload)),
        samples: Vec::new(),
        defects: Defects::default(),
        remarks: None,
    });
    let (line, postgres) = line(rows.collect()).await;

    let told = line.get("/api/v1/messages/1").await.json();
    assert_eq!(told["format"], "json");
    let [inside] = &told["embedded"].as_array().unwrap()[..] else {
        panic!("one image: {told}");
    };
    let address = inside["ref"].as_str().unwrap();
    assert!(address.ends_with("&path=%2Fa%7E1b%2Fpart+7"), "{address}");
    assert_eq!(
        *inside,
        serde_json::json!({"path": "/a~1b/part 7", "mime": "image/gif", "bytes": 42,
            "width": 2, "height": 1, "ref": address})
    );
    let given = line.get(address).await;
    assert_eq!((given.status, given.body.len()), (200, 42));
    for (name, value) in [
        ("content-type", "image/gif"),
        ("cache-control", "private, max-age=31536000, immutable"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "inline; filename=\"message-1\""),
    ] {
        assert_eq!(given.header(name), value, "{name}");
    }

    let told = line.get("/api/v1/messages/2").await.json();
    assert_eq!(told["format"], "cbor");
    assert_eq!(told["embedded"][0]["path"], "/id");
    let given = line.get("/api/v1/messages/2/payload?path=/id").await;
    assert_eq!(&given.body[..], b"<html>");
    assert_eq!(given.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(given.header("cache-control"), "no-cache");

    let told = line.get("/api/v1/messages/3").await.json();
    assert_eq!(told["format"], "image/gif");
    assert_eq!((&told["width"], &told["height"]), (&2.into(), &1.into()));
    assert_eq!(told["embedded"], Value::Null);

    let small = line
        .get("/api/v1/messages/1/thumbnail?path=/a~1b/part%207&size=16")
        .await;
    assert_eq!(small.status, 200, "{:?}", small.body);
    for (name, value) in [
        ("cache-control", "no-cache"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        (
            "content-disposition",
            "inline; filename=\"message-1-thumbnail\"",
        ),
    ] {
        assert_eq!(small.header(name), value, "{name}");
    }
    let again = Request::get("/api/v1/messages/1/thumbnail?path=/a~1b/part%207&size=16")
        .header("if-none-match", small.header("etag"))
        .body(Body::empty());
    assert_eq!(line.ask(again.unwrap()).await.status, 304);
    for (address, status) in [
        ("2/thumbnail", 415),
        ("2/thumbnail?path=/id", 415),
        ("2/thumbnail?path=/x", 404),
        ("3/thumbnail", 422),
        ("9/thumbnail", 404),
        ("1/thumbnail?size=15", 400),
        ("1/thumbnail?size=513", 400),
    ] {
        let answer = line.get(&format!("/api/v1/messages/{address}")).await;
        assert_eq!(answer.status, status, "{address}");
    }

    for (seq, path) in [
        (1, "/a"),
        (1, ""),
        (1, "/x"),
        (2, "/"),
        (3, "/id"),
        (9, "/id"),
    ] {
        let path = format!("/api/v1/messages/{seq}/payload?path={path}");
        assert_eq!(line.get(&path).await.status, 404, "{path}");
    }
    line.stop().await;
    postgres.stop().await;
}
