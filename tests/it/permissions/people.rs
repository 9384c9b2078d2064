//! A server with accounts, and everybody who comes to it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::server::Server;
use crate::support::wait::{DEADLINE, eventually};

/// Somebody who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Shows nothing, where that does not do.
    Nobody,
    /// Shows nothing, where an account `anonymous` reads `open/#`.
    Anonymous,
    Administrator,
    Operator,
    Viewer,
    /// Reads and writes `open/#`.
    Device,
    /// An operator who may neither read nor write `secret/#`.
    Denied,
    /// An operator's token that reads and writes `open/#`.
    Token,
}

impl Who {
    pub(super) const ALL: [Self; 8] = [
        Self::Nobody,
        Self::Anonymous,
        Self::Administrator,
        Self::Operator,
        Self::Viewer,
        Self::Device,
        Self::Denied,
        Self::Token,
    ];

    /// Whether they may read everything that is published here.
    pub(super) fn reads_all(self) -> bool {
        matches!(self, Self::Administrator | Self::Operator | Self::Viewer)
    }
}

/// The first administrator.
const BOSS: (&str, &str) = ("boss", "correct horse battery");

const OPEN: &str = r#"{"read":["open/#"],"write":["open/#"]}"#;
const NOT_SECRET: &str = r#"{"deny_read":["secret/#"],"deny_write":["secret/#"]}"#;

/// Whose token it is, of which account, in what role, and the permissions of account and token.
const TOKENS: [(Who, &str, &str, &str, &str); 6] = [
    (
        Who::Administrator,
        "administrator",
        "administrator",
        "{}",
        "{}",
    ),
    (Who::Operator, "operator", "operator", "{}", "{}"),
    (Who::Viewer, "viewer", "viewer", "{}", "{}"),
    (Who::Device, "device", "device", OPEN, "{}"),
    (Who::Denied, "denied", "operator", NOT_SECRET, "{}"),
    (Who::Token, "narrow", "operator", "{}", OPEN),
];

/// A server with these accounts, on record with messages on `open/b` and `secret/b`.
pub(super) struct Plant {
    pub(super) server: Server,
    pub(super) with_anonymous: bool,
    /// The last message on `secret/b`, and one that is not there.
    pub(super) secret: u64,
    pub(super) absent: u64,
    tokens: Vec<(Who, String)>,
}

impl Plant {
    /// Another server, on which nothing is.
    pub(super) fn of(server: Server) -> Self {
        Self {
            server,
            with_anonymous: false,
            secret: 0,
            absent: 0,
            tokens: Vec::new(),
        }
    }

    pub(super) fn start(with_anonymous: bool) -> Self {
        let mut plant = Self {
            with_anonymous,
            ..Self::of(Server::start())
        };
        let (name, password) = BOSS;
        let anonymous = if with_anonymous {
            r#"{"role":"device","permissions":{"read":["open/#"]}}"#
        } else {
            "null"
        };
        let first =
            format!(r#"{{"name":"{name}","password":"{password}","anonymous":{anonymous}}}"#);
        let made = plant.send(&Request::new("POST", "/api/v1/first-run").json(&first));
        assert_eq!(made.status, 200, "{}", made.text);
        for (who, name, role, of_account, of_token) in TOKENS {
            let account =
                format!(r#"{{"name":"{name}","role":"{role}","permissions":{of_account}}}"#);
            plant.administer("/api/v1/accounts", &account);
            let path = format!("/api/v1/accounts/{name}/tokens");
            let token = format!(r#"{{"name":"t","permissions":{of_token}}}"#);
            let issued = plant.administer(&path, &token);
            let text = issued["text"].as_str().expect("a token").to_owned();
            plant.tokens.push((who, text));
        }
        for (topic, payload) in [
            ("open/b", r#"{"v":1}"#),
            ("secret/b", r#"{"v":2}"#),
            ("secret/b", r#"{"v":3}"#),
            // A dead letter: it is not what it says.
            ("open/b", "{"),
            ("secret/b", "{"),
        ] {
            plant.secret = plant.publish(topic, payload);
        }
        // As long, and nobody's.
        plant.absent = if plant.secret % 10 == 9 {
            plant.secret
        } else {
            plant.secret + 1
        };
        assert_ne!(plant.absent, plant.secret);
        plant
    }

    /// What is shown, if anything is.
    pub(super) fn token(&self, who: Who) -> Option<&str> {
        let mut tokens = self.tokens.iter();
        let found = tokens.find(|(whose, _)| *whose == who);
        found.map(|(_, token)| token.as_str())
    }

    /// Something that the first administrator makes.
    pub(super) fn administer(&self, path: &str, body: &str) -> Value {
        let (name, password) = BOSS;
        let request = Request::new("POST", path).json(body);
        let answer = self.ask_by_password(name, password, &request);
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }

    /// Publishes as an administrator, and waits until it is in the database.
    pub(super) fn publish(&self, topic: &str, payload: &str) -> u64 {
        let path = format!("/api/v1/publish?topic={topic}&retain=true");
        let request = Request::new("POST", &path)
            .header("content-type", "application/json")
            .body(payload);
        let answer = self.ask(Who::Administrator, &request);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let seq = answer.json()["seq"].as_u64().expect("a seq");
        let path = format!("/api/v1/messages/{seq}");
        eventually("the message is in the database", || {
            let answer = self.ask(Who::Administrator, &Request::new("GET", &path));
            (answer.status == 200).then_some(())
        });
        seq
    }

    /// Who comes here: nobody without an account, or whoever is anonymous.
    pub(super) fn people(&self) -> impl Iterator<Item = Who> {
        let missing = if self.with_anonymous {
            Who::Nobody
        } else {
            Who::Anonymous
        };
        Who::ALL.into_iter().filter(move |who| *who != missing)
    }

    pub(super) fn ask(&self, who: Who, request: &Request) -> Answer {
        let mut request = request.clone();
        if let Some(token) = self.token(who) {
            request = request.header("authorization", &format!("Bearer {token}"));
        }
        self.send(&request)
    }

    /// Asks by name and password.
    pub(super) fn ask_by_password(&self, name: &str, password: &str, request: &Request) -> Answer {
        let both = STANDARD.encode(format!("{name}:{password}"));
        self.send(
            &request
                .clone()
                .header("authorization", &format!("Basic {both}")),
        )
    }

    pub(super) fn send(&self, request: &Request) -> Answer {
        let mut socket = self.open(request);
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).expect("an answer");
        Answer::new(&String::from_utf8_lossy(&answer))
    }

    /// Sends a request, whose answer the caller reads.
    pub(super) fn open(&self, request: &Request) -> TcpStream {
        let mut socket = TcpStream::connect(self.server.http).expect("connect");
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        socket
            .write_all(request.text(&self.server.http.to_string()).as_bytes())
            .expect("send");
        socket
    }
}

/// A request, written by hand.
#[derive(Debug, Clone)]
pub(super) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    pub(super) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn body(mut self, body: &str) -> Self {
        self.body = body.into();
        self
    }

    pub(super) fn json(self, body: &str) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    fn text(&self, host: &str) -> String {
        let Self {
            method,
            path,
            headers,
            body,
        } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| name == "host") {
            text.extend(["host: ", host, "\r\n"]);
        }
        for (name, value) in headers {
            text.extend([&**name, ": ", &**value, "\r\n"]);
        }
        text + &format!(
            "connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Head and body, without what differs each time.
    pub(super) text: String,
}

impl Answer {
    fn new(text: &str) -> Self {
        let status = text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let each_time = ["date: ", "x-request-id: "];
        let lines = text.split("\r\n");
        let lines = lines.filter(|line| !each_time.iter().any(|name| line.starts_with(name)));
        Self {
            status: status.unwrap_or_else(|| panic!("no answer: {text:?}")),
            text: lines.collect::<Vec<_>>().join("\r\n"),
        }
    }

    pub(super) fn body(&self) -> &str {
        self.text
            .split_once("\r\n\r\n")
            .map_or("", |(_, body)| body)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.text.split_once("\r\n\r\n")?;
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value)
    }
}
