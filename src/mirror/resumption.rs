//! Where the mirror goes on: what journal and database know of each other.

use crate::message::{Cursor, Epoch, Offset};
use crate::store::StoreError;

/// What there is of the journal.
#[derive(Debug, Clone, Copy)]
pub(super) struct JournalExtent {
    pub(super) epoch: Epoch,
    pub(super) oldest: Offset,
    pub(super) head: Offset,
}

/// Where to go on, and how the database gets to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resumption {
    Known(Offset),
    /// A journal that the database has not seen yet.
    New(Offset),
    /// The journal no longer has what comes next: `from..to` is missing from the database.
    Missing {
        from: Offset,
        to: Offset,
    },
}

impl Resumption {
    /// Compares journal and database; an error where they do not belong together.
    pub(super) fn find(
        journal: JournalExtent,
        database: Option<Cursor>,
    ) -> Result<Self, StoreError> {
        let Some(Cursor {
            epoch,
            next: cursor,
        }) = database
        else {
            return Ok(Self::New(journal.oldest));
        };
        if epoch != journal.epoch {
            return if journal.oldest < cursor {
                Err(StoreError::Foreign {
                    journal: journal.epoch,
                    oldest: journal.oldest,
                    database: epoch,
                    cursor,
                })
            } else {
                Ok(Self::New(journal.oldest))
            };
        }
        if cursor > journal.head {
            return Err(StoreError::Ahead {
                epoch: journal.epoch,
                cursor,
                head: journal.head,
            });
        }
        if cursor < journal.oldest {
            return Ok(Self::Missing {
                from: cursor,
                to: journal.oldest,
            });
        }
        Ok(Self::Known(cursor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journal_and_database_find_where_to_go_on() {
        let cursor = |epoch, next| {
            Some(Cursor {
                epoch: Epoch(epoch),
                next: Offset(next),
            })
        };
        let missing = Resumption::Missing {
            from: Offset(3),
            to: Offset(5),
        };
        // The journal is of the epoch 1 and has 5..10.
        for (database, resumption) in [
            (None, Some(Resumption::New(Offset(5)))),
            (cursor(1, 5), Some(Resumption::Known(Offset(5)))),
            (cursor(1, 10), Some(Resumption::Known(Offset(10)))),
            (cursor(1, 11), None),
            (cursor(1, 3), Some(missing)),
            (cursor(2, 5), Some(Resumption::New(Offset(5)))),
            (cursor(2, 3), Some(Resumption::New(Offset(5)))),
            (cursor(2, 6), None),
        ] {
            let journal = JournalExtent {
                epoch: Epoch(1),
                oldest: Offset(5),
                head: Offset(10),
            };
            assert_eq!(
                Resumption::find(journal, database).ok(),
                resumption,
                "{database:?}"
            );
        }
    }
}
