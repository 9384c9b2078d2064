//! The questions of `docs/questions.md`, asked as they stand there.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value;

use crate::support::commands::curl;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// The commands of the page, by what stands above them.
fn questions() -> Vec<(String, String)> {
    let page = include_str!("../../docs/questions.md");
    let (mut title, mut questions) = (String::new(), Vec::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("**") {
            text.trim_end_matches('*').clone_into(&mut title);
        }
        if line == "```sh" {
            let command = lines.by_ref().take_while(|line| *line != "```");
            questions.push((title.clone(), command.collect::<Vec<_>>().join("\n")));
        }
    }
    questions
}

/// What a plant says of yesterday, at event times of its own: a temperature that is above 80 for one
/// hour, a counter that restarts at noon, and a machine that runs for ten hours.
fn plant(yesterday: i64) -> String {
    let mut lines = String::new();
    let mut say = |topic: &str, at: i64, member: &str, value: &str| {
        let payload = format!(r#"{{"timestamp_ms":{at},"{member}":{value}}}"#);
        writeln!(
            lines,
            r#"{{"topic":"factory/{topic}","payload":{payload}}}"#
        )
        .unwrap();
    };
    for minute in 0..24 * 60 {
        let at = yesterday + minute * MINUTE_MS;
        let temp = if (600..660).contains(&minute) {
            90
        } else {
            20 + minute % 10
        };
        say("line1/press", at, "temp", &temp.to_string());
        if minute % 2 == 0 {
            say("line2/press", at, "temp", "30");
        }
        if minute % 10 == 0 {
            let parts = if minute < 720 { minute } else { minute - 720 };
            say("line1/counter", at, "parts", &parts.to_string());
        }
    }
    for (hour, state) in [(0, "\"idle\""), (6, "\"run\""), (16, "\"idle\"")] {
        say(
            "line1/state",
            yesterday + hour * 60 * MINUTE_MS,
            "state",
            state,
        );
    }
    lines
}

fn rows(answer: &str) -> Vec<Vec<Value>> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let rows = answer["series"][0]["rows"].as_array();
    let rows = rows.unwrap_or_else(|| panic!("no rows in {answer}"));
    rows.iter()
        .map(|row| row.as_array().unwrap().clone())
        .collect()
}

fn items(answer: &str) -> Vec<Value> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer["items"].as_array().unwrap().clone()
}

/// Whether the answer to a question, the `n`th below its title, is right.
#[expect(clippy::too_many_lines, reason = "one arm for each question")]
fn check((title, n): (&str, usize), answer: &str, folder: &std::path::Path, days: usize) {
    let lines = answer.lines().count();
    match (title, n) {
        ("The last value of everything under a line", _) => {
            let topics = items(answer);
            let press = topics
                .iter()
                .find(|it| it["topic"] == "factory/line1/press");
            assert_eq!(press.unwrap()["series"][0]["value"], 29.0);
            assert_eq!(topics.len(), 3);
        }
        ("The same as it was yesterday at 14:03, and as it was known then", 0) => {
            // Berlin's 14:03 is 12:03 or 13:03 in UTC; before that hour everything is as usual.
            let press = items(answer)
                .into_iter()
                .find(|it| it["topic"] == "factory/line1/press");
            assert_eq!(press.unwrap()["series"][0]["value"], 23.0);
        }
        ("The same as it was yesterday at 14:03, and as it was known then", _) => {
            assert_eq!(items(answer).len(), 3);
        }
        ("The last picture of a camera", _) => {
            let picture = std::fs::read(folder.join("part.jpg")).unwrap();
            assert_eq!(picture, PICTURE);
        }
        ("All messages of a filter, from the first to the last", 0) => {
            assert_eq!(lines, days * (24 * 60 + 12 * 60));
        }
        ("All messages of a filter, from the first to the last", _) => {
            let last = std::fs::read_to_string(folder.join("page.json")).unwrap();
            let last: Value = serde_json::from_str(&last).unwrap();
            assert_eq!(last["next"], Value::Null);
            assert!(!last["items"].as_array().unwrap().is_empty());
        }
        ("What else was said within five seconds around a message", _) => {
            let seqs = items(answer);
            assert!(seqs.iter().any(|it| it["seq"] == 7) && seqs.len() > 10);
        }
        ("Yesterday's late shift of one tag, for a spreadsheet", _) => {
            assert_eq!(lines, 1 + 8 * 60, "{answer}");
            assert!(answer.starts_with("time,topic,path,seq,value\r\n"));
        }
        ("A month in about 2,000 points, with its peaks", _) => {
            let values = rows(answer).into_iter().map(|row| row[1].as_f64().unwrap());
            assert!(values.fold(0.0, f64::max) >= 90.0);
        }
        ("How many values an hour", _) => {
            assert!(
                answer.contains(",factory/line1/press,/temp,60\r\n"),
                "{answer}"
            );
            assert!(
                answer.contains(",factory/line1/counter,/parts,6\r\n"),
                "{answer}"
            );
        }
        ("How many parts a day, by a counter that restarts", _) => {
            let increases = rows(answer).into_iter().map(|row| row[1].as_f64().unwrap());
            assert!(
                (increases.sum::<f64>() - 1420.0 * days as f64).abs() < 1e-9,
                "{answer}"
            );
        }
        ("For how long a machine was in which state, and how often that changed", _) => {
            let row = &rows(answer)[0];
            assert_eq!(
                row[1],
                serde_json::json!({"idle": 50_400.0, "run": 36_000.0})
            );
            assert_eq!(row[2], 2);
        }
        ("For how long it was hotter than 80 degrees, and the 99th percentile", _) => {
            let row = &rows(answer)[0];
            assert_eq!(
                (&row[1], &row[2], &row[3]),
                (&3600.0.into(), &90.0.into(), &90.0.into())
            );
        }
        ("The mean of each shift, by time", _) => {
            let rows = rows(answer);
            assert!((6..=10).contains(&rows.len()), "{answer}");
            assert!(
                rows.iter()
                    .any(|row| row[1].as_f64().is_some_and(|it| it > 20.0))
            );
        }
        ("This week beside the last one", _) => {
            assert!((1..=2).contains(&rows(answer).len()), "{answer}");
        }
        ("Two machines on one axis of time", _) => {
            assert_eq!(lines, 1 + 120, "{answer}");
            let head = "time,factory/line1/press /temp,factory/line2/press /temp\r\n";
            assert!(answer.starts_with(head), "{answer}");
            assert!(answer.contains("T00:01:00Z,21,30\r\n"), "{answer}");
        }
        ("Rows for a table: Grafana's Infinity source, pandas", _) => {
            let rows: Vec<Value> = serde_json::from_str(answer).unwrap();
            assert_eq!(rows.len(), 48);
            assert_eq!(rows[10]["max"], 90.0);
        }
        ("A message, a file of them, a picture", 0) => {
            let answer: Value = serde_json::from_str(answer).unwrap();
            assert!(answer["seq"].is_u64(), "{answer}");
        }
        ("A message, a file of them, a picture", n) => {
            let answer: Value = serde_json::from_str(answer).unwrap();
            assert_eq!(answer["count"], if n == 1 { 2 } else { 1 });
        }
        ("A set point for whoever subscribes later, and being rid of it", 0) => {
            assert!(answer.contains("setpoint"), "{answer}");
        }
        ("A set point for whoever subscribes later, and being rid of it", _) => {
            let answer: Value = serde_json::from_str(answer).unwrap();
            assert_eq!(answer["cleared"], 1);
        }
        ("Who is connected", _) => assert!(items(answer).is_empty()),
        (other, _) => panic!("nobody knows the answer to \"{other}\""),
    }
}

const PICTURE: &[u8] = b"\xff\xd8\xff\xe0 a part";

#[test]
fn what_people_ask_is_answered_in_one_line() {
    let server = Settings::default().start();
    let address = server.http.to_string();
    let folder = tempfile::tempdir().unwrap();
    let now = unspool::message::Timestamp::now().as_millis();
    let today = now / DAY_MS * DAY_MS;
    // In the evening Berlin is a day ahead, and its yesterday is today.
    let hour = now % DAY_MS / (60 * MINUTE_MS);
    let days = if hour >= 22 {
        vec![today - DAY_MS, today]
    } else {
        vec![today - DAY_MS]
    };
    let lines: String = days.iter().map(|day| plant(*day)).collect();
    std::fs::write(folder.path().join("plant.ndjson"), &lines).unwrap();
    std::fs::write(folder.path().join("part.jpg"), PICTURE).unwrap();
    let ask = |command: &str| {
        let command = command
            .replace("localhost:8080", &address)
            .replace("curl -s ", "curl -sS --fail-with-body ");
        let output = Command::new("bash")
            .args(["-euc", &command])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{answer}\n{problem}");
        answer
    };
    let published = ask(
        "curl -s -X POST localhost:8080/api/v1/publish -H 'content-type: application/x-ndjson' --data-binary @plant.ndjson",
    );
    let published: Value = serde_json::from_str(&published).unwrap();
    assert_eq!(published["count"], lines.lines().count());
    ask("curl -s -X POST localhost:8080/api/v1/publish -F factory/camera/1=@part.jpg");
    let count = lines.lines().count() + 1;
    eventually("everything is in the database", || {
        let ledger = curl(&format!("http://{address}/api/v1/ledger"));
        (ledger["stored"].as_u64() == Some(count as u64)).then_some(())
    });
    // As it was known a second ago.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let mut asked: HashMap<String, usize> = HashMap::new();
    for (title, command) in questions() {
        let n = asked.entry(title.clone()).or_default();
        let answer = ask(&command);
        check((&title, *n), &answer, folder.path(), days.len());
        *n += 1;
    }
    assert!(asked.len() > 15, "the page is read");
}
