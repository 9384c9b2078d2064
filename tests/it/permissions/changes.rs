//! A change acts at once: what runs by what holds no more, ends.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::Instant;

use super::people::{Plant, Request, Who};
use crate::support::wait::DEADLINE;

/// A token of a new account, made over REST as an administrator does.
fn new_token(plant: &Plant, name: &str, body: &str) -> (String, String) {
    let made = plant.ask(
        Who::Administrator,
        &Request::new("POST", "/api/v1/accounts").json(body),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/api/v1/accounts/{name}/tokens");
    let request = Request::new("POST", &path).json(r#"{"name":"t"}"#);
    let issued = plant.ask(Who::Administrator, &request);
    assert_eq!(issued.status, 201, "{}", issued.text);
    let issued = issued.json();
    let text = |name: &str| issued[name].as_str().unwrap().to_owned();
    (text("id"), text("text"))
}

/// Reads until `text` has come, or all there is.
fn read_until(socket: &mut TcpStream, text: &str) -> String {
    let (mut all, mut piece) = (String::new(), [0; 4096]);
    let until = Instant::now() + DEADLINE;
    while text.is_empty() || !all.contains(text) {
        assert!(Instant::now() < until, "{all}");
        match socket.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(read) => all += &String::from_utf8_lossy(&piece[..read]),
        }
    }
    all
}

fn stream(plant: &Plant, token: &str) -> TcpStream {
    let request = Request::new("GET", "/api/v1/stream?last=10");
    plant.open(&request.header("authorization", &format!("Bearer {token}")))
}

#[test]
fn a_stream_ends_with_what_let_it_in_and_a_changed_one_begins_anew() {
    let plant = Plant::start(false);
    for (at, method, path, body, bye) in [
        (
            0,
            "PATCH",
            "/api/v1/accounts/NAME",
            r#"{"permissions":{"read":["secret/#"]}}"#,
            "changed",
        ),
        (
            1,
            "PATCH",
            "/api/v1/accounts/NAME",
            r#"{"disabled":true}"#,
            "signed_out",
        ),
        (
            2,
            "DELETE",
            "/api/v1/accounts/NAME/tokens/ID",
            "",
            "signed_out",
        ),
        (3, "DELETE", "/api/v1/accounts/NAME", "", "signed_out"),
    ] {
        let name = format!("press-{at}");
        let account =
            format!(r#"{{"name":"{name}","role":"device","permissions":{{"read":["open/#"]}}}}"#);
        let (id, token) = new_token(&plant, &name, &account);
        let mut socket = stream(&plant, &token);
        let began = read_until(&mut socket, "\"live\"");
        assert!(
            began.contains("open/b") && !began.contains("secret"),
            "{began}"
        );
        let path = path.replace("NAME", &name).replace("ID", &id);
        let request = Request::new(method, &path);
        let request = if body.is_empty() {
            request
        } else {
            request.json(body)
        };
        let answer = plant.ask(Who::Administrator, &request);
        assert!(matches!(answer.status, 200 | 204), "{}", answer.text);
        let rest = read_until(&mut socket, "");
        assert!(
            rest.contains(bye) && !rest.contains("secret"),
            "{path}: {rest}"
        );
        let again = Request::new("GET", "/api/v1/latest");
        let again = plant.send(&again.header("authorization", &format!("Bearer {token}")));
        if bye == "changed" {
            assert!(again.text.contains("secret/b") && !again.text.contains("open/b"));
        } else {
            assert_eq!(again.status, 401, "{path}: {}", again.text);
        }
    }
    let trail = plant.ask(
        Who::Administrator,
        &Request::new("GET", "/api/v1/audit?limit=2"),
    );
    let trail = trail.json();
    assert_eq!(trail["items"][0]["what"], "account-removed", "{trail}");
    assert_eq!(trail["items"][0]["by"], "administrator", "{trail}");
    assert_eq!(trail["items"][0]["from"], "127.0.0.1", "{trail}");
    let next = format!(
        "/api/v1/audit?limit=2&cursor={}",
        trail["next"].as_str().unwrap()
    );
    let next = plant
        .ask(Who::Administrator, &Request::new("GET", &next))
        .json();
    assert!(
        next["items"][0]["id"].as_u64() < trail["items"][1]["id"].as_u64(),
        "{next}"
    );
}

#[test]
fn a_ticket_opens_one_stream() {
    let plant = Plant::start(false);
    let ticket = plant
        .ask(Who::Device, &Request::new("POST", "/api/v1/tickets"))
        .json();
    let ticket = ticket["ticket"].as_str().unwrap();
    let request = Request::new("GET", &format!("/api/v1/stream?last=10&ticket={ticket}"));
    let mut socket = plant.open(&request);
    let began = read_until(&mut socket, "\"live\"");
    assert!(
        began.contains("open/b") && !began.contains("secret"),
        "{began}"
    );
    assert_eq!(plant.send(&request).status, 401);
    let elsewhere = Request::new("GET", &format!("/api/v1/latest?ticket={ticket}"));
    assert_eq!(plant.send(&elsewhere).status, 400 + 1);
}
