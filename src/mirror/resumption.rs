//! Where the mirror goes on: what journal and database know of each other.

use std::cmp::Ordering;

use crate::journal::Journal;
use crate::message::{Birth, Cursor, Epoch, Offset};
use crate::store::{Changeover, Mirrored, Missing, StoreError};

/// What there is of the journal.
#[derive(Debug, Clone, Copy)]
pub(super) struct JournalExtent {
    pub(super) epoch: Epoch,
    pub(super) oldest: Offset,
    pub(super) head: Offset,
    /// Messages that were in it and have been removed.
    pub(super) removed: u64,
}

/// What decoding begins with.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) next: Offset,
    /// The births of Sparkplug that are known there.
    pub(super) births: Vec<Birth>,
}

/// Where to go on, and how the database gets to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resumption {
    Known(Offset),
    /// A journal that the database has not seen yet, or that has nothing more of what comes next
    /// than what is no message.
    New(Offset),
    /// The journal does not have what comes next, or is another one: that is missing from the
    /// database for good.
    Missing(Missing),
}

impl JournalExtent {
    pub(super) fn of(journal: &Journal) -> Self {
        Self {
            epoch: journal.epoch(),
            oldest: journal.oldest(),
            head: journal.head(),
            removed: journal.removed().messages,
        }
    }
}

impl Resumption {
    /// Compares journal and database; an error where they do not belong together.
    pub(super) fn find(
        journal: JournalExtent,
        database: Option<Mirrored>,
    ) -> Result<Self, StoreError> {
        let missing = |from, messages| {
            Self::Missing(Missing {
                epoch: journal.epoch,
                from,
                to: journal.oldest,
                messages,
                earlier: None,
            })
        };
        let Some(mirrored) = database else {
            // What was removed had been mirrored: into a database that is not this one.
            return Ok(if journal.removed > 0 {
                missing(Offset(1), journal.removed)
            } else {
                Self::New(journal.oldest)
            });
        };
        let Cursor { epoch, next } = mirrored.cursor;
        if epoch != journal.epoch {
            // A new journal begins where its database ends.
            return match next.cmp(&journal.oldest) {
                Ordering::Equal | Ordering::Less => Ok(Self::Missing(Missing {
                    epoch: journal.epoch,
                    from: next,
                    to: journal.oldest,
                    messages: journal.removed,
                    earlier: Some(Changeover {
                        epoch,
                        received_at: None,
                    }),
                })),
                Ordering::Greater => Err(StoreError::Foreign {
                    journal: journal.epoch,
                    oldest: journal.oldest,
                    database: epoch,
                    cursor: next,
                }),
            };
        }
        if next > journal.head {
            return Err(StoreError::Ahead {
                epoch: journal.epoch,
                cursor: next,
                head: journal.head,
            });
        }
        if next >= journal.oldest {
            return Ok(Self::Known(next));
        }
        let known = mirrored.stored + mirrored.dead_lettered + mirrored.removed;
        Ok(match journal.removed.saturating_sub(known) {
            0 => Self::New(journal.oldest),
            messages => missing(next, messages),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journal_and_database_find_where_to_go_on() {
        // Of the messages that were removed from the journal, the database has so many.
        let mirrored = |epoch, next, stored| {
            Some(Mirrored {
                cursor: Cursor {
                    epoch: Epoch(epoch),
                    next: Offset(next),
                },
                stored,
                dead_lettered: 0,
                samples: 0,
                removed: 0,
                left_out: 0,
                expired: 0,
            })
        };
        let missing_after = |earlier, from, messages| {
            Some(Resumption::Missing(Missing {
                epoch: Epoch(1),
                from: Offset(from),
                to: Offset(5),
                messages,
                earlier,
            }))
        };
        let missing = |from, messages| missing_after(None, from, messages);
        let other = Some(Changeover {
            epoch: Epoch(2),
            received_at: None,
        });
        let (new, known) = (Resumption::New, Resumption::Known);
        // The journal is of the epoch 1 and has 5..10.
        for (database, removed, resumption) in [
            (None, 0, Some(new(Offset(5)))),
            (None, 3, missing(1, 3)),
            (mirrored(1, 5, 3), 3, Some(known(Offset(5)))),
            (mirrored(1, 10, 8), 3, Some(known(Offset(10)))),
            (mirrored(1, 11, 9), 3, None),
            (mirrored(1, 3, 2), 4, missing(3, 2)),
            // Only events of sessions are between.
            (mirrored(1, 3, 2), 2, Some(new(Offset(5)))),
            // Another journal: what it had further is not known.
            (mirrored(2, 5, 4), 0, missing_after(other, 5, 0)),
            (mirrored(2, 3, 2), 0, missing_after(other, 3, 0)),
            (mirrored(2, 3, 2), 1, missing_after(other, 3, 1)),
            (mirrored(2, 6, 5), 0, None),
        ] {
            let journal = JournalExtent {
                epoch: Epoch(1),
                oldest: Offset(5),
                head: Offset(10),
                removed,
            };
            assert_eq!(
                Resumption::find(journal, database).ok(),
                resumption,
                "{database:?}, {removed} removed"
            );
        }
    }
}
