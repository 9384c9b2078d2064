//! The corpora of the fuzz targets, replayed.

#[path = "../../../fuzz/fuzz_targets/check.rs"]
mod check;

fn replay(target: &str, check: fn(&[u8])) -> usize {
    let corpus = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(corpus).unwrap();
    entries
        .map(|entry| check(&std::fs::read(entry.unwrap().path()).unwrap()))
        .count()
}

#[test]
fn the_corpora_of_the_fuzz_targets_hold() {
    assert!(replay("packet", check::packet) > 100);
    assert!(replay("payload", check::payload) > 10);
    assert!(replay("formats", check::formats) > 100);
    assert!(replay("sparkplug", check::sparkplug) > 10);
}
