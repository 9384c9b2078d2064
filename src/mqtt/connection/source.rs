//! Reading messages again that wait for a session and are no longer in memory.

use crate::journal::{Journal, JournalError, Reader};
use crate::message::{Offset, Record};
use crate::mqtt::memory::{ClientMemory, UNCOUNTED_BYTES};
use crate::mqtt::queued::{HeldMessage, bytes_of};

/// How many messages are looked for in one go, at most.
pub(super) const LOAD_MAX: usize = 1024;

/// How much of the journal is read in one go: little at first, since a client that comes back has
/// often but a few messages waiting, and more where it goes on.
const READ_BYTES_MIN: usize = 4 * 1024;
const READ_BYTES_MAX: usize = 256 * 1024;

/// How many bytes of messages are taken into memory in one go.
const LOAD_BYTES: usize = 512 * 1024;

/// Records that are read over rather than looked for.
const GAP: u64 = 64;

/// A reader of the journal, kept between loads, since queues ascend.
pub(super) struct Source {
    journal: Journal,
    memory: ClientMemory,
    reader: Option<Reader>,
    read_bytes: usize,
}

#[derive(Debug)]
pub(super) struct LoadedMessages {
    pub(super) wanted: Vec<Offset>,
    pub(super) found: Vec<HeldMessage>,
    /// What is below this and was not found is not there any more.
    pub(super) until: Offset,
}

impl Source {
    pub(super) fn new(journal: Journal, memory: ClientMemory) -> Self {
        Self {
            journal,
            memory,
            reader: None,
            read_bytes: READ_BYTES_MIN,
        }
    }

    /// Reads messages, whose offsets ascend.
    pub(super) async fn load(&mut self, wanted: Vec<Offset>) -> LoadedMessages {
        let mut loaded = LoadedMessages {
            until: Offset::default(),
            found: Vec::with_capacity(wanted.len()),
            wanted,
        };
        if let Err(error) = self.read(&mut loaded).await {
            tracing::error!(%error, "messages that wait for a session can't be read");
            loaded.until = loaded
                .wanted
                .last()
                .map_or(Offset::default(), |last| last.plus(1));
        }
        loaded
    }

    async fn read(&mut self, loaded: &mut LoadedMessages) -> Result<(), JournalError> {
        let mut next = 0;
        let mut bytes = 0;
        while let Some(&wanted) = loaded.wanted.get(next)
            && bytes < LOAD_BYTES
        {
            let records = match self.records_from(wanted).await {
                Ok(records) => records,
                Err(JournalError::Gone { oldest }) => {
                    self.reader = None;
                    loaded.until = oldest.max(wanted.plus(1));
                    next = loaded.wanted.partition_point(|it| *it < loaded.until);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut is_starved = false;
            for record in records {
                let offset = record.offset();
                if loaded.wanted.get(next) == Some(&offset) {
                    if let Record::Message(message) = record {
                        let after = bytes + bytes_of(&message);
                        let mut message = HeldMessage::from(message);
                        is_starved =
                            after > UNCOUNTED_BYTES && !message.count(&self.memory, &mut None);
                        if is_starved {
                            break;
                        }
                        bytes = after;
                        loaded.found.push(message);
                    }
                    next += 1;
                }
                loaded.until = offset.plus(1);
            }
            if is_starved && loaded.found.is_empty() {
                // It has been let go of, and is read again.
                self.memory.freed().await;
            } else if is_starved {
                return Ok(());
            }
            next = next.max(loaded.wanted.partition_point(|it| *it < loaded.until));
        }
        Ok(())
    }

    async fn records_from(&mut self, offset: Offset) -> Result<Vec<Record>, JournalError> {
        let reader = match &mut self.reader {
            Some(reader) => {
                let at = reader.position();
                self.read_bytes = (self.read_bytes * 2).min(READ_BYTES_MAX);
                if at > offset || at.plus(GAP) < offset {
                    reader.seek(offset);
                    self.read_bytes = READ_BYTES_MIN;
                }
                reader
            }
            none => none.insert(self.journal.reader(offset)?),
        };
        reader.next(self.read_bytes).await
    }
}
