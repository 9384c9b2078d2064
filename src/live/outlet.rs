//! Where a feeder puts its frames: one place, shared by all feeders of a connection.

use std::time::Duration;

use tokio::sync::mpsc::{OwnedPermit, Sender};
use tokio::sync::watch;

use super::error::{Refusal, RefusalCode};
use super::frame::{Frame, Id};

/// How long it takes until the database is asked again.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a feeder needs of its connection.
pub(super) struct Outlet {
    pub(super) id: Id,
    pub(super) frames: Sender<Frame>,
    /// Whether the client wants nothing for now.
    pub(super) paused: watch::Receiver<bool>,
    /// Whether the client has been told that the database is away.
    pub(super) is_waiting: bool,
}

/// The connection is gone.
#[derive(Debug)]
pub(super) struct Gone;

impl Outlet {
    /// Waits for the right to send one frame. A frame is made only when it has a place, so that
    /// a slow client keeps none waiting.
    pub(super) async fn permit(&mut self) -> Result<OwnedPermit<Frame>, Gone> {
        self.paused
            .wait_for(|paused| !paused)
            .await
            .map_err(|_| Gone)?;
        self.frames.clone().reserve_owned().await.map_err(|_| Gone)
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
    pub(super) async fn send(&mut self, frame: Frame) -> Result<(), Gone> {
        self.permit().await?.send(frame);
        Ok(())
    }
}
