//! Whether every assertion of Sparkplug about a host or an aware server has its test, or its reason
//! to have none.

use std::collections::BTreeSet;
use std::path::Path;

const ASSERTIONS: &str = include_str!("sparkplug.tsv");

#[test]
fn every_assertion_of_sparkplug_has_a_test_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    for row in ASSERTIONS.lines().filter(|line| !line.starts_with('#')) {
        let [id, whose, what, file, proof] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("five fields: {row}");
        };
        assert!(["host", "server"].contains(&whose), "{row}");
        assert!(!what.is_empty() && !proof.is_empty(), "{row}");
        assert!(known.insert(id), "{id} comes twice");
        if file != "-" {
            let text = std::fs::read_to_string(root.join(file)).expect(file);
            assert!(
                text.contains(&format!("fn {proof}()")),
                "{file} has no test {proof}, which {id} names"
            );
        }
    }
    assert_eq!(known.len(), 99);
}
