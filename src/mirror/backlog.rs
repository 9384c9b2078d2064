//! What is decoded and waits to be written, or is being written: bounded in bytes, whatever the
//! messages are made of.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::store::RowBatch;

/// How many bytes of decoded messages there may be, samples and names included; beyond that what is
/// being decoded, which comes to [`PIECE_BYTES`] and one message at most.
const BACKLOG_BYTES_MAX: u32 = 64 * 1024 * 1024;

/// How much is handed on at a time.
pub(super) const PIECE_BYTES: usize = 1024 * 1024;

/// The room there is. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct BacklogRoom(Arc<Semaphore>);

impl Default for BacklogRoom {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BACKLOG_BYTES_MAX as usize)))
    }
}

/// A batch and the room that it takes, which is given back with it.
#[derive(Debug)]
pub(super) struct AdmittedBatch {
    pub(super) batch: RowBatch,
    pub(super) bytes: usize,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

impl BacklogRoom {
    /// Waits until there is room for `batch`, which takes so many `bytes`. One that is larger than
    /// all the room waits for all of it. Cancel-safe.
    pub(super) async fn admit(&self, batch: RowBatch, bytes: usize) -> AdmittedBatch {
        let wanted = u32::try_from(bytes).unwrap_or(u32::MAX);
        let wanted = wanted.min(BACKLOG_BYTES_MAX);
        let room = Arc::clone(&self.0).acquire_many_owned(wanted).await;
        AdmittedBatch {
            batch,
            bytes,
            // Nobody closes the semaphore.
            room: room.ok(),
        }
    }
}

impl AdmittedBatch {
    /// Adds what comes next.
    pub(super) fn extend(&mut self, more: Self) {
        self.batch.next = more.batch.next;
        self.batch.rows.extend(more.batch.rows);
        self.batch.left_out.extend(more.batch.left_out);
        self.bytes += more.bytes;
        match (&mut self.room, more.room) {
            (Some(room), Some(more)) => room.merge(more),
            (room, more) => *room = room.take().or(more),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::message::{Message, Offset, TimeSource, Timestamp, Topic};
    use crate::store::{MessageRow, NewSample, SeriesKind};

    /// A small message with a thousand values.
    fn wide(offset: u64) -> RowBatch {
        let sample = |n: u32| NewSample {
            path: format!("/axes/{n}"),
            time: Timestamp(0),
            value: Some(1.0),
            text: None,
            time_source: TimeSource::Receipt,
            kind: SeriesKind::Number,
        };
        let topic = Topic::new("a").unwrap();
        let row = MessageRow {
            message: Arc::new(Message::new(topic, vec![b'1'; 2000])),
            samples: (0..1000).map(sample).collect(),
            defects: crate::message::Defects::default(),
            remarks: None,
        };
        RowBatch {
            first: Offset(offset),
            next: Offset(offset + 1),
            rows: vec![row],
            left_out: Vec::new(),
        }
    }

    #[tokio::test]
    async fn what_waits_is_bounded_by_what_it_takes_and_not_by_its_payload() {
        let backlog = BacklogRoom::default();
        let mut waiting: Option<AdmittedBatch> = None;
        let mut admitted = 0;
        loop {
            let batch = wide(admitted);
            let bytes = batch.rows.iter().map(MessageRow::bytes).sum();
            let admission = tokio::task::unconstrained(backlog.admit(batch, bytes));
            let mut admission = std::pin::pin!(admission);
            let std::task::Poll::Ready(decoded) = futures_util::poll!(&mut admission) else {
                break;
            };
            admitted += 1;
            match &mut waiting {
                Some(waiting) => waiting.extend(decoded),
                None => waiting = Some(decoded),
            }
        }
        let bytes = waiting.as_ref().map_or(0, |waiting| waiting.bytes);
        assert!(bytes <= BACKLOG_BYTES_MAX as usize && bytes > BACKLOG_BYTES_MAX as usize / 2);
        // 2 KB of payload each.
        assert!(admitted < 1000, "{admitted}");
        drop(waiting);
        // Larger than all there is: it gets all there is.
        backlog.admit(wide(1), usize::MAX).await;
    }
}
