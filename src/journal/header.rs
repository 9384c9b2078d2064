//! The header of a segment.

use crate::message::{Epoch, Offset, Timestamp};

use super::counts::Counts;
use super::error::Fault;
use super::fields::Fields;

/// The length of a header.
pub(super) const BYTES: usize = 80;

const MAGIC: &[u8; 8] = b"UNSPOOLJ";
const VERSION: u32 = 1;

/// What a segment says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) epoch: Epoch,
    /// The offset of the first record.
    pub(super) first: Offset,
    /// The first offset of the segment before, and its length; this one's own and 0 where there
    /// is none.
    pub(super) previous: (Offset, u64),
    /// What came before this segment.
    pub(super) before: Counts,
    /// When the last record before this segment was received.
    pub(super) received_at: Timestamp,
    /// What the checksums of the records start from.
    pub(super) salt: u32,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; BYTES] {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.epoch.0.to_le_bytes());
        for number in [
            self.first.0,
            self.previous.0.0,
            self.previous.1,
            self.before.messages,
            self.before.payload_bytes,
        ] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.received_at.0.to_le_bytes());
        bytes.extend_from_slice(&self.salt.to_le_bytes());
        let mut header = [0; BYTES];
        header[..bytes.len()].copy_from_slice(&bytes);
        let checksum = crc32c::crc32c(&header[..BYTES - 4]);
        header[BYTES - 4..].copy_from_slice(&checksum.to_le_bytes());
        header
    }

    pub(super) fn decode(bytes: &[u8; BYTES]) -> Result<Self, Fault> {
        let (content, checksum) = bytes.split_at(BYTES - 4);
        let mut fields = Fields(content);
        if fields.take(MAGIC.len())? != MAGIC {
            return Err(Fault::Magic);
        }
        if crc32c::crc32c(content).to_le_bytes() != *checksum {
            return Err(Fault::Checksum);
        }
        let version = fields.u32()?;
        if version != VERSION {
            return Err(Fault::Version(version));
        }
        Ok(Self {
            epoch: Epoch(fields.u32()?),
            first: Offset(fields.u64()?),
            previous: (Offset(fields.u64()?), fields.u64()?),
            before: Counts {
                messages: fields.u64()?,
                payload_bytes: fields.u64()?,
            },
            received_at: Timestamp(fields.i64()?),
            salt: fields.u32()?,
        })
    }
}
