//! The data directory of a server that has been on a database before. With it a server starts at
//! once, whether there is a database or not, where making one takes a second of a processor.

use std::fs::File;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::commands::run;
use super::settings::Settings;

/// What of a data directory is the database's, or is only there to take up room.
const LEFT_OUT: [&str; 5] = [
    "postgres",
    "postgres.lock",
    "postgres.log",
    "run",
    "journal/ballast",
];

/// Copies one into the new folder `data`. The first test that asks makes it, for all others that
/// run the same program.
pub fn copy_to(data: &Path) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = File::create(folder.join("template.lock")).expect("make a lock");
    lock.lock().expect("lock");
    let template = folder.join(format!("template-{}", program_stamp()));
    if !template.exists() {
        remove_outdated(folder);
        make(&template);
    }
    copy(&template, data);
}

/// Another one for each build of the server.
fn program_stamp() -> u128 {
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_unspool")).expect("the program");
    let built = program.modified().expect("a time");
    built.duration_since(UNIX_EPOCH).expect("a time").as_nanos()
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
    let mut server = Settings::default().start();
    assert_eq!(server.stop(), Some(0));
    let data = server.data_dir();
    for path in LEFT_OUT.map(|name| data.join(name)) {
        run("rm", &["-rf", text(&path)]);
    }
    let unfinished = template.with_extension("new");
    copy(&data, &unfinished);
    std::fs::rename(unfinished, template).expect("rename");
}

fn copy(from: &Path, to: &Path) {
    run("cp", &["-r", text(from), text(to)]);
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
