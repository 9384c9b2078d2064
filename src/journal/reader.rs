//! Reading what is durable.

use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use tokio::sync::watch;

use crate::message::{ClientId, Offset, Record, Topic};

use super::error::{Fault, JournalError, disk as disk_error};
use super::record::{NameSource, RecordBody};
use super::scan::{ScanError, Scanner};
use super::segment::Segment;
use super::shared::JournalShared;

/// How much is read from the disk at once, at least and at most; more only for a larger record.
const READ_BYTES: std::ops::RangeInclusive<usize> = (8 << 10)..=(256 << 10);

/// A place in the journal from which records are read on, each verified. Any number of readers
/// may be open; none of them keeps anything from being removed, and a removed record is an error,
/// never skipped. Reads come from the page cache as a rule, and block while they do not.
pub struct Reader {
    shared: Arc<JournalShared>,
    durable: watch::Receiver<Offset>,
    position: Offset,
    /// Where that is on the disk, once it has been looked up.
    place: Option<(Weak<Segment>, Scanner)>,
    names: Recent,
}

impl Reader {
    pub(super) fn new(shared: Arc<JournalShared>, from: Offset) -> Result<Self, JournalError> {
        let oldest = shared.oldest();
        if from < oldest {
            return Err(JournalError::Gone { oldest });
        }
        Ok(Self {
            durable: shared.durable.subscribe(),
            shared,
            position: from,
            place: None,
            names: Recent::default(),
        })
    }

    /// The record that is read next.
    pub fn position(&self) -> Offset {
        self.position
    }

    /// Goes to another record, which need not be there yet. To go on a little is cheap.
    pub fn seek(&mut self, to: Offset) {
        let is_near = self
            .place
            .as_ref()
            .is_some_and(|(_, scanner)| to >= scanner.offset() && to.0 - scanner.offset().0 < 100);
        if !is_near {
            self.place = None;
        }
        self.position = to;
    }

    /// The next records, as many as fit into `bytes_max` in their encoding, but at least one:
    /// waits for it. Cancel-safe.
    pub async fn next(&mut self, bytes_max: usize) -> Result<Vec<Record>, JournalError> {
        loop {
            let records = self.try_next(bytes_max)?;
            if !records.is_empty() {
                return Ok(records);
            }
            let position = self.position;
            // The sender lives as long as this reader.
            let _ = self.durable.wait_for(|durable| *durable > position).await;
        }
    }

    /// The next records, as many as fit into `bytes_max` in their encoding, but at least one;
    /// none at the durable head.
    pub fn try_next(&mut self, bytes_max: usize) -> Result<Vec<Record>, JournalError> {
        let mut records = Vec::new();
        let mut room = bytes_max.max(1);
        let durable = *self.shared.durable.borrow();
        while self.position < durable && room > 0 {
            if let Err(error) = self.read(&mut records, &mut room) {
                // What was read before it counts; the error comes again the next time.
                if records.is_empty() {
                    return Err(error);
                }
                break;
            }
        }
        Ok(records)
    }

    /// Reads on in one segment, until its end or until `room`, which shrinks, is used up.
    fn read(&mut self, records: &mut Vec<Record>, room: &mut usize) -> Result<(), JournalError> {
        let start = self.position;
        let known = self
            .place
            .take()
            .and_then(|(segment, scanner)| Some((segment.upgrade()?, scanner)));
        let is_known = known.is_some();
        let (segment, mut scanner) = known.map_or_else(|| self.look_up(), Ok)?;
        let file = self.shared.file_of(&segment)?;
        let ahead = (*room).clamp(*READ_BYTES.start(), *READ_BYTES.end());
        while *room > 0 {
            let (position, offset) = (scanner.position(), scanner.offset());
            let bad = |fault| segment.bad_record(position, offset, fault);
            let frame = match scanner.next(&*file, segment.header.salt, segment.length(), ahead) {
                Ok(Some(frame)) => frame,
                Ok(None) if self.position > start => break,
                // The segment has nothing more: the next one has it.
                Ok(None) if is_known => return Ok(()),
                Ok(None) => return Err(bad(Fault::Truncated)),
                Err(ScanError::Disk(error)) => {
                    return Err(disk_error("read", &segment.path)(error));
                }
                Err(ScanError::Record(fault)) => return Err(bad(fault)),
            };
            if offset < self.position || frame.head.is_mark() {
                continue;
            }
            let chunk = scanner.chunk();
            let record = RecordBody::decode(&chunk[frame.range.clone()], &frame.head)
                .and_then(|body| {
                    body.into_record(&frame.head, &mut self.names, |part| keep(chunk, part))
                })
                .map_err(bad)?;
            records.extend(record);
            self.position = offset.plus(1);
            *room = room.saturating_sub(frame.range.len());
        }
        self.place = Some((Arc::downgrade(&segment), scanner));
        Ok(())
    }

    fn look_up(&self) -> Result<(Arc<Segment>, Scanner), JournalError> {
        let segment = self.shared.segment(self.position)?;
        let file = self.shared.file_of(&segment)?;
        let (offset, position) = segment.locate(&*file, self.position)?;
        Ok((segment, Scanner::new(position, offset)))
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// A part of `chunk` that may live long: shared where it is most of what it keeps in memory,
/// copied otherwise.
fn keep(chunk: &Bytes, part: &[u8]) -> Bytes {
    if part.len() >= chunk.len() / 4 {
        chunk.slice_ref(part)
    } else {
        Bytes::copy_from_slice(part)
    }
}

/// Names that came lately: most come again soon, and need neither memory nor checks then.
#[derive(Debug, Default)]
struct Recent {
    hasher: foldhash::fast::RandomState,
    clients: Vec<Option<ClientId>>,
    topics: Vec<Option<Topic>>,
}

const CLIENTS: usize = 64;
const TOPICS: usize = 256;

impl Recent {
    fn slot(&self, name: &str, slots: usize) -> usize {
        let hash = self.hasher.hash_one(name) % slots as u64;
        usize::try_from(hash).unwrap_or_default()
    }
}

impl NameSource for Recent {
    fn client(&mut self, name: &str) -> ClientId {
        let slot = self.slot(name, CLIENTS);
        self.clients.resize(CLIENTS, None);
        match &self.clients[slot] {
            Some(client) if &*client.0 == name => client.clone(),
            _ => self.clients[slot].insert(ClientId(name.into())).clone(),
        }
    }

    fn topic(&mut self, name: &str) -> Option<Topic> {
        let slot = self.slot(name, TOPICS);
        self.topics.resize(TOPICS, None);
        match &self.topics[slot] {
            Some(topic) if topic.as_str() == name => Some(topic.clone()),
            _ => Some(self.topics[slot].insert(Topic::new(name).ok()?).clone()),
        }
    }
}
