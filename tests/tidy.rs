//! Holds the house in order: who may use whom, how long a file may be.
//!
//! The table is the architecture (ARCHITECTURE.md, "The modules"); an arrow that it does not
//! have is a decision to take there first.

#![allow(clippy::expect_used)] // helpers of tests, which clippy.toml can't tell

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module, and what of ours it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("message", &[]),
    ("auth", &["message"]),
    ("mqtt", &["message", "auth", "journal"]),
    ("journal", &["message"]),
    ("decode", &["message"]),
    ("mirror", &["message", "journal", "decode", "store"]),
    ("store", &["message"]),
    ("view", &["message", "store"]),
    ("live", &["message", "auth", "journal", "store", "view"]),
    ("api", &["message", "auth", "store", "view", "live"]),
    (
        "server",
        &[
            "message", "auth", "mqtt", "journal", "decode", "mirror", "store", "view", "live",
            "api",
        ],
    ),
    ("config", &[]),
    ("metrics", &[]),
    ("supervisor", &[]),
];

/// What every module but `message` may use beside.
const EVERYWHERE: &[&str] = &["config", "metrics", "supervisor"];

/// The longest that a source file may be, in lines.
const LINES_MAX: usize = 500;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.expect("list a folder").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The modules of ours that a source names: after `crate::`, alone or in braces.
fn used(source: &str) -> Vec<String> {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut used = Vec::new();
    for after in code.split("crate::").skip(1) {
        if let Some(list) = after.strip_prefix('{') {
            let mut depth = 0_usize;
            let mut name = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => used.push(std::mem::take(&mut name)),
                    c if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            used.push(name);
        } else {
            used.push(after.to_owned());
        }
    }
    used.iter()
        .map(|path| {
            let name = path.trim_start();
            let end = name
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(name.len());
            name[..end].to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn the_parser_of_use_lines_sees_every_form() {
    let source = "use crate::journal::Journal;\nuse crate::{\n  message::{A, B},\n  store,\n};\n\
                  // crate::comment::x\nfn f() { crate::live::g() }";
    assert_eq!(used(source), ["journal", "message", "store", "live"]);
}

#[test]
fn no_module_uses_what_the_table_does_not_allow() {
    let table: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let src = root().join("src");
    let mut wrong = Vec::new();
    for path in sources(&src) {
        let inside = path.strip_prefix(&src).expect("a path below src");
        let first = inside
            .iter()
            .next()
            .and_then(|name| name.to_str())
            .expect("a name");
        let module = first.trim_end_matches(".rs");
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some(allowed) = table.get(module) else {
            wrong.push(format!("{module} is not in the table"));
            continue;
        };
        for name in used(&fs::read_to_string(&path).expect("read a source")) {
            let beside = module != "message" && EVERYWHERE.contains(&name.as_str());
            let known = table.contains_key(name.as_str());
            if known && name != module && !beside && !allowed.contains(&name.as_str()) {
                wrong.push(format!(
                    "{}: {module} must not use {name}",
                    inside.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_source_is_longer_than_a_person_reads() {
    let mut long = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for path in sources(&root().join(folder)) {
            let lines = fs::read_to_string(&path)
                .expect("read a source")
                .lines()
                .count();
            if lines > LINES_MAX {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn sql_is_in_the_store_only() {
    let src = root().join("src");
    for path in sources(&src) {
        let inside = path.strip_prefix(&src).expect("a path below src");
        if !inside.starts_with("store") {
            let source = fs::read_to_string(&path).expect("read a source");
            assert!(
                !source.contains("sqlx::"),
                "{} speaks SQL",
                inside.display()
            );
        }
    }
}
