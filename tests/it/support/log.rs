//! What a server says.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// The entries of a server's log so far; it goes on over restarts.
#[derive(Default, Clone)]
pub struct Log(Arc<Mutex<Vec<Value>>>);

impl Log {
    /// Keeps what comes on the standard error of a server, and hands each entry on. What is no
    /// entry (a panic, say) counts as an error.
    pub fn keep(&self, stderr: impl Read + Send + 'static) -> Receiver<Value> {
        let (hand_on, entries) = channel();
        let log = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let entry = serde_json::from_str(&line)
                    .unwrap_or_else(|_| json!({"level": "ERROR", "message": line}));
                // Who started the server listens until it is ready.
                let _ = hand_on.send(Value::clone(&entry));
                log.0.lock().expect("the log").push(entry);
            }
        });
        entries
    }

    /// A line for each entry.
    pub fn text(&self) -> String {
        self.lines(|_| true).join("\n")
    }

    /// The warnings and errors that hold none of the texts in `expected`.
    pub fn unexpected(&self, expected: &[&str]) -> Vec<String> {
        let mut unexpected =
            self.lines(|entry| matches!(entry["level"].as_str(), Some("WARN" | "ERROR")));
        unexpected.retain(|line| !expected.iter().any(|text| line.contains(text)));
        unexpected
    }

    fn lines(&self, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
        let log = self.0.lock().expect("the log");
        let wanted = log.iter().filter(|entry| wanted(entry));
        wanted.map(ToString::to_string).collect()
    }
}
