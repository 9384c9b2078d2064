//! Where a feeder puts its frames: one place, shared by all feeders of a connection.

use tokio::sync::mpsc::{OwnedPermit, Sender};
use tokio::sync::watch;

use super::frame::{Frame, Id};

/// What a feeder needs of its connection.
pub(super) struct Outlet {
    pub(super) id: Id,
    pub(super) frames: Sender<Frame>,
    /// Whether the client wants nothing for now.
    pub(super) paused: watch::Receiver<bool>,
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

    /// Sends a frame that is made already, a small one.
    pub(super) async fn send(&mut self, frame: Frame) -> Result<(), Gone> {
        self.permit().await?.send(frame);
        Ok(())
    }
}
