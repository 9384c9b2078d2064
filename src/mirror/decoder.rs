//! Reading and decoding, ahead of the writer.

use tokio::sync::{mpsc, oneshot};

use super::error::MirrorError;
use crate::decode::{self, Value, decode};
use crate::journal::Journal;
use crate::message::{Offset, Record};
use crate::store::{MessageRow, NewSample, RowBatch, SeriesKind};
use crate::supervisor::Supervisor;

/// How many bytes of the journal are read and decoded at a time.
const READ_BYTES: usize = 256 * 1024;

/// Decodes what the journal has from where the writer `begins`, and hands it on, until told to
/// stop and everything that is durable by then is handed on. A writer that has ended tells why
/// itself.
pub(super) async fn run(
    journal: Journal,
    begins: oneshot::Receiver<Offset>,
    to: mpsc::Sender<RowBatch>,
    supervisor: Supervisor,
) -> Result<(), MirrorError> {
    let Ok(next) = begins.await else {
        supervisor.stopping().await;
        return Ok(());
    };
    let mut reader = journal.reader(next)?;
    loop {
        let first = reader.position();
        let records = tokio::select! {
            biased;
            records = reader.next(READ_BYTES) => records?,
            () = supervisor.stopping() => return Ok(()),
        };
        let batch = decode_all(records, first, reader.position());
        if to.send(batch).await.is_err() {
            supervisor.stopping().await;
            return Ok(());
        }
    }
}

fn decode_all(records: Vec<Record>, first: Offset, next: Offset) -> RowBatch {
    let messages = records.into_iter().filter_map(|record| match record {
        Record::Message(message) => Some(message),
        Record::Session(_) => None,
    });
    let rows = messages.map(|message| {
        let decoded = decode(&message);
        MessageRow {
            samples: decoded.samples.into_iter().map(sample).collect(),
            defects: decoded.defects,
            message,
        }
    });
    RowBatch {
        first,
        next,
        rows: rows.collect(),
    }
}

fn sample(sample: decode::Sample) -> NewSample {
    let (value, text, kind) = match sample.value {
        Value::Number(number) => (Some(number), None, SeriesKind::Number),
        Value::Integer(number, digits) => (Some(number), Some(digits), SeriesKind::Number),
        Value::Bool(bool) => (Some(f64::from(u8::from(bool))), None, SeriesKind::Bool),
        Value::Text(text) => (None, Some(text), SeriesKind::Text),
    };
    NewSample {
        path: sample.path,
        time: sample.time,
        value,
        text,
        kind,
    }
}
