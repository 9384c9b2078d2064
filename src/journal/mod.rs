//! The durable log: everything that is received, once, in one order, on the local disk. What is
//! acknowledged to a publisher is durable here; everything downstream is a [`Reader`] of it.
//!
//! [`Journal::append`] gives each record its offset and encodes it into the buffer that fills
//! while the writer, one thread of its own, is busy with the one before. The writer takes the
//! whole buffer as one *group*, writes it once, syncs once, and moves the durable head on.
//!
//! # Invariants
//!
//! - A record below the durable head is never lost, changed, or skipped silently.
//! - At most one group is written and not yet synced. So whoever finds a whole record of a later
//!   group knows that everything before that group was durable.
//! - A segment's header is durable, and so is its name, before its first record is written; all
//!   of a segment is durable before the next one is created.
//! - A failed sync ends the writer and is never retried: nobody knows what the disk still holds.
//! - Records that are not yet mirrored are never removed.
//! - Nobody but this module touches its files, and it does so through [`Disk`] only.
//!
//! # On disk
//!
//! One directory with segments, each named by the offset of its first record,
//! `00000000000000000001.segment`. Only the last one is written to, until it has reached its size.
//! Beside them lies `ballast`, a file of no content, removed when the disk is full so that what
//! was accepted can still be written, and `handed-on`, which says up to where the database may have
//! the records: a journal that ends before that has lost its end, and is refused, so that no offset
//! is given twice. All numbers are little-endian.
//!
//! A segment begins with a header of 80 bytes:
//!
//! | bytes | |
//! |---|---|
//! | 0–7 | `UNSPOOLJ` |
//! | 8–11 | format version, 1 |
//! | 12–15 | epoch of the journal |
//! | 16–23 | offset of the first record |
//! | 24–31 | first offset of the segment before (its own, where there is none) |
//! | 32–39 | length in bytes of the segment before (0, where there is none) |
//! | 40–47 | messages before this segment, since the journal was created |
//! | 48–55 | their payload bytes |
//! | 56–63 | time of receipt of the last record before, in µs since 1970 |
//! | 64–67 | salt, a random number: what the checksums of the records start from |
//! | 68–75 | zero |
//! | 76–79 | CRC-32C of bytes 0–75 |
//!
//! The records follow without gaps. A group never spans two segments.
//!
//! | bytes | |
//! |---|---|
//! | 0–3 | CRC-32C, continued from the salt, of the rest of the record |
//! | 4–7 | length of the record, these bytes included |
//! | 8–11 | bytes since the start of its group |
//! | 12 | kind: 1 message, 2 session event, 3 mark |
//! | 13 | flags: bits 0–1 QoS, bit 2 retain, bit 3 has properties |
//! | 14–15 | packet identifier |
//! | 16–23 | offset |
//! | 24–31 | time of receipt, in µs since 1970 |
//!
//! A message goes on with the lengths of client (2 bytes), topic (2) and, where flagged,
//! properties (4), then these three, then the payload up to the end; a session event with its
//! bytes. A mark is a group of its own, takes no offset, and says nothing but that all before it
//! is durable. The properties: a byte of flags (bit 0 payload is UTF-8, bit 1 expiry, bit 2
//! content type, bit 3 response topic, bit 4 correlation data), the expiry (4 bytes), then each
//! text with its length (4 bytes) before it, and after those the user's names and values, in turn.
//!
//! The salt, which is the journal's own, keeps a client from publishing bytes that would be taken
//! for a record when one is looked for in the midst of others.
//!
//! # Recovery
//!
//! The headers form a chain, in which a missing or shortened segment shows. The last segment is
//! read through. If a record in it is bad, and a whole record of a *later* group follows, the
//! damage is in what was durable: an error, which names segment, byte and offset. If none follows,
//! the record belongs to the group that was being written: a torn tail, which is cut, whatever
//! order its blocks reached the disk in. The other segments are verified when they are read.

mod ballast;
mod commit_group;
mod counts;
mod damage;
mod disk;
mod error;
mod fields;
mod handed_on;
mod handle;
mod header;
mod hold;
mod holds;
mod options;
mod properties;
mod pruning;
mod queue;
mod reader;
mod record;
mod recovery;
mod room;
mod scan;
mod segment;
mod shared;
mod writer;

#[cfg(test)]
mod tests;

pub use counts::Counts;
pub use damage::{Damage, Inspection};
pub use disk::{Disk, File, LocalDisk};
pub use error::{AppendError, Fault, JournalError};
pub use handle::Journal;
pub use hold::Hold;
pub use options::JournalOptions;
pub use reader::Reader;
pub use writer::JournalWriter;
