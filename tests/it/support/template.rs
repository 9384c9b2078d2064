//! The data directory of a server that has been started and stopped once. On a copy of it a server
//! starts at once, where making a database takes seconds on a busy disk; it can even start without
//! its database, since it has met it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::commands::run;
use super::settings::Settings;

/// What of a data directory is of no use to a copy: of the server that ran, or only there to take
/// up room.
const LEFT_OUT: [&str; 3] = ["postgres.log", "run", "journal/ballast"];

/// The database's part of a data directory.
const DATABASE: &str = "postgres";

/// Copies it into the new folder `data`. The first test that asks makes it, for all others that run
/// the same program.
pub fn copy_to(data: &Path, with_database: bool) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = File::create(folder.join("template.lock")).expect("make a lock");
    lock.lock().expect("lock");
    let template = folder.join(format!("template-{}", stamp()));
    if !template.exists() {
        remove_outdated(folder);
        make(&template);
    }
    let (ours, database) = (template.join("data"), template.join(DATABASE));
    copy(&ours, data);
    if with_database {
        copy(&database, &data.join(DATABASE));
    }
}

/// Another one for each build of the server, and of its tests.
fn stamp() -> String {
    let tests = std::env::current_exe().expect("a path");
    let programs = [tests, env!("CARGO_BIN_EXE_unspool").into()];
    let stamps = programs.map(|program: PathBuf| {
        let built = program.metadata().expect("the program").modified();
        let built = built.expect("a time").duration_since(UNIX_EPOCH);
        built.expect("a time").as_nanos().to_string()
    });
    stamps.join("-")
}

fn remove_outdated(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("list").flatten() {
        if entry.file_name().to_string_lossy().starts_with("template-") {
            std::fs::remove_dir_all(entry.path()).expect("remove what is outdated");
        }
    }
}

/// Beside its place first, so that it is whole or not there.
fn make(template: &Path) {
    let mut server = Settings::default().on_new_data().start();
    assert_eq!(server.stop(), Some(0));
    let data = server.data_dir();
    for path in LEFT_OUT.map(|name| data.join(name)) {
        run("rm", &["-rf", text(&path)]);
    }
    let unfinished = template.with_extension("new");
    std::fs::create_dir(&unfinished).expect("make a folder");
    copy(&data.join(DATABASE), &unfinished.join(DATABASE));
    run("rm", &["-r", text(&data.join(DATABASE))]);
    copy(&data, &unfinished.join("data"));
    std::fs::rename(unfinished, template).expect("rename");
}

/// With owners and permissions, of which PostgreSQL is particular.
fn copy(from: &Path, to: &Path) {
    run("cp", &["-a", text(from), text(to)]);
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
