//! Files of one module that can only be read together: each uses the other, be it in a round.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::Tree;
use super::source::{Source, sources};

/// Circles that there may be: the files, and why.
const MAY_BE: &[(&[&str], &str)] = &[(
    &["mqtt/session/mod.rs", "mqtt/share_group.rs"],
    "a group chooses among its members, and a member fetches from its groups",
)];

/// The files that reach each other, as far as they are more than one.
fn circles(sources: &[Source]) -> Vec<Vec<&str>> {
    let tree = Tree::new(sources);
    let inside: Vec<BTreeSet<usize>> = (0..sources.len())
        .map(|at| {
            let module = sources[at].module.first();
            let used = tree.used_by(at).into_iter();
            used.filter(|used| sources[*used].module.first() == module)
                .collect()
        })
        .collect();
    let reached: Vec<BTreeSet<usize>> = (0..sources.len())
        .map(|at| {
            let mut reached = BTreeSet::new();
            let mut next: Vec<usize> = inside[at].iter().copied().collect();
            while let Some(one) = next.pop() {
                if reached.insert(one) {
                    next.extend(&inside[one]);
                }
            }
            reached
        })
        .collect();
    let mut circles = BTreeMap::<usize, Vec<&str>>::new();
    for at in 0..sources.len() {
        let together = reached[at]
            .iter()
            .filter(|other| reached[**other].contains(&at));
        if let Some(first) = together.min() {
            circles.entry(*first).or_default().push(&sources[at].name);
        }
    }
    circles.into_values().collect()
}

#[test]
fn no_files_of_a_module_use_each_other_in_a_circle() {
    let sources = sources();
    let found = circles(&sources);
    let listed = |circle: &[&str]| MAY_BE.iter().any(|(files, _)| *files == circle);
    let wrong: Vec<_> = found.iter().filter(|circle| !listed(circle)).collect();
    assert!(wrong.is_empty(), "circles that no list has: {wrong:#?}");
    let all = MAY_BE.iter().map(|(files, _)| files);
    let gone: Vec<_> = all
        .filter(|files| !found.iter().any(|found| found == *files))
        .collect();
    assert!(gone.is_empty(), "circles that are no more: {gone:#?}");
}

#[test]
fn a_circle_is_found_however_long_it_is() {
    let source = |name: &str, code: &str| Source {
        name: name.into(),
        module: vec!["m".into(), name.into()],
        code: code.into(),
    };
    let sources = [
        source("a", "use super::b::B; pub struct A;"),
        source("b", "use super::c; pub struct B;"),
        source("c", "fn f() -> super::a::A {}"),
        source("d", "use super::a::A;"),
    ];
    assert_eq!(circles(&sources), [["a", "b", "c"]]);
}
