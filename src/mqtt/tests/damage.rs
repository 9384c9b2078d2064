//! A state file that is not what was written.

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::client::message;
use super::{Client, Server, config};
use crate::message::Qos;
use crate::mqtt::codec::Publish;
use crate::mqtt::state::StateFile;
use crate::mqtt::{StateError, StateSummary};

/// Leaves so many eighths of the file.
fn cut(dir: &Path, eighths: u64) {
    let path = dir.join("state/broker.redb");
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let bytes = file.metadata().unwrap().len();
    file.set_len(bytes * eighths / 8).unwrap();
}

/// Has the server keep a session with a message that waits, and a retained message.
async fn fill(server: &Server) {
    let mut client = Client::kept(server, "c", true).await;
    client.subscribe("a/#", Qos::AtLeastOnce).await;
    drop(client);
    let mut publisher = Client::named(server, "p").await;
    publisher.say("a/b", Qos::AtLeastOnce, "queued").await;
    publisher
        .publish(Publish {
            retain: true,
            ..message("r/s", Qos::AtLeastOnce, "retained")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_cut_short_is_made_again_from_the_journal() {
    for eighths in [0, 1, 4, 7] {
        let server = Server::start().await;
        fill(&server).await;
        let dir = server.stop().await;
        cut(dir.path(), eighths);
        let server = Server::open(dir, config(|_| {})).await;
        let mut client = Client::kept(&server, "c", false).await;
        assert!(client.connack.session_present, "{eighths}");
        assert_eq!(client.hear().await, "queued", "{eighths}");
        client.subscribe("r/#", Qos::AtLeastOnce).await;
        assert_eq!(client.hear().await, "retained", "{eighths}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_can_not_be_made_again_is_refused_with_the_way_out() {
    let server = Server::start().await;
    let dir = server.stop().await;
    cut(dir.path(), 4);
    let refused = StateFile::open(&dir.path().join("state"), false).unwrap_err();
    assert!(matches!(refused, StateError::Damaged { .. }), "{refused}");
    let told = refused.to_string();
    assert!(
        told.contains("broker.redb") && told.contains("move the file away"),
        "{told}"
    );
    // Nothing of it is gone.
    assert!(dir.path().join("state/broker.redb").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_the_state_says_what_is_in_it_and_changes_nothing() {
    let server = Server::start().await;
    let state = server.dir.path().join("state");
    fill(&server).await;
    let used = StateSummary::read(&state).unwrap_err();
    assert!(!used.is_damage(), "in use: {used}");
    let dir = server.stop().await;
    let (path, state) = (
        dir.path().join("state/broker.redb"),
        dir.path().join("state"),
    );
    let bytes = std::fs::read(&path).unwrap();
    let found = StateSummary::read(&state).unwrap().unwrap();
    assert_eq!((found.sessions, found.waiting, found.retained), (1, 1, 1));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    // As a crash leaves it: not closed.
    let copy = tempfile::tempdir().unwrap();
    let mut open = bytes.clone();
    open[9] |= 2;
    std::fs::write(copy.path().join("broker.redb"), &open).unwrap();
    assert_eq!(StateSummary::read(copy.path()).unwrap().unwrap(), found);
    assert_eq!(
        std::fs::read(copy.path().join("broker.redb")).unwrap(),
        open
    );
    for eighths in [1, 4, 7] {
        std::fs::write(&path, &bytes).unwrap();
        cut(dir.path(), eighths);
        let cut = std::fs::read(&path).unwrap();
        let refused = StateSummary::read(&state).unwrap_err();
        assert!(refused.is_damage(), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), cut);
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(StateSummary::read(&state).unwrap(), None);
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_read_the_state() {
    let server = Server::start().await;
    let path = server.dir.path().join("state/broker.redb");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    let dir = server.stop().await;
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let server = Server::open(dir, config(|_| {})).await;
    assert_eq!(mode(&path), 0o600, "as an earlier version made it");
    server.stop().await;
}
