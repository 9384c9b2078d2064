//! Whether every statement about a server has its case, or its reason to have none.

use std::collections::{BTreeMap, BTreeSet};

use super::CASES;

/// A version of the standard and a statement's number in it.
type Statement = (&'static str, &'static str);

const STATEMENTS: &str = include_str!("statements.tsv");
const UNTESTED: &str = include_str!("untested.tsv");

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split('\t').collect())
}

#[test]
fn every_statement_about_a_server_has_a_case_or_a_reason() {
    let mut duties: BTreeMap<Statement, &str> = BTreeMap::new();
    for row in rows(STATEMENTS) {
        let [version, number, whose, what] = row[..] else {
            panic!("{row:?}");
        };
        assert!(
            ["server", "client"].contains(&whose) && !what.is_empty(),
            "{row:?}"
        );
        assert_eq!(
            duties.insert((version, number), whose),
            None,
            "{number} comes twice"
        );
    }
    let mut proven: BTreeSet<Statement> = BTreeSet::new();
    for case in CASES.iter().flat_map(|cases| cases.iter()) {
        proven.extend(case.v4.iter().map(|number| ("3.1.1", *number)));
        proven.extend(case.v5.iter().map(|number| ("5.0", *number)));
    }
    let mut excused: BTreeSet<Statement> = BTreeSet::new();
    for row in rows(UNTESTED) {
        let [version, number, why] = row[..] else {
            panic!("{row:?}");
        };
        assert!(
            !why.is_empty() && excused.insert((version, number)),
            "{row:?}"
        );
    }
    for statement in proven.union(&excused) {
        assert!(duties.contains_key(statement), "there is no {statement:?}");
    }
    let both: Vec<_> = proven.intersection(&excused).collect();
    assert!(both.is_empty(), "proven, and yet excused: {both:?}");
    let open: Vec<_> = duties
        .iter()
        .filter(|(statement, whose)| {
            **whose == "server" && !proven.contains(*statement) && !excused.contains(*statement)
        })
        .map(|(statement, _)| statement)
        .collect();
    assert!(open.is_empty(), "neither proven nor excused: {open:?}");
}
