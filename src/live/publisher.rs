//! What one client publishes, in its order.

use std::sync::Arc;

use tokio::sync::mpsc::{self, Sender};
use tokio_util::sync::CancellationToken;

use super::error::{Refusal, RefusalCode};
use super::frame::{Frame, Id, Notice};
use super::hub::Hub;
use crate::message::Message;

/// So many messages may wait for their turn; beyond it the client is told to.
const WAITING_MAX: usize = 64;

/// Takes messages, and answers each once it is durable.
pub(super) struct Publisher(Sender<(Id, Message)>);

impl Publisher {
    /// Starts one, whose answers go to `frames`.
    pub(super) fn start(hub: &Arc<Hub>, frames: Sender<Frame>, stop: CancellationToken) -> Self {
        let (messages, mut waiting) = mpsc::channel(WAITING_MAX);
        let publisher = Arc::clone(&hub.publisher);
        let publish = async move {
            while let Some((id, message)) = waiting.recv().await {
                let frame = match publisher.publish(message).await {
                    Ok(seq) => Frame::from(Notice::Ok {
                        id,
                        seq: Some(seq.0),
                    }),
                    Err(error) => Frame::error(id, &error.into()),
                };
                if frames.send(frame).await.is_err() {
                    return;
                }
            }
        };
        hub.supervisor
            .spawn_connection("live publisher", async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = publish => {}
                }
            });
        Self(messages)
    }

    /// Takes a message, unless too many are waiting.
    pub(super) fn publish(&self, id: Id, message: Message) -> Result<(), Refusal> {
        self.0.try_send((id, message)).map_err(|_| {
            let why = format!("{WAITING_MAX} messages are waiting already: wait for their answers");
            Refusal::new(RefusalCode::TooMany, why).retry()
        })
    }
}
