//! Signing in by a browser, and what its other tabs can do with that: nothing.

use super::people::{Answer, Plant, Request, Who};
use crate::support::server::Server;
use crate::support::settings::Settings;

const PASSWORD: &str = "correct horse";

/// An account with a password, on a server with others.
fn with_password(plant: &Plant, name: &str, role: &str) {
    let account = format!(r#"{{"name":"{name}","role":"{role}","password":"{PASSWORD}"}}"#);
    let made = plant.ask(
        Who::Administrator,
        &Request::new("POST", "/api/v1/accounts").json(&account),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(
        !made.text.contains(PASSWORD) && !made.text.contains("argon2"),
        "{}",
        made.text
    );
}

fn sign_in(name: &str, password: &str) -> Request {
    let body = format!(r#"{{"name":"{name}","password":"{password}"}}"#);
    Request::new("POST", "/api/v1/sign-in").json(&body)
}

/// What the browser sends back of what it was told to keep.
fn cookie(answer: &Answer) -> String {
    let cookie = answer
        .header("set-cookie")
        .unwrap_or_else(|| panic!("{}", answer.text));
    cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn a_browser_that_is_signed_in_writes_only_for_pages_of_ours() {
    let plant = Plant::start(false);
    with_password(&plant, "anna", "operator");
    let signed_in = plant.send(&sign_in("anna", PASSWORD));
    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    let set = signed_in.header("set-cookie").unwrap();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Strict"),
        "{set}"
    );
    assert_eq!(signed_in.json()["name"], "anna");
    let cookie = cookie(&signed_in);
    let own = format!("http://{}", plant.server.http);
    let publish = Request::new("POST", "/api/v1/publish?topic=open/new");
    let read = Request::new("GET", "/api/v1/latest");
    for (request, headers, status) in [
        (&read, &[][..], 200),
        (&read, &[("origin", &*own)], 200),
        (&read, &[("origin", "http://evil.example")], 403),
        (&read, &[("origin", "null")], 403),
        (
            &read,
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "no-cors"),
            ],
            403,
        ),
        (&read, &[("host", "evil.example")], 421),
        // A form says this and can say no more.
        (&publish, &[("content-type", "text/plain")], 403),
        (
            &publish,
            &[
                ("origin", &own),
                ("content-type", "application/x-www-form-urlencoded"),
            ],
            403,
        ),
        (&publish, &[("content-type", "application/json")], 403),
        (
            &publish,
            &[
                ("x-requested-with", "dashboard"),
                ("origin", "http://evil.example"),
            ],
            403,
        ),
        (
            &publish,
            &[("x-requested-with", "dashboard"), ("origin", &own)],
            200,
        ),
    ] {
        let mut request = request.clone().header("cookie", &cookie).body("1");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = plant.send(&request);
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text);
    }
    let out = Request::new("POST", "/api/v1/sign-out").header("cookie", &cookie);
    assert_eq!(plant.send(&out).status, 403);
    let out = plant.send(&out.header("x-requested-with", "dashboard"));
    assert_eq!(out.status, 204, "{}", out.text);
    assert!(
        out.header("set-cookie").unwrap().contains("Max-Age=0"),
        "{}",
        out.text
    );
    assert_eq!(plant.send(&read.header("cookie", &cookie)).status, 401);
    assert!(!plant.server.log_text().contains(PASSWORD));
}

#[test]
fn a_browser_is_never_asked_for_a_password_over_our_page() {
    let plant = Plant::start(false);
    let challenges = |headers: &[(&str, &str)]| {
        let mut request = Request::new("GET", "/api/v1/latest");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = plant.send(&request);
        assert_eq!(answer.status, 401);
        let lines = answer
            .text
            .lines()
            .filter(|line| line.starts_with("www-authenticate: "));
        lines.map(|line| line.contains("Basic")).collect::<Vec<_>>()
    };
    assert_eq!(challenges(&[]), [false, true]);
    for browser in [
        ("x-requested-with", "dashboard"),
        ("sec-fetch-site", "same-origin"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"),
    ] {
        assert_eq!(challenges(&[browser]), [false], "{browser:?}");
    }
}

#[test]
fn a_password_changes_by_its_owner_who_shows_it_and_ends_what_it_let_in() {
    let plant = Plant::start(false);
    with_password(&plant, "anna", "viewer");
    let cookie = cookie(&plant.send(&sign_in("anna", PASSWORD)));
    let change = |name: &str, body: &str| {
        let path = format!("/api/v1/accounts/{name}/password");
        let request = Request::new("PUT", &path)
            .json(body)
            .header("cookie", &cookie);
        plant
            .send(&request.header("x-requested-with", "dashboard"))
            .status
    };
    assert_eq!(change("anna", r#"{"password":"another horse"}"#), 403);
    assert_eq!(
        change("anna", r#"{"password":"another horse","current":"wrong"}"#),
        403
    );
    assert_eq!(change("viewer", r#"{"password":"another horse"}"#), 403);
    let right = format!(r#"{{"password":"another horse","current":"{PASSWORD}"}}"#);
    assert_eq!(change("anna", &right), 204);
    assert_eq!(
        change("anna", &right),
        401,
        "the cookie is of the password before"
    );
    assert_eq!(plant.send(&sign_in("anna", "another horse")).status, 200);
    let read = Request::new("GET", "/api/v1/me");
    assert_eq!(
        plant.ask_by_password("anna", "another horse", &read).status,
        200
    );
    assert_eq!(plant.ask_by_password("anna", PASSWORD, &read).status, 401);
}

#[test]
fn a_token_sets_no_password_whatever_it_is_shown_as() {
    let plant = Plant::start(false);
    with_password(&plant, "anna", "operator");
    let narrow = r#"{"name":"t","role":"viewer","permissions":{"read":["open/#"]}}"#;
    let token = plant.administer("/api/v1/accounts/anna/tokens", narrow);
    let token = token["text"].as_str().unwrap();
    let body = format!(r#"{{"password":"another horse","current":"{token}"}}"#);
    let change = Request::new("PUT", "/api/v1/accounts/anna/password").json(&body);
    for shown in ["anna", ""] {
        assert_eq!(plant.ask_by_password(shown, token, &change).status, 403);
    }
    let by_bearer = change.header("authorization", &format!("Bearer {token}"));
    assert_eq!(plant.send(&by_bearer).status, 403);
    assert_eq!(plant.send(&sign_in("anna", PASSWORD)).status, 200);
}

#[test]
fn the_first_administrator_is_made_once_and_ends_the_open_time() {
    let server = Settings::default().start();
    let plant = Plant::of(server);
    let me = plant.send(&Request::new("GET", "/api/v1/me")).json();
    assert_eq!(
        (&me["open"], &me["first_run"]),
        (&true.into(), &true.into()),
        "{me}"
    );
    // Whom the accounts belong to is not for everybody to say.
    let add =
        Request::new("POST", "/api/v1/accounts").json(r#"{"name":"a","role":"administrator"}"#);
    assert_eq!(plant.send(&add).status, 409);
    let first = format!(
        r#"{{"name":"admin","password":"{PASSWORD}","anonymous":{{"role":"device","permissions":{{"write":["open/#"]}}}}}}"#
    );
    let weak = first.replace(PASSWORD, "short");
    let first_run = |body: &str| plant.send(&Request::new("POST", "/api/v1/first-run").json(body));
    assert_eq!(first_run(&weak).status, 400);
    assert_eq!(
        first_run(&first.replace("\"device\"", "\"administrator\"")).status,
        400
    );
    let made = first_run(&first);
    assert_eq!(made.status, 200, "{}", made.text);
    let read = Request::new("GET", "/api/v1/accounts").header("cookie", &cookie(&made));
    assert_eq!(plant.send(&read).status, 200);
    assert_eq!(first_run(&first).status, 409);
    let me = plant.send(&Request::new("GET", "/api/v1/me")).json();
    assert_eq!(
        (&me["open"], &me["name"]),
        (&false.into(), &"anonymous".into()),
        "{me}"
    );
    let publish = |topic: &str| {
        let path = format!("/api/v1/publish?topic={topic}");
        plant.send(&Request::new("POST", &path).body("1")).status
    };
    assert_eq!((publish("open/a"), publish("shut/a")), (200, 403));
    assert_eq!(
        plant.send(&Request::new("GET", "/api/v1/accounts")).status,
        403
    );
}

#[test]
fn whoever_guesses_is_told_to_wait() {
    let plant = Plant::start(false);
    with_password(&plant, "anna", "viewer");
    let mut answers = (0..200).map(|at| plant.send(&sign_in("anna", &format!("wrong {at}"))));
    let refused = answers
        .find(|answer| answer.status == 429)
        .expect("a limit");
    let wait = refused
        .header("retry-after")
        .and_then(|wait| wait.parse::<u32>().ok());
    assert!(wait.is_some_and(|wait| wait > 0), "{}", refused.text);
}

#[test]
fn proxies_that_are_trusted_say_who_comes_and_by_what_name() {
    let server = Settings::default()
        .set("UNSPOOL_TRUSTED_PROXIES", "127.0.0.1")
        .set("UNSPOOL_PUBLIC_URL", "https://dash.example")
        .start();
    let plant = Plant::of(server);
    let ask = |headers: &[(&str, &str)]| {
        let mut request = Request::new("GET", "/api/v1/me");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        plant.send(&request)
    };
    let near = ask(&[]);
    assert_eq!(near.json()["first_run"], true);
    assert!(
        near.header("strict-transport-security").is_some(),
        "{}",
        near.text
    );
    // The proxy is at the machine itself; who comes through it is not.
    let far = ask(&[
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-host", "dash.example"),
    ]);
    assert_eq!(far.json()["first_run"], false);
    assert_eq!(ask(&[("x-forwarded-host", "evil.example")]).status, 421);
    assert_eq!(
        ask(&[("host", "inside"), ("x-forwarded-host", "dash.example")]).status,
        200
    );
    for (origin, status) in [("https://dash.example", 200), ("http://dash.example", 403)] {
        assert_eq!(ask(&[("origin", origin)]).status, status, "{origin}");
    }
}

#[test]
fn every_answer_tells_browsers_what_they_must_not_do() {
    let plant = Plant::of(Server::start());
    for path in ["/", "/api/v1/latest", "/api/v1/absent", "/docs", "/metrics"] {
        let answer = plant.send(&Request::new("GET", path));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "SAMEORIGIN"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("permissions-policy").is_some(), "{path}");
        // Without TLS there is none to insist on.
        assert_eq!(answer.header("strict-transport-security"), None, "{path}");
    }
}
