//! A real edge node of Sparkplug B (pysparkplug), and the server as its host application.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use crate::support::commands::curl;
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::{DEADLINE, eventually};

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/sparkplug/bin/python");
const EDGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/clients/sparkplug/edge.py"
);

/// The edge node's process; killed when it is dropped.
struct Edge {
    child: Child,
    commands: ChildStdin,
    lines: Receiver<String>,
}

impl Edge {
    fn start(server: &Server) -> Self {
        let mut child = Command::new(PYTHON)
            .args([EDGE, &server.mqtt.port().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{PYTHON}: {error} (make setup-test installs it)"));
        let (commands, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (to, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if to.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            commands,
            lines,
        }
    }

    /// Waits for this line; others before it are passed over.
    fn hear(&self, wanted: &str) {
        loop {
            let line = self.lines.recv_timeout(DEADLINE).expect(wanted);
            if line == wanted {
                return;
            }
        }
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
        let name = command.split(' ').next().unwrap();
        self.hear(&format!("done {name}"));
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last values of a topic, once the series at `path` has this one.
fn wait_for(server: &Server, topic: &str, path: &str, value: &Value) -> Value {
    eventually(&format!("{path} of {topic} is {value}"), || {
        let latest = curl(&server.url(&format!("/api/v1/latest?filter={topic}")));
        let item = latest["items"].get(0)?.clone();
        let mut series = item["series"].as_array()?.iter();
        let found = series.any(|one| one["path"] == path && one["value"] == *value);
        found.then_some(item)
    })
}

fn letters(server: &Server) -> Value {
    curl(&server.url("/api/v1/dead-letters?filter=spBv1.0/%23"))["items"].clone()
}

#[test]
fn an_edge_node_is_understood_from_its_birth_over_a_restart_to_its_death() {
    let mut server = Settings::default()
        .on_new_data()
        .set("UNSPOOL_SPARKPLUG_HOST_ID", "plant")
        .start();
    let state = wait_for(&server, "spBv1.0/STATE/plant", "/online", &json!(true));
    assert_eq!(state["retain"], true);

    let mut edge = Edge::start(&server);
    edge.tell("birth");
    let birth = "spBv1.0/G/DBIRTH/N/D";
    wait_for(&server, birth, "/Speed", &json!(99.5));
    // All digits, which a double would not have.
    let text = server.psql("select text from unspool.sample where path = '/Serial'");
    assert_eq!(text.trim(), "18446744073709551615");
    edge.tell("node 1 -5");
    edge.tell("device 2 1.5");
    wait_for(&server, "spBv1.0/G/NDATA/N", "/Inlet/Temp", &json!(-5.0));
    let item = wait_for(&server, "spBv1.0/G/DDATA/N/D", "/Speed", &json!(1.5));
    assert_eq!(item["stale_since"], Value::Null);
    assert_eq!(letters(&server), json!([]));

    // The device goes on where it was, and the server knows what it means.
    server.stop();
    drop(edge);
    let server = server.restart();
    let mut edge = Edge::start(&server);
    edge.tell("connect");
    edge.tell("node 1 -6");
    edge.tell("device 2 2.5");
    wait_for(&server, "spBv1.0/G/NDATA/N", "/Inlet/Temp", &json!(-6.0));
    wait_for(&server, "spBv1.0/G/DDATA/N/D", "/Speed", &json!(2.5));
    assert_eq!(letters(&server), json!([]));
    let url = server.url("/api/v1/samples?filter=spBv1.0/%23&path=/Inlet/Temp&from=-1h");
    let samples = curl(&url);
    let series = samples["series"].as_array().unwrap();
    assert_eq!(series.len(), 1, "{samples}");
    let rows = series[0]["rows"].as_array().unwrap();
    let values: Vec<_> = rows.iter().map(|row| row[1].clone()).collect();
    assert_eq!(values, [json!(20.0), json!(-5.0), json!(-6.0)], "{samples}");
    drop(edge);

    // What nobody has defined is told, and the edge node asked to be born again.
    let mut edge = Edge::start(&server);
    edge.tell("birth");
    wait_for(&server, "spBv1.0/G/NBIRTH/N", "/Inlet/Temp", &json!(20.0));
    edge.tell("node 99 1");
    edge.hear("command Node Control/Rebirth True");
    eventually("the dead letter", || {
        let letters = letters(&server);
        let mut letters = letters.as_array()?.iter();
        letters.find_map(|letter| {
            let defects = letter["defects"].as_array()?;
            defects
                .iter()
                .any(|defect| defect["code"] == "unknown_alias")
                .then_some(())
        })
    });

    edge.tell("death");
    for topic in ["spBv1.0/G/NDATA/N", "spBv1.0/G/DDATA/N/D"] {
        eventually(&format!("{topic} is stale"), || {
            let latest = curl(&server.url(&format!("/api/v1/latest?filter={topic}")));
            latest["items"][0]["stale_since"]
                .as_str()
                .map(str::to_owned)
        });
    }
}
