//! Reading and decoding, ahead of the writer.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::backlog::{AdmittedBatch, BacklogRoom, PIECE_BYTES};
use super::error::MirrorError;
use super::resumption::Beginning;
use super::ruling::Ruling;
use super::sparkplug::Sparkplug;
use crate::decode::{self, Decoded, ToldFormat, Value, decode, discovery};
use crate::journal::Journal;
use crate::message::{Message, Offset, Record};
use crate::rules::StoredParts;
use crate::store::{MessageRow, NewSample, Remarks, RowBatch, SeriesKind};
use crate::supervisor::Supervisor;

/// How many bytes of the journal are read and decoded at a time.
const READ_BYTES: usize = 256 * 1024;

/// Decodes what the journal has from where the writer `begins`, and hands it on, until told to
/// stop and everything that is durable by then is handed on. A writer that has ended tells why
/// itself.
pub(super) async fn run(
    journal: Journal,
    begins: oneshot::Receiver<Beginning>,
    to: mpsc::Sender<AdmittedBatch>,
    backlog: BacklogRoom,
    (mut sparkplug, mut ruling): (Sparkplug, Ruling),
    supervisor: Supervisor,
) -> Result<(), MirrorError> {
    let Ok(Beginning { next, births }) = begins.await else {
        return ended(&supervisor).await;
    };
    sparkplug.restore(births);
    let mut reader = journal.reader(next)?;
    loop {
        let first = reader.position();
        let records = tokio::select! {
            biased;
            records = reader.next(READ_BYTES) => records?,
            () = supervisor.stopping() => return Ok(()),
            () = sparkplug.tick() => {
                sparkplug.look();
                continue;
            }
        };
        ruling.refresh();
        let pieces = Pieces {
            records: records.into_iter(),
            first,
            next: reader.position(),
            sparkplug: &mut sparkplug,
            ruling: &mut ruling,
        };
        for (batch, bytes) in pieces {
            let handing_on = async { to.send(backlog.admit(batch, bytes).await).await };
            let sent = tokio::select! {
                biased;
                sent = handing_on => sent,
                () = to.closed() => return ended(&supervisor).await,
            };
            if sent.is_err() {
                return ended(&supervisor).await;
            }
        }
    }
}

/// The writer is gone, and tells why itself.
async fn ended(supervisor: &Supervisor) -> Result<(), MirrorError> {
    supervisor.stopping().await;
    Ok(())
}

/// Records that are decoded piece by piece, so that there is never much more in memory than there
/// is room for.
struct Pieces<'a> {
    records: std::vec::IntoIter<Record>,
    first: Offset,
    /// Behind the last record.
    next: Offset,
    sparkplug: &'a mut Sparkplug,
    ruling: &'a mut Ruling,
}

impl Iterator for Pieces<'_> {
    /// A batch, and how many bytes it takes.
    type Item = (RowBatch, usize);

    fn next(&mut self) -> Option<Self::Item> {
        if self.first >= self.next {
            return None;
        }
        let mut rows = Vec::new();
        let mut left_out = Vec::new();
        let mut bytes = 0;
        let mut next = self.next;
        for record in self.records.by_ref() {
            let Record::Message(message) = record else {
                continue;
            };
            let offset = message.offset;
            // What edge nodes say is to be known whatever is stored of it.
            let read = self.sparkplug.read(&message);
            let Some(row) = row(message, read, self.ruling) else {
                left_out.push(offset);
                continue;
            };
            bytes += row.bytes();
            let behind = row.message.offset.plus(1);
            rows.push(row);
            if bytes >= PIECE_BYTES {
                next = behind;
                break;
            }
        }
        let first = std::mem::replace(&mut self.first, next);
        let batch = RowBatch {
            first,
            next,
            rows,
            left_out,
        };
        Some((batch, bytes))
    }
}

/// What a message comes to, by the rule for its topic; `None` where nothing of it is to be stored.
/// What it was `read` as, where it needs what came before.
pub(super) fn row(
    message: Arc<Message>,
    read: Option<(Decoded, Option<Box<Remarks>>)>,
    ruling: &mut Ruling,
) -> Option<MessageRow> {
    let Some(rule) = ruling.of(&message.topic) else {
        let (decoded, remarks) = read.unwrap_or_else(|| read_alone(&message, None));
        return Some(made(message, decoded, remarks));
    };
    if rule.rule.store == StoredParts::Nothing {
        return None;
    }
    let told = rule.rule.told(message.payload.len());
    let (mut decoded, mut remarks) = read.unwrap_or_else(|| read_alone(&message, told));
    let message = ruling.apply(&rule, message, (&mut decoded, &mut remarks));
    Some(made(message, decoded, remarks))
}

fn made(message: Arc<Message>, decoded: Decoded, remarks: Option<Box<Remarks>>) -> MessageRow {
    MessageRow {
        samples: decoded.samples.into_iter().map(sample).collect(),
        defects: decoded.defects,
        message,
        remarks,
    }
}

/// A message that needs nothing that came before.
fn read_alone(message: &Message, told: Option<ToldFormat>) -> (Decoded, Option<Box<Remarks>>) {
    let mut decoded = decode(message, told);
    let said_units = decoded.units.take();
    let described = discovery::read(message);
    let says_more = said_units.is_some() || described.is_some();
    let remarks = says_more.then(|| {
        Box::new(Remarks {
            said_units: said_units.map(|units| *units).unwrap_or_default(),
            described,
            ..Remarks::default()
        })
    });
    (decoded, remarks)
}

fn sample(sample: decode::Sample) -> NewSample {
    let (value, text, kind) = match sample.value {
        Value::Number(number) => (Some(number), None, SeriesKind::Number),
        Value::Long(number, digits) => (Some(number), Some(digits), SeriesKind::Number),
        Value::Bool(bool) => (Some(f64::from(u8::from(bool))), None, SeriesKind::Bool),
        Value::Text(text) => (None, Some(text), SeriesKind::Text),
    };
    NewSample {
        path: sample.path,
        time: sample.time,
        time_source: sample.time_source,
        value,
        text,
        kind,
    }
}
