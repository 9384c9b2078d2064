//! Where a feeder puts its frames: one place, shared by all feeders of a connection.

use std::time::Duration;

use tokio::sync::mpsc::{OwnedPermit, Sender};
use tokio::sync::watch;

use super::error::{Refusal, RefusalCode};
use super::frame::{Frame, Id};
use super::memory::{ConnectionMemory, HeldBytes};

/// How long it takes until the database is asked again.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a feeder needs of its connection.
pub(super) struct Outlet {
    pub(super) id: Id,
    pub(super) frames: Sender<Frame>,
    pub(super) memory: ConnectionMemory,
    /// Whether the client wants nothing for now.
    pub(super) paused: watch::Receiver<bool>,
    /// Whether the client has been told that the database is away.
    pub(super) is_waiting: bool,
}

/// Why nothing more can be sent.
#[derive(Debug)]
pub(super) enum Unsent {
    /// The connection is gone.
    Gone,
    Refused(Refusal),
}

impl Unsent {
    /// What the client is to be told, if it is there.
    pub(super) fn told(self) -> Result<(), Refusal> {
        match self {
            Self::Gone => Ok(()),
            Self::Refused(refusal) => Err(refusal),
        }
    }
}

impl From<Refusal> for Unsent {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The right to send one frame, and memory for it.
pub(super) struct FramePlace {
    permit: OwnedPermit<Frame>,
    held: HeldBytes,
}

impl FramePlace {
    pub(super) fn send(mut self, frame: Frame) {
        self.held.resize(frame.text.len());
        self.permit.send(Frame {
            held: Some(self.held),
            ..frame
        });
    }
}

impl Outlet {
    /// Waits for the right to send one frame. A frame is made only when it has a place, so that
    /// a slow client keeps none waiting.
    pub(super) fn place(&self) -> impl Future<Output = Result<FramePlace, Unsent>> + Send + use<> {
        let (mut paused, frames) = (self.paused.clone(), self.frames.clone());
        let memory = self.memory.clone();
        async move {
            let unpaused = paused.wait_for(|paused| !paused).await;
            unpaused.map_err(|_| Unsent::Gone)?;
            let permit = frames.reserve_owned().await.map_err(|_| Unsent::Gone)?;
            let held = memory.frame().await?;
            Ok(FramePlace { permit, held })
        }
    }

    /// Waits for the database to come back, and tells the client of it once; any other refusal
    /// is the end. The subscription stays where it is meanwhile.
    pub(super) async fn bear(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        if refusal.code != RefusalCode::DatabaseAway {
            return Err(refusal);
        }
        if !self.is_waiting && self.send(Frame::error(self.id, &refusal)).await.is_err() {
            return Err(refusal);
        }
        self.is_waiting = true;
        tokio::time::sleep(PATIENCE).await;
        Ok(())
    }

    /// Sends a frame that is made already, a small one.
    pub(super) async fn send(&mut self, frame: Frame) -> Result<(), Unsent> {
        self.place().await?.send(frame);
        Ok(())
    }
}
