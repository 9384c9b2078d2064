//! The corpus of the fuzz target, replayed.

#[path = "../../fuzz/fuzz_targets/check.rs"]
mod check;

#[test]
fn the_corpus_of_the_fuzz_target_holds() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/decode");
    let mut replayed = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        check::decode(&std::fs::read(entry.unwrap().path()).unwrap());
        replayed += 1;
    }
    assert!(replayed > 100, "the corpus has {replayed} inputs");
}
