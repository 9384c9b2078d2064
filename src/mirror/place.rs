//! Where the mirror goes on: what journal and database know of each other.

use crate::message::{Epoch, Offset};
use crate::store::{Position, StoreError};

/// What there is of the journal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) epoch: Epoch,
    pub(super) oldest: Offset,
    pub(super) head: Offset,
}

/// Where to go on, and how the database gets to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the cursor.
    Known(Offset),
    /// A journal that the database has not seen yet.
    New(Offset),
    /// The journal no longer has what comes next: `from..to` is missing from the database.
    Missing {
        /// First missing record.
        from: Offset,
        /// Where it goes on.
        to: Offset,
    },
}

impl Place {
    /// Compares journal and database; an error where they do not belong together.
    pub(super) fn find(journal: Extent, database: Option<Position>) -> Result<Self, StoreError> {
        let Some(position) = database else {
            return Ok(Self::New(journal.oldest));
        };
        let cursor = position.next;
        if position.epoch != journal.epoch {
            return if journal.oldest < cursor {
                Err(StoreError::Foreign {
                    journal: journal.epoch,
                    oldest: journal.oldest,
                    database: position.epoch,
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
        let position = |epoch, next| {
            Some(Position {
                epoch: Epoch(epoch),
                next: Offset(next),
                stored: 0,
                quarantined: 0,
                samples: 0,
            })
        };
        let missing = Place::Missing {
            from: Offset(3),
            to: Offset(5),
        };
        // The journal is of the epoch 1 and has 5..10.
        for (database, place) in [
            (None, Some(Place::New(Offset(5)))),
            (position(1, 5), Some(Place::Known(Offset(5)))),
            (position(1, 10), Some(Place::Known(Offset(10)))),
            (position(1, 11), None),
            (position(1, 3), Some(missing)),
            (position(2, 5), Some(Place::New(Offset(5)))),
            (position(2, 3), Some(Place::New(Offset(5)))),
            (position(2, 6), None),
        ] {
            let journal = Extent {
                epoch: Epoch(1),
                oldest: Offset(5),
                head: Offset(10),
            };
            assert_eq!(Place::find(journal, database).ok(), place, "{database:?}");
        }
    }
}
