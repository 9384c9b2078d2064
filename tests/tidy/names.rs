//! One name for one idea: a newcomer must be able to guess what a name means.

use std::collections::{BTreeMap, BTreeSet};

use super::source::sources;

/// Names that there may be twice, and why.
const MAY_BE: &[(&str, &str)] = &[
    (
        "Auth",
        "the packet has the standard's name, who answers for permissions the module's",
    ),
    (
        "Publish",
        "the packet has the standard's name, the port that of what it lets others do",
    ),
];

/// The name of the type that a line defines: at the edge, or public.
fn defined(line: &str) -> Option<&str> {
    let text = line.trim_start();
    let (is_public, text) = match text.strip_prefix("pub") {
        Some(after) => (
            true,
            after
                .trim_start_matches(|c| c != ' ' && c != ';')
                .trim_start(),
        ),
        None => (false, text),
    };
    if !is_public && text.len() < line.len() {
        return None;
    }
    let (kind, after) = text.split_once(' ')?;
    let is_type = matches!(kind, "struct" | "enum" | "trait" | "type" | "union");
    let end = after
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(after.len());
    (is_type && end > 0).then(|| &after[..end])
}

#[test]
fn no_name_of_a_type_means_two_things() {
    let sources = sources();
    let mut places = BTreeMap::<&str, BTreeSet<&str>>::new();
    for source in &sources {
        for name in source.code.lines().filter_map(defined) {
            places.entry(name).or_default().insert(&source.name);
        }
    }
    places.retain(|_, places| places.len() > 1);
    let may_be: BTreeSet<&str> = MAY_BE.iter().map(|(name, _)| *name).collect();
    let wrong: BTreeMap<_, _> = places
        .iter()
        .filter(|(name, _)| !may_be.contains(**name))
        .collect();
    assert!(wrong.is_empty(), "names that no list has: {wrong:#?}");
    let gone: Vec<_> = may_be
        .iter()
        .filter(|name| !places.contains_key(**name))
        .collect();
    assert!(gone.is_empty(), "names that are no longer twice: {gone:?}");
}

#[test]
fn a_definition_is_seen_at_the_edge_or_where_it_is_public() {
    assert_eq!(defined("pub(super) struct Frame<'a> {"), Some("Frame"));
    assert_eq!(defined("enum End {"), Some("End"));
    assert_eq!(defined("        pub struct Options {"), Some("Options"));
    assert_eq!(defined("    type Err = Error;"), None);
    assert_eq!(defined("pub use frame::Frame;"), None);
}
