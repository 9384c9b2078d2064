//! Holds the house in order: who may use whom, which names mean what, what a file looks like.

// Helpers of tests, which clippy.toml can't tell.
#![allow(clippy::expect_used)]

mod architecture;
mod circles;
mod names;
mod paths;
mod source;

use source::{files, read, root, sources};

/// The longest that a source file may be, in lines.
const LINES_MAX: usize = 500;

#[test]
fn no_source_is_longer_than_a_person_reads() {
    let mut long = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for path in files(&root().join(folder)) {
            let lines = read(&path).lines().count();
            if lines > LINES_MAX {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn an_option_says_its_default_once() {
    let text = read(&root().join("src/config.rs"));
    let twice: Vec<&str> = text
        .lines()
        .filter(|line| line.trim_start().starts_with("///") && line.contains("[default"))
        .collect();
    assert!(
        twice.is_empty(),
        "the help makes it from the value: {twice:#?}"
    );
}

#[test]
fn no_error_is_told_apart_by_its_text() {
    for source in sources() {
        let code: String = source.code.split_whitespace().collect();
        let by_text = ["contains(", "starts_with(", "ends_with("]
            .iter()
            .any(|question| code.contains(&format!(".to_string().{question}")));
        assert!(!by_text, "{}", source.name);
    }
}
