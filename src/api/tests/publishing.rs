//! Many messages in one request, and one request sent twice.

use super::*;

async fn post(line: &Line, query: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::post(format!("/api/v1/publish{query}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    line.ask(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

fn told(message: &Message) -> String {
    let content_type = message.properties.as_ref();
    let content_type = content_type.and_then(|it| it.content_type.as_deref());
    format!(
        "{} {} {} {} {}",
        message.topic,
        String::from_utf8_lossy(&message.payload),
        message.qos as u8,
        message.retain,
        content_type.unwrap_or("-")
    )
}

#[tokio::test]
async fn lines_are_published_together() {
    let mut line = Line::without_database();
    let body = r#"{"topic":"a","payload":"21.5"}

{"topic":"b","payload":{"t": 1.50},"qos":2,"retain":true}
{"topic":"c","payload_base64":"/9j/","content_type":"image/jpeg"}
{"seq":3,"topic":"d","time":"2026-11-22T06:00:00Z","qos":0,"retain":false,"client":"x","payload":null,"format":"json"}
"#;
    let answer = post(&line, "?retain=false&qos=1", &[NDJSON], body).await;
    assert_eq!(
        (answer.status, answer.text()),
        (200, r#"{"count":4,"seqs":[7,8,9,10]}"#)
    );
    for expected in [
        "a 21.5 1 false -",
        "b {\"t\": 1.50} 2 true -",
        "c \u{fffd}\u{fffd}\u{fffd} 1 false image/jpeg",
        "d null 0 false -",
    ] {
        let message = line.published.recv().await.unwrap();
        assert_eq!(told(&message), expected);
    }
    // With a topic for all of it, it is a payload.
    let answer = post(&line, "?topic=log", &[NDJSON], "{}\n{}\n").await;
    assert_eq!(answer.json()["seq"], 7);
    assert_eq!(
        told(&line.published.recv().await.unwrap()),
        "log {}\n{}\n 1 false application/x-ndjson"
    );
    for (body, part) in [
        (
            "{\"topic\":\"a\",\"payload\":1}\n{\"topic\":\"#\",\"payload\":1}",
            "line 2: topic",
        ),
        ("{\"topic\":\"$x\",\"payload\":1}", "line 1: topic"),
        ("{\"topic\":\"a\"}", "line 1: has neither"),
        (
            "{\"topic\":\"a\",\"payload\":1,\"payload_base64\":\"\"}",
            "exclude each other",
        ),
        (
            "{\"topic\":\"a\",\"payload_base64\":\"%\"}",
            "payload_base64",
        ),
        (
            "{\"topic\":\"a\",\"payload\":1,\"reatin\":true}",
            "unknown field",
        ),
        ("{\"topic\":\"a\",\"payload\":1,\"qos\":3}", "qos"),
        ("{\"topic\":\"a\",\"payload\":1", "line 1"),
    ] {
        let answer = post(&line, "", &[NDJSON], body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text().contains(part), "{}", answer.text());
    }
    assert_eq!(
        post(&line, "", &[], "x").await.status,
        400,
        "without a topic"
    );
    assert_eq!(post(&line, "", &[NDJSON], "").await.json()["count"], 0);
    assert!(line.published.try_recv().is_err(), "all or none");
    line.stop().await;
}

#[tokio::test]
async fn each_part_of_a_form_is_a_message() {
    let mut line = Line::without_database();
    let form = ("content-type", "multipart/form-data; boundary=x");
    let body = "--x\r\nContent-Disposition: form-data; name=\"retain\"\r\n\r\ntrue\r\n\
        --x\r\nContent-Disposition: form-data; name=\"payload\"; filename=\"a.jpg\"\r\n\
        Content-Type: image/jpeg\r\n\r\npixels\r\n\
        --x\r\nContent-Disposition: form-data; name=\"camera/2\"\r\n\r\nmore\r\n--x--\r\n";
    let answer = post(&line, "?topic=camera/1", &[form], body).await;
    assert_eq!(
        (answer.status, answer.text()),
        (200, r#"{"count":2,"seqs":[7,8]}"#)
    );
    for expected in [
        "camera/1 pixels 1 true image/jpeg",
        "camera/2 more 1 true -",
    ] {
        assert_eq!(told(&line.published.recv().await.unwrap()), expected);
    }
    let part = |name: &str, value: &str| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--x--\r\n"
        )
    };
    for (body, expected) in [
        (part("payload", "1"), "part payload: topic: is missing"),
        (part("a/#", "1"), "part a/#: topic"),
        (part("qos", "3"), "part qos"),
        (part("retain", "maybe"), "part retain"),
        ("--x\r\nbroken".to_owned(), "the form"),
    ] {
        let answer = post(&line, "", &[form], &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        assert!(answer.text().contains(expected), "{}", answer.text());
    }
    let large = part("a", &"x".repeat(2000));
    assert_eq!(post(&line, "", &[form], &large).await.status, 413);
    assert!(line.published.try_recv().is_err());
    line.stop().await;
}

#[tokio::test]
async fn a_request_with_a_key_is_published_once() {
    let mut line = Line::without_database();
    let key = |key| [("idempotency-key", key)];
    for _ in 0..3 {
        let answer = post(&line, "?topic=a", &key("one"), "1").await;
        assert_eq!(
            (answer.status, answer.json()["seq"].as_u64()),
            (200, Some(7))
        );
    }
    assert!(line.published.try_recv().is_ok());
    assert!(line.published.try_recv().is_err(), "only once");
    assert_eq!(post(&line, "?topic=a", &key("one"), "2").await.status, 409);
    assert_eq!(post(&line, "?topic=a", &key("two"), "2").await.status, 200);
    assert!(line.published.try_recv().is_ok());
    assert_eq!(post(&line, "?topic=a", &key(""), "2").await.status, 400);
    assert_eq!(post(&line, "?topic=a", &key("a b"), "2").await.status, 400);
    let long = "k".repeat(300);
    assert_eq!(post(&line, "?topic=a", &key(&long), "2").await.status, 400);
    // What failed may be sent again.
    assert_eq!(
        post(&line, "?topic=$a", &key("three"), "3").await.status,
        400
    );
    assert_eq!(
        post(&line, "?topic=a", &key("three"), "3").await.status,
        200
    );
    line.stop().await;
}

#[tokio::test]
async fn a_retained_message_is_put_and_not_emptied() {
    let mut line = Line::without_database();
    let put = async |query: &str, body: &'static str| {
        let request = Request::put(format!("/api/v1/retained{query}"));
        line.ask(request.body(Body::from(body)).unwrap()).await
    };
    assert_eq!(put("?topic=set/point", "21").await.json()["seq"], 7);
    assert_eq!(put("?topic=set/point", "").await.status, 400);
    assert_eq!(put("", "21").await.status, 400);
    let message = line.published.recv().await.unwrap();
    assert_eq!(told(&message), "set/point 21 1 true -");
    assert!(line.published.try_recv().is_err());
    line.stop().await;
}
