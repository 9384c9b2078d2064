//! Tests of the journal as a whole, and what they share.

mod facts;
mod format;
mod recovery;
mod simulation;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;

use crate::message::{
    ClientId, Message, Offset, Properties, Qos, Record, SessionEvent, Timestamp, Topic,
};

use super::disk::simulated::SimulatedDisk;
use super::{AppendError, Journal, JournalError, JournalOptions, JournalWriter};

/// The directory that the simulated disks have.
const DIR: &str = "journal";

fn open(
    disk: &SimulatedDisk,
    options: &JournalOptions,
) -> Result<(Journal, JournalWriter), JournalError> {
    let disk = Arc::new(disk.clone());
    Journal::open(Path::new(DIR), options.clone(), disk, Arc::default())
}

/// Appends without waiting; `None` where it would have to wait.
fn append(journal: &Journal, batch: &mut [Record]) -> Option<Result<(), AppendError>> {
    journal.append(batch).now_or_never()
}

/// Everything that is durable.
fn read_all(journal: &Journal) -> Result<Vec<Record>, JournalError> {
    let mut reader = journal.reader(journal.oldest())?;
    let mut records = Vec::new();
    loop {
        let more = reader.try_next(3000)?;
        if more.is_empty() {
            return Ok(records);
        }
        records.extend(more);
    }
}

fn small() -> JournalOptions {
    JournalOptions {
        segment_bytes: 2000,
        bytes_max: 16_000,
        free_bytes_min: 0,
        keep_bytes: 0,
        first: Offset(1),
        buffer_bytes: 1000,
        ballast_bytes: 0,
    }
}

fn message(topic: &str, payload: impl Into<Bytes>) -> Record {
    Record::Message(Arc::new(Message {
        offset: Offset(0),
        received_at: Timestamp(0),
        client: ClientId("press-7".into()),
        topic: Topic::new(topic).unwrap(),
        qos: Qos::AtLeastOnce,
        retain: false,
        packet_id: 0,
        properties: None,
        payload: payload.into(),
        is_stripped: false,
    }))
}

/// Any record.
fn random_record(random: &mut fastrand::Rng) -> Record {
    let length = match random.u8(..40) {
        0 => 0,
        1 => random.usize(1000..6000),
        _ => random.usize(1..200),
    };
    let payload: Vec<u8> = std::iter::repeat_with(|| random.u8(..))
        .take(length)
        .collect();
    if random.u8(..10) == 0 {
        return Record::Session(SessionEvent {
            offset: Offset(0),
            bytes: payload.into(),
        });
    }
    let text = |random: &mut fastrand::Rng| -> Arc<str> {
        let length = random.usize(..20);
        std::iter::repeat_with(|| random.choice(['a', 'Z', '0', '/', 'ä', ' ']).unwrap())
            .take(length)
            .collect::<String>()
            .into()
    };
    let properties = (random.u8(..4) == 0).then(|| {
        Box::new(Properties {
            payload_is_utf8: random.bool(),
            message_expiry_s: random.bool().then(|| random.u32(..)),
            content_type: random.bool().then(|| text(random)),
            response_topic: random.bool().then(|| Topic::new("answer/here").unwrap()),
            correlation_data: random.bool().then(|| Bytes::from(vec![random.u8(..); 5])),
            user: (0..random.usize(..3))
                .map(|_| (text(random), text(random)))
                .collect(),
        })
    });
    let mut record = message(&format!("t/{}", text(random)), payload);
    if let Record::Message(message) = &mut record {
        let message = Arc::make_mut(message);
        message.properties = properties;
        message.qos = Qos::from_u8(random.u8(..3)).unwrap();
        message.retain = random.bool();
        message.packet_id = random.u16(..);
    }
    record
}
