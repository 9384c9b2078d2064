//! Encoding and decoding.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::message::{ClientId, Epoch, Offset, Record, Timestamp, Topic};

use super::super::counts::Counts;
use super::super::error::Fault;
use super::super::header::{self, Header};
use super::super::record::{self, Head, NameSource, RecordBody};
use super::super::{AppendError, properties};
use super::random_record;

const SALT: u32 = 0x5eed_5a17;

struct Plain;

impl NameSource for Plain {
    fn client(&mut self, name: &str) -> ClientId {
        ClientId(name.into())
    }

    fn topic(&mut self, name: &str) -> Option<Topic> {
        Topic::new(name).ok()
    }
}

fn decode(bytes: &[u8]) -> Result<Option<Record>, Fault> {
    let head = Head::decode(bytes)?;
    let length = head.checked_length(bytes.len() as u64)?;
    RecordBody::decode(&bytes[..length], &head)?.into_record(
        &head,
        &mut Plain,
        Bytes::copy_from_slice,
    )
}

/// A record with the places that a journal gives, and its encoding behind other bytes.
fn encoded(seed: u64) -> (Record, Vec<u8>) {
    let mut record = random_record(&mut fastrand::Rng::with_seed(seed));
    let received_at = Timestamp(1_763_848_053_293_000);
    super::super::queue::number(&mut record, Offset(seed), received_at);
    let mut group = vec![9; 33];
    record::encode(&record, received_at, SALT, &mut group).unwrap();
    (record, group.split_off(33))
}

proptest! {
    #[test]
    fn a_record_survives_its_encoding(seed: u64) {
        let (record, bytes) = encoded(seed);
        let head = Head::decode(&bytes).unwrap();
        prop_assert_eq!(head.back, 33);
        prop_assert_eq!(head.length as usize, bytes.len());
        prop_assert!(record::is_whole(&bytes, &head, SALT));
        prop_assert!(!record::is_whole(&bytes, &head, SALT + 1));
        prop_assert_eq!(decode(&bytes), Ok(Some(record)));
    }

    #[test]
    fn any_changed_bytes_are_noticed_and_decode_to_something(
        seed: u64,
        changes in vec((any::<prop::sample::Index>(), 1..=255_u8), 1..4),
    ) {
        let (_, mut bytes) = encoded(seed);
        let whole = bytes.clone();
        for (at, change) in changes {
            let at = at.index(bytes.len());
            bytes[at] ^= change;
        }
        let head = Head::decode(&bytes).unwrap();
        prop_assert!(bytes == whole || !record::is_whole(&bytes, &head, SALT));
        // Nobody decodes what is not whole; if somebody did, nothing would break.
        let _ = decode(&bytes);
    }

    #[test]
    fn any_bytes_decode_to_something(bytes in vec(any::<u8>(), 0..300)) {
        let _ = decode(&bytes);
        let _ = properties::decode(&bytes);
    }

    #[test]
    fn a_header_survives_its_encoding_and_no_change_goes_unnoticed(
        numbers: [u64; 5],
        epoch: u32,
        received_at: i64,
        salt: u32,
        bit in 0..8 * header::BYTES,
    ) {
        let header = Header {
            epoch: Epoch(epoch),
            first: Offset(numbers[0]),
            previous: (Offset(numbers[1]), numbers[2]),
            before: Counts { messages: numbers[3], payload_bytes: numbers[4] },
            received_at: Timestamp(received_at),
            salt,
        };
        let mut bytes = header.encode();
        prop_assert_eq!(Header::decode(&bytes), Ok(header));
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(Header::decode(&bytes).is_err());
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let mut record = super::message("t", "payload");
    if let Record::Message(message) = &mut record {
        std::sync::Arc::make_mut(message).client = ClientId("x".repeat(65_536).into());
    }
    let result = record::encode(&record, Timestamp(0), SALT, &mut Vec::new());
    assert_eq!(result, Err(AppendError::TooLarge));
}
