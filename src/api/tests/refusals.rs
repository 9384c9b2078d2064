//! What needs no database: bad input, publishing, pages.

use axum::http::header;

use super::*;
use crate::auth::{Actor, NewToken, Role};

#[tokio::test]
async fn bad_input_is_told_by_its_name() {
    let line = Line::without_database();
    for (path, kind, parameter) in [
        ("messages?filter=a%23", "bad-filter", "filter"),
        ("messages?filter=%2B%2B", "bad-filter", "filter"),
        ("messages?from=someday", "bad-time", "from"),
        ("messages?from=now&to=-1h", "bad-time", "from"),
        ("messages?limit=0", "bad-limit", "limit"),
        ("messages?limit=1001", "bad-limit", "limit"),
        ("messages?limit=many", "bad-limit", "limit"),
        ("messages?cursor=x", "bad-cursor", "cursor"),
        ("messages?order=up", "bad-parameter", "order"),
        ("messages?format=xml", "bad-parameter", "format"),
        ("messages?limit=1&limit=2", "unknown-parameter", "limit"),
        ("messages/x", "bad-parameter", "seq"),
        ("messages/-1/payload", "bad-parameter", "seq"),
        ("dead-letters?filter=a%23", "bad-filter", "filter"),
        ("dead-letters?defect=none", "bad-parameter", "defect"),
        ("dead-letters?order=up", "bad-parameter", "order"),
        ("dead-letters?limit=1001", "bad-limit", "limit"),
        ("dead-letters?cursor=bTo", "bad-cursor", "cursor"),
        (
            "dead-letters?order=asc&cursor=ZDpkOjc",
            "bad-cursor",
            "cursor",
        ),
        ("latest?filter=a/%23/b", "bad-filter", "filter"),
        ("latest?cursor=bTo", "bad-cursor", "cursor"),
        ("topics?limit=-1", "bad-limit", "limit"),
        ("tree?cursor=%25", "bad-cursor", "cursor"),
        ("samples?every=1", "bad-time", "every"),
        ("samples?every=1ms", "bad-time", "every"),
        ("samples?tz=Mars/Base", "bad-time", "tz"),
        ("messages?tz=x", "bad-time", "tz"),
        ("samples?points=20001", "bad-limit", "points"),
        ("samples?raw=true&limit=20001", "bad-limit", "limit"),
        ("samples?limit=5", "bad-limit", "limit"),
        ("samples?raw=maybe", "bad-parameter", "raw"),
        ("stream?filter=a%23", "bad-filter", "filter"),
        ("stream?since=someday", "bad-time", "since"),
        ("stream?mode=some", "bad-parameter", "mode"),
    ] {
        let answer = line.get(&format!("/api/v1/{path}")).await;
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
        let problem = answer.json();
        assert_eq!(
            problem["type"],
            format!("/problems/{kind}"),
            "{path}: {problem}"
        );
        assert_eq!(
            (answer.status, &problem["status"]),
            (400, &400.into()),
            "{path}"
        );
        assert_eq!(problem["parameter"], parameter, "{path}: {problem}");
    }
    for path in [
        "messages?limits=1",
        "samples?points=1&every=1m",
        "stream?filters=a",
        "ws",
    ] {
        let answer = line.get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, 400, "{path}");
    }
    line.stop().await;
}

#[tokio::test]
async fn an_absent_database_is_no_empty_answer() {
    let line = Line::without_database();
    for path in [
        "messages",
        "messages/1",
        "messages/1/payload",
        "dead-letters",
        "samples",
        "latest",
        "topics",
        "tree",
    ] {
        let answer = line.get(&format!("/api/v1/{path}")).await;
        let problem = answer.json();
        assert_eq!(
            problem["type"], "/problems/database-away",
            "{path}: {problem}"
        );
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, "5"),
            "{path}"
        );
        assert_eq!(problem["request_id"], answer.header("x-request-id"));
    }
    for path in [
        "/api/v1/info",
        "/api/v1/status",
        "/api/v1/ledger",
        "/healthz/live",
        "/healthz/ready",
        "/metrics",
    ] {
        assert_eq!(line.get(path).await.status, 200, "{path}");
    }
    let info = line.get("/api/v1/info").await.json();
    assert_eq!(
        info["database"],
        serde_json::json!({"kind": "embedded", "version": null, "timescaledb": null})
    );
    line.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_the_dashboard() {
    let line = Line::without_database();
    for (method, path, status) in [
        (Method::GET, "/api", 404),
        (Method::GET, "/api/v1/nothing", 404),
        (Method::GET, "/api/v2/info", 404),
        (Method::POST, "/api/v1/info", 405),
        (Method::GET, "/api/v1/publish?topic=a", 405),
        (Method::GET, "/assets/nothing.js", 404),
        (Method::GET, "/problems/nothing", 404),
        (Method::POST, "/topics/a", 404),
    ] {
        let request = Request::builder().method(method).uri(path);
        let answer = line.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
    }
    line.stop().await;
}

#[tokio::test]
async fn pages_are_served_under_a_strict_policy() {
    let line = Line::without_database();
    for path in ["/", "/index.html", "/topics/a/b.c", "/docs"] {
        let answer = line.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("script-src 'self' 'unsafe"), "{policy}");
    }
    let document = line.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let problem = line.get("/problems/bad-filter").await;
    assert!(
        problem.text().starts_with("Not a topic filter"),
        "{}",
        problem.text()
    );
    line.stop().await;
}

#[tokio::test]
async fn a_message_is_published_as_it_was_sent() {
    let mut line = Line::without_database();
    for (query, qos, retain) in [
        ("topic=a/b", Qos::AtLeastOnce, false),
        ("topic=a/b&qos=0&retain=true", Qos::AtMostOnce, true),
        ("topic=a/b&qos=2&retain=false", Qos::ExactlyOnce, false),
    ] {
        for (body, content_type) in [("", None), ("{\"a\":1}", Some("application/json"))] {
            let mut request = Request::post(format!("/api/v1/publish?{query}"));
            if let Some(content_type) = content_type {
                request = request.header("content-type", content_type);
            }
            let answer = line.ask(request.body(body.into()).unwrap()).await;
            assert_eq!(answer.json(), serde_json::json!({"seq": 7, "topic": "a/b"}));
            let message = line.published.recv().await.unwrap();
            assert_eq!((message.qos, message.retain), (qos, retain));
            assert_eq!(
                (&message.payload[..], &*message.client.0),
                (body.as_bytes(), "<rest>")
            );
            let properties = message.properties;
            assert_eq!(
                properties.and_then(|all| all.content_type).as_deref(),
                content_type
            );
        }
    }
    line.stop().await;
}

#[tokio::test]
async fn what_can_not_be_published_is_refused() {
    let mut line = Line::without_database();
    let large = "x".repeat(1025);
    for (query, body, origin, kind, status) in [
        ("", "", None, "bad-topic", 400),
        ("topic=a/%23", "", None, "bad-topic", 400),
        ("topic=%24SYS/x", "", None, "bad-topic", 400),
        ("topic=a&qos=3", "", None, "bad-parameter", 400),
        ("topic=a&retain=maybe", "", None, "bad-parameter", 400),
        ("topic=a", &large, None, "too-large", 413),
        (
            "topic=a",
            "",
            Some("http://evil.example"),
            "foreign-origin",
            403,
        ),
    ] {
        let mut request =
            Request::post(format!("/api/v1/publish?{query}")).header("host", "h:8080");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = line
            .ask(request.body(body.to_owned().into()).unwrap())
            .await;
        let problem = answer.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{query}");
        assert_eq!(answer.status, status, "{query}");
    }
    assert!(line.published.try_recv().is_err());
    line.stop().await;
}

#[tokio::test]
async fn no_route_is_open_to_pages_of_other_sites_or_to_names_that_are_not_ours() {
    let line = Line::without_database();
    for path in [
        "/",
        "/assets/app.js",
        "/docs",
        "/openapi.json",
        "/problems/bad-time",
        "/metrics",
        "/healthz/live",
        "/healthz/ready",
        "/api/v1/info",
        "/api/v1/messages",
        "/api/v1/messages/1/payload",
        "/api/v1/stream",
        "/api/v1/ws",
        "/api/v1/nothing",
        "/mqtt",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            for (name, value, kind, status) in [
                ("origin", "http://evil.example", "foreign-origin", 403),
                ("origin", "null", "foreign-origin", 403),
                ("host", "evil.example:8080", "unknown-host", 421),
            ] {
                let mut request = Request::builder().method(&method).uri(path);
                if name != "host" {
                    request = request.header("host", "localhost:8080");
                }
                let request = request.header(name, value).body(Body::empty());
                let answer = line.ask(request.unwrap()).await;
                assert_eq!(answer.status, status, "{method} {path} {name}: {value}");
                let problem = answer.json();
                assert_eq!(problem["type"], format!("/problems/{kind}"), "{path}");
            }
        }
    }
    let request = Request::get("/mqtt")
        .header("host", "localhost:8080")
        .header("origin", "http://localhost:8080");
    let answer = line.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.text()), (200, "in"));
    line.stop().await;
}

#[tokio::test]
async fn neither_do_they_get_in_while_the_server_starts() {
    let metrics = Arc::<Metrics>::default();
    let config = Arc::new(Config {
        allowed_hosts: Some("h".into()),
        ..Config::default()
    });
    let app = starting(Auth::default(), Arc::clone(&metrics), &config);
    for (path, header, value, status) in [
        ("/healthz/live", "host", "10.0.0.7:8080", 200),
        ("/metrics", "host", "h", 200),
        ("/healthz/ready", "host", "localhost", 503),
        ("/metrics", "host", "evil.example", 421),
        ("/healthz/live", "host", "evil.example:8080", 421),
        ("/api/v1/info", "host", "evil.example", 421),
        ("/metrics", "origin", "http://evil.example", 403),
        ("/metrics", "origin", "http://h", 200),
        ("/metrics", "sec-fetch-site", "cross-site", 403),
    ] {
        let mut request = Request::get(path).header(header, value);
        if header != "host" {
            request = request.header("host", "h");
        }
        let request = request.body(Body::empty()).unwrap();
        let answer = app.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path} {header}: {value}");
        assert!(answer.headers().contains_key("x-request-id"));
    }
    assert_eq!(metrics.http_requests.get(), 9);
}

#[tokio::test]
async fn a_question_is_refused_by_post_as_by_get() {
    let line = Line::without_database();
    for (path, content_type, body, kind) in [
        (
            "messages",
            "application/json",
            r#"{"filter":"a#"}"#,
            "bad-filter",
        ),
        (
            "samples",
            "application/json",
            r#"{"points":0}"#,
            "bad-limit",
        ),
        ("latest", "application/json", "[]", "bad-request"),
        (
            "latest",
            "application/json",
            r#"{"filter":7}"#,
            "bad-parameter",
        ),
        (
            "latest",
            "application/json",
            r#"{"limit":"7"}"#,
            "bad-parameter",
        ),
        (
            "samples",
            "application/json",
            r#"{"raw":1}"#,
            "bad-parameter",
        ),
        ("tree", "text/plain", "paths=a", "unknown-parameter"),
        ("tree", "text/plain", "=", "unknown-parameter"),
        (
            "latest",
            "application/json",
            r#"{"":""}"#,
            "unknown-parameter",
        ),
        (
            "topics?q=a",
            "application/x-www-form-urlencoded",
            "q=b",
            "unknown-parameter",
        ),
        (
            "dead-letters",
            "application/x-www-form-urlencoded",
            "defect=x",
            "bad-parameter",
        ),
        (
            "latest",
            "application/x-www-form-urlencoded",
            "filter=a%2F%23",
            "database-away",
        ),
    ] {
        let request = Request::post(format!("/api/v1/{path}")).header("content-type", content_type);
        let answer = line.ask(request.body(body.into()).unwrap()).await;
        let problem = answer.json();
        assert_eq!(
            problem["type"],
            format!("/problems/{kind}"),
            "{path}: {problem}"
        );
    }
    line.stop().await;
}

#[tokio::test]
async fn what_a_slow_payload_is_published_by_must_hold_when_it_is_there() {
    const PRESS: &str =
        r#"account = [{ name = "press", role = "device", permissions = { write = ["a"] } }]"#;
    for (after, status) in [(PRESS.replace(r#"["a"]"#, "[]"), 403), (PRESS.into(), 200)] {
        let auth = Auth::with_accounts(PRESS);
        let mut line = Line::guarded_without_database(auth.clone());
        // It comes after the first look at what may be published.
        let payload = futures_util::stream::once(async move {
            auth.declare(&after);
            Ok::<_, std::convert::Infallible>(Bytes::from_static(b"1"))
        });
        let request = Request::post("/api/v1/publish?topic=a")
            .header(header::AUTHORIZATION, "Basic cHJlc3M6eA==")
            .body(Body::from_stream(payload));
        let answer = line.ask(request.unwrap()).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(line.published.try_recv().is_ok(), status == 200);
    }
}

#[tokio::test]
async fn a_token_for_totals_sees_no_names_of_topics() {
    let auth = Auth::with_accounts(r#"account = [{ name = "anna", role = "viewer" }]"#);
    let line = Line::guarded_without_database(auth.clone());
    for (role, ledger, removals) in [(Role::Device, 200, 403), (Role::Viewer, 200, 503)] {
        let new = NewToken {
            name: "prometheus".into(),
            role: Some(role),
            metrics: true,
            ..NewToken::default()
        };
        let by = Actor::rest("boss", None);
        let token = auth.issue_token(&by, "anna", new).await.unwrap();
        let bearer = format!("Bearer {}", token.text);
        for (path, status) in [
            ("ledger", ledger),
            ("removals", removals),
            ("removals/1", removals),
        ] {
            let request = Request::get(format!("/api/v1/{path}"));
            let request = request.header(header::AUTHORIZATION, &bearer);
            let answer = line.ask(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, status, "{role:?} {path}: {}", answer.text());
        }
    }
}
