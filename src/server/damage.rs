//! What a damage of the journal costs, and the ways out.

use crate::journal::{Damage, JournalError, LocalDisk};
use crate::message::Offset;
use crate::store::Store;

use super::told::told;

/// Adds to a failure what to do about it, where it is that the journal is damaged.
pub(super) async fn explain<T>(result: anyhow::Result<T>, store: &Store) -> anyhow::Result<T> {
    match result {
        Ok(done) => Ok(done),
        Err(error) => Err(explained(error, store).await),
    }
}

/// Adds to an error what to do about it, where it is that the journal is damaged.
pub(super) async fn explained(error: anyhow::Error, store: &Store) -> anyhow::Error {
    let found = error.chain().find_map(|cause| {
        let error = cause.downcast_ref::<JournalError>();
        error?.damage(&LocalDisk)
    });
    let Some(damage) = found else {
        return error;
    };
    // As far as the database is there.
    let _away = super::database::greet(store).await;
    let mirrored = store.is_ready().then(|| cursor(store));
    anyhow::anyhow!(
        "{}; {}; unspool doctor reads all of the journal and says whether there is more",
        told(&error),
        ways_out(&damage, mirrored)
    )
}

/// Up to before which record the database has everything.
pub(super) fn cursor(store: &Store) -> Offset {
    let mirrored = store.mirrored();
    mirrored.map_or(Offset(1), |mirrored| mirrored.cursor.next)
}

/// What is lost with a damaged segment, and what to do. `mirrored`: what the database has, if that
/// is known.
pub(super) fn ways_out(damage: &Damage, mirrored: Option<Offset>) -> String {
    let Damage { segment, next, .. } = damage;
    let (file, dir) = (
        segment.file_name().unwrap_or_default().display(),
        segment.parent().unwrap_or(segment).display(),
    );
    let copy = format!("bring back an intact copy of {file}");
    let away = match next {
        Some(next) => format!(
            "move it and the segments before it (the names that sort up to it) out of {dir} and \
             start again: the journal then begins at {next}"
        ),
        None => format!(
            "move the whole folder {dir} away and start again: a new journal then begins where the \
             database ends"
        ),
    };
    match (mirrored, *next) {
        (None, _) => format!(
            "whether the database has what is lost here is not known, since it can't be asked: \
             start it and run unspool doctor, or {copy}, or {away}"
        ),
        (Some(mirrored), Some(next)) if mirrored >= next => format!(
            "nothing of it is lost for the history: the database has all up to before {mirrored}, \
             and so all of this segment; {copy}, or {away}, and only clients that are away may miss \
             messages that waited for them"
        ),
        (Some(mirrored), Some(next)) => format!(
            "the database has all up to before {mirrored} only: {copy}, or, to go on without the \
             records from {mirrored} up to before {next}, {away}, and the server keeps on record \
             that these are missing"
        ),
        (Some(mirrored), None) => format!(
            "the database has all up to before {mirrored}: {copy}, or, to go on without what came \
             after that, {away}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_a_damaged_journal_is_told_what_it_costs_and_what_to_do() {
        for (next, mirrored, told) in [
            (Some(100), Some(100), "nothing of it is lost"),
            (Some(100), Some(50), "the records from 50 up to before 100"),
            (Some(100), Some(7), "the records from 7 up to before 100"),
            (Some(100), None, "can't be asked"),
            (None, Some(100), "what came after that"),
            (None, None, "can't be asked"),
        ] {
            let damage = Damage {
                segment: "/data/journal/00000000000000000001.segment".into(),
                from: Offset(20),
                next: next.map(Offset),
            };
            let ways = ways_out(&damage, mirrored.map(Offset));
            for part in [
                told,
                "an intact copy of 00000000000000000001",
                "/data/journal",
            ] {
                assert!(ways.contains(part), "{damage:?}, {mirrored:?}: {ways}");
            }
            let is_partial = ways.contains("begins at 100");
            assert_eq!(is_partial, next.is_some(), "{ways}");
        }
    }
}
