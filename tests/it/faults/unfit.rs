//! Parts that do not fit together: a journal that is damaged, cut short, or another one than the
//! database was written from. Each is told before anybody is let in, with what to do.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::commands::{curl, unspool};
use crate::support::server::Server;
use crate::support::settings::Settings;

/// Runs a command of the server on `data` that comes to its end; whether it is content, and what
/// it says.
fn told(command: &str, data: &Path) -> (bool, String) {
    let output = unspool()
        .args([command, "--http-listen", "127.0.0.1:0"])
        .args(["--mqtt-listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .output()
        .expect("start it");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = text(&output.stdout) + &text(&output.stderr);
    (output.status.success(), told)
}

/// A server with messages in two segments of its journal.
fn two_segments() -> Server {
    let server = Settings::default()
        .set("UNSPOOL_JOURNAL_SEGMENT_BYTES", "1048576")
        .start();
    let payload = server.data_dir().join("payload");
    std::fs::write(&payload, vec![b'x'; 600_000]).expect("write a payload");
    for _ in 0..4 {
        server.publish(&["-t", "a", "-q", "1", "-f", payload.to_str().expect("UTF-8")]);
    }
    server.wait_until_mirrored();
    server
}

/// Oldest first.
fn segments(data: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(data.join("journal")).expect("a journal");
    let paths = files.map(|file| file.expect("a file").path());
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "segment");
    let mut segments: Vec<_> = paths.filter(is_segment).collect();
    segments.sort();
    segments
}

fn assert_tells(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "no {part:?} in: {told}");
    }
    assert!(!told.contains("listening"), "{told}");
}

#[test]
fn a_damaged_record_is_found_by_the_doctor_and_told_with_what_is_lost() {
    let mut server = two_segments();
    assert_eq!(server.stop(), Some(0));
    let data = server.data_dir();
    let (is_well, doctor) = told("doctor", &data);
    assert!(
        is_well && doctor.contains("read through, and whole"),
        "{doctor}"
    );

    let segments = segments(&data);
    assert!(segments.len() > 1, "{segments:?}");
    let oldest = OpenOptions::new().write(true).open(&segments[0]);
    let oldest = oldest.expect("the oldest segment");
    oldest.write_all_at(b"???", 700_000).expect("overwrite");
    let (is_well, doctor) = told("doctor", &data);
    assert!(!is_well);
    let parts = [
        "WRONG  journal: the journal is damaged",
        "its checksum is wrong",
        "nothing of it is lost for the history",
        "move it and the segments before it",
    ];
    assert_tells(&doctor, &parts);
    let (_, serve) = told("serve", &data);
    assert_tells(&serve, &parts[1..]);

    // And so it is.
    std::fs::rename(&segments[0], data.join("damaged")).expect("move it away");
    let server = server.restart();
    server.wait_until_mirrored();
    let ledger = curl(&server.url("/api/v1/ledger"));
    assert_eq!(ledger["stored"], 4, "{ledger}");
    assert_eq!(ledger["balanced"], true, "{ledger}");
}

#[test]
fn a_journal_that_has_lost_its_end_lets_nobody_in() {
    let mut server = two_segments();
    assert_eq!(server.stop(), Some(0));
    let data = server.data_dir();
    let segments = segments(&data);
    let last = segments.last().expect("a segment");
    let kept = std::fs::read(last).expect("the newest segment");
    let noted = data.join("journal/handed-on");
    let note = std::fs::read(&noted).expect("the note");
    for (cut, has_note) in [(true, true), (false, true), (false, false)] {
        if cut {
            std::fs::write(last, &kept[..kept.len() / 2]).expect("cut it");
        } else {
            std::fs::remove_file(last).expect("remove it");
        }
        if !has_note {
            // The database says it as well, where it is there.
            std::fs::remove_file(&noted).expect("remove the note");
        }
        for command in ["serve", "doctor"] {
            let (is_well, told) = told(command, &data);
            assert!(!is_well);
            let parts = if has_note {
                ["handed on to the database", "move the whole folder"]
            } else {
                ["but the journal ends at", "move it away"]
            };
            assert_tells(&told, &parts);
        }
        std::fs::write(last, &kept).expect("bring it back");
        std::fs::write(&noted, &note).expect("bring it back");
    }
    let server = server.restart();
    assert_eq!(curl(&server.url("/api/v1/ledger"))["balanced"], true);
}

#[test]
fn a_new_journal_beside_a_database_with_history_is_told_once_and_on_record() {
    let mut server = Settings::default()
        .expect_in_log("the database was written from another journal")
        .expect_in_log("the journal is another one: sessions begin with empty queues")
        .start();
    server.publish(&["-t", "a", "-q", "1", "-m", "1"]);
    server.wait_until_mirrored();
    let ledger = curl(&server.url("/api/v1/ledger"));
    assert!(ledger.get("earlier_journal").is_none(), "{ledger}");
    let status = curl(&server.url("/api/v1/status"));
    let last = status["journal"]["head"].as_u64().expect("the last record");
    assert_eq!(server.stop(), Some(0));
    let data = server.data_dir();
    std::fs::remove_dir_all(data.join("journal")).expect("lose the journal");
    let up_to_before = format!("up to before {}", last + 1);
    let parts = ["LOOK", "another journal", &up_to_before, "not known"];
    assert_tells(&told("doctor", &data).1, &parts);

    let warnings = |server: &Server| {
        let log = server.log_text();
        log.matches("the database was written from another journal")
            .count()
    };
    let server = server.restart();
    server.publish(&["-t", "a", "-q", "1", "-m", "2"]);
    server.wait_until_mirrored();
    assert_eq!(warnings(&server), 1);
    let mut server = server.restart();
    server.wait_until_mirrored();
    assert_eq!(warnings(&server), 1, "told once");
    for path in ["/api/v1/ledger", "/healthz/ready"] {
        let earlier = curl(&server.url(path))["earlier_journal"].clone();
        assert_eq!(earlier["up_to"], json!(last));
        assert!(earlier["received_at"].is_string(), "{path}: {earlier}");
    }
    assert_eq!(server.stop(), Some(0));
    let (is_well, doctor) = told("doctor", &data);
    assert!(is_well, "{doctor}");
    assert_tells(&doctor, &parts);
}
