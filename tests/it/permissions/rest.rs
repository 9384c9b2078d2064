//! Every operation of the OpenAPI document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::people::{Plant, Request, Who};
use super::rows::About::{
    Administration, Anybody, Everybody, Message, Open, Restores, Stream, Topics, Totals, Writes,
};
use super::rows::{RANGE, ROWS, Row};

/// The request of a row, about this name or number.
fn request((method, path, address, body, about): Row, about_what: &str) -> Request {
    let address = address.replace("RANGE", RANGE);
    let address = if address.starts_with('/') {
        address
    } else {
        format!("{path}{address}")
    };
    let fill = |text: &str| text.replace("{}", about_what);
    let request = Request::new(&method.to_uppercase(), &fill(&address));
    match (body, about) {
        ("", _) => request,
        // An empty object is one, not a place for a name.
        ("{}", _) => request.json(body),
        _ => request.json(&fill(body)),
    }
}

#[test]
fn every_operation_has_a_row() {
    let document: Value =
        serde_json::from_str(include_str!("../../../openapi/openapi.json")).unwrap();
    let mut operations = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys();
        operations.extend(methods.map(|method| (method.clone(), path.clone())));
    }
    let rows: BTreeSet<_> = ROWS
        .iter()
        .map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(operations, rows);
}

#[test]
fn everybody_gets_what_they_may_have_and_the_rest_is_not_there() {
    for with_anonymous in [false, true] {
        let plant = Plant::start(with_anonymous);
        for row in ROWS {
            for who in plant.people() {
                check(&plant, *row, who);
            }
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of row")]
fn check(plant: &Plant, row: Row, who: Who) {
    let (method, _, address, _, about) = row;
    let what = format!("{who:?}: {method} {} {address}", row.1);
    let ask = |about_what: &str| plant.ask(who, &request(row, about_what));
    let status = |allowed: u16| match who {
        Who::Nobody => 401,
        _ => allowed,
    };
    match about {
        Anybody => {
            let answer = ask("");
            let expected = match row.1 {
                // After some of them, whoever comes from there has to wait.
                "/api/v1/sign-in" if answer.status == 429 => 429,
                "/api/v1/sign-in" => 401,
                "/api/v1/sign-out" => 204,
                _ => 200,
            };
            assert_eq!(answer.status, expected, "{what}: {}", answer.text);
            let tells = answer.text.contains("backlog");
            assert_eq!(tells, row.1.ends_with("ready") && who.reads_all(), "{what}");
        }
        Everybody => {
            let answer = ask("");
            assert_eq!(answer.status, status(200), "{what}: {}", answer.text);
            if row.1 == "/api/v1/status" && answer.status == 200 {
                let view = answer.json();
                let topics = if who.reads_all() { 2 } else { 1 };
                assert_eq!(view["topics"], topics, "{what}: {view}");
                assert_eq!(
                    view.get("messages").is_some(),
                    who.reads_all(),
                    "{what}: {view}"
                );
            }
        }
        Topics => {
            let (secret, absent) = (ask("secret"), ask("absent"));
            assert_eq!(secret.status, status(200), "{what}: {}", secret.text);
            let hidden = absent.text.replace("absent", "secret");
            assert_eq!(
                secret.text != hidden,
                who.reads_all(),
                "{what}: {}",
                secret.text
            );
            let open = ask("open");
            assert_eq!(
                open.text.contains("open/b"),
                who != Who::Nobody,
                "{what}: {}",
                open.text
            );
            let tells = open.text.contains("complete_to");
            assert!(!tells || who.reads_all(), "{what}: {}", open.text);
        }
        Message => {
            let secret = ask(&plant.secret.to_string());
            let absent = ask(&plant.absent.to_string());
            // There is no image in it, which only who may read it is told.
            let found = match address {
                _ if address.ends_with("/thumbnail") => 415,
                _ if address.contains("?path=") => 404,
                _ => 200,
            };
            assert_eq!(
                secret.status,
                status(if who.reads_all() { found } else { 404 }),
                "{what}"
            );
            let number = |seq: u64| format!("message {seq}");
            let hidden = absent
                .text
                .replace(&number(plant.absent), &number(plant.secret));
            assert_eq!(
                secret.text != hidden,
                who.reads_all(),
                "{what}: {}",
                secret.text
            );
        }
        Totals => {
            let answer = ask("");
            let found = if address.contains("999999") { 404 } else { 200 };
            let expected = status(if who.reads_all() { found } else { 403 });
            assert_eq!(answer.status, expected, "{what}: {}", answer.text);
        }
        Writes => {
            let may = |allowed| status(if allowed { 200 } else { 403 });
            let everywhere = matches!(who, Who::Administrator | Who::Operator);
            let some = matches!(who, Who::Device | Who::Denied | Who::Token);
            // Nothing that a test counts, and a topic that is there already.
            let probe = |topic: &str| ask(topic).status;
            assert_eq!(probe("open"), may(everywhere || some), "{what}");
            for name in ["secret", "absent"] {
                let allowed = everywhere || who == Who::Denied && name == "absent";
                if !allowed {
                    assert_eq!(probe(name), may(false), "{what} {name}");
                }
            }
        }
        Restores => {
            let writes = matches!(who, Who::Administrator | Who::Operator);
            let known = if writes { 200 } else { 403 };
            let secret = ask(&plant.secret.to_string()).status;
            let expected = status(if who.reads_all() { known } else { 404 });
            assert_eq!(secret, expected, "{what}");
            assert_eq!(ask("999999999").status, status(404), "{what}");
        }
        Administration => {
            let answer = ask("");
            if who == Who::Administrator {
                let missing = answer.status == 404 && address.contains("absent");
                let made = matches!(answer.status, 201 | 202 | 409);
                assert!(
                    missing || made || answer.status == 200,
                    "{what}: {}",
                    answer.text
                );
            } else {
                assert_eq!(answer.status, status(403), "{what}: {}", answer.text);
            }
        }
        Open => assert_eq!(ask("").status, 409, "{what}"),
        Stream => {}
    }
}

/// Nothing forbidden is counted, wherever there are counts.
#[test]
fn the_tree_and_the_lists_know_of_nothing_that_may_not_be_read() {
    let plant = Plant::start(true);
    for who in plant.people().filter(|who| !who.reads_all()) {
        for path in [
            "/api/v1/tree",
            "/api/v1/topics",
            "/api/v1/latest",
            "/api/v1/messages",
        ] {
            let answer = plant.ask(who, &Request::new("GET", path));
            assert!(
                !answer.text.contains("secret"),
                "{who:?} {path}: {}",
                answer.text
            );
        }
        let tree = plant.ask(who, &Request::new("GET", "/api/v1/tree")).json();
        assert_eq!(tree["items"].as_array().unwrap().len(), 1, "{who:?} {tree}");
        assert_eq!(tree["items"][0]["messages"], 2, "{who:?} {tree}");
        let letters = plant
            .ask(who, &Request::new("GET", "/api/v1/dead-letters"))
            .json();
        assert_eq!(
            letters["items"].as_array().unwrap().len(),
            1,
            "{who:?} {letters}"
        );
    }
}

/// Without an account, or with a wrong one, a request is refused as if no page were there at all.
#[test]
fn a_wrong_token_is_told_nothing() {
    let plant = Plant::start(false);
    let ask = |token: &str, path: &str| {
        let request = Request::new("GET", path);
        plant.send(&request.header("authorization", &format!("Bearer {token}")))
    };
    for path in [
        "/api/v1/messages/1",
        "/api/v1/messages/999999",
        "/api/v1/latest",
        "/metrics",
    ] {
        let refused = ask("usp_viewer_wrong", path);
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.text, ask("usp_nobody_wrong", path).text, "{path}");
        assert_eq!(refused.text, ask("nonsense", path).text, "{path}");
    }
}
