//! Who may use whom. The table is ARCHITECTURE.md's, "The modules"; an arrow that it does not have
//! is a decision to take there first.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::Tree;
use super::source::{read, root, sources};

/// What the table says of a module.
#[derive(Debug, Default)]
struct Row {
    may_use: BTreeSet<String>,
    may_use_everything: bool,
    is_everybodys: bool,
    is_nobodys: bool,
}

/// The table, which says in its last column what a module may use ("nothing", "everything", or
/// names), and behind a semicolon who may use it, where that is everybody or nobody.
fn table() -> BTreeMap<String, Row> {
    let text = read(&root().join("ARCHITECTURE.md"));
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with("| module |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let mut table = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [modules, _, last] = cells[..] else {
            panic!("a row of three cells: {row}");
        };
        let (uses, note) = last.split_once(';').unwrap_or((last, ""));
        for module in quoted(modules) {
            let row = Row {
                may_use: quoted(uses).collect(),
                may_use_everything: uses == "everything",
                is_everybodys: note.contains("everybody"),
                is_nobodys: note.contains("nobody"),
            };
            assert!(
                uses == "nothing" || row.may_use_everything || !row.may_use.is_empty(),
                "what may {module} use? {last}"
            );
            table.insert(module, row);
        }
    }
    assert!(
        !table.is_empty(),
        "the table is not found in ARCHITECTURE.md"
    );
    table
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}

#[test]
fn no_module_uses_what_the_table_does_not_allow() {
    let (table, sources) = (table(), sources());
    let tree = Tree::new(&sources);
    let mut wrong = BTreeSet::new();
    for (at, source) in sources.iter().enumerate() {
        let Some(module) = source.module.first().filter(|name| *name != "main") else {
            continue;
        };
        let Some(row) = table.get(module) else {
            wrong.insert(format!("{module} is not in the table"));
            continue;
        };
        for used in tree.used_by(at) {
            let Some(name) = sources[used].module.first().filter(|name| *name != module) else {
                continue;
            };
            let other = table.get(name);
            let is_free = other.is_some_and(|other| other.is_everybodys) && module != "message";
            let is_barred = other.is_some_and(|other| other.is_nobodys);
            if is_barred || !(is_free || row.may_use_everything || row.may_use.contains(name)) {
                wrong.insert(format!("{}: {module} must not use {name}", source.name));
            }
        }
    }
    let modules: BTreeSet<_> = sources
        .iter()
        .filter_map(|source| source.module.first())
        .collect();
    let gone = table.keys().filter(|module| !modules.contains(module));
    wrong.extend(gone.map(|module| format!("{module} is in the table only")));
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n"));
}

/// Words that are known in one place only: what is looked for, and where it may stand.
const SECRETS: &[(&str, &str)] = &[("sqlx::", "store/"), ("StatusCode", "api/problem.rs")];

#[test]
fn sql_is_in_the_store_only_and_http_statuses_with_the_problems() {
    for source in sources() {
        for (word, place) in SECRETS {
            let is_told = source.code.contains(word) && !source.name.starts_with(place);
            assert!(!is_told, "{} speaks of {word}", source.name);
        }
    }
}
