//! Asking for messages to be decoded again.

use super::record::{Redecoding, WAITING_MAX};
use crate::message::{Offset, Timestamp, TopicFilter};
use crate::store::connect::connect;
use crate::store::error::StoreError;
use crate::store::handle::Store;

impl Store {
    /// Asks for the messages of `filter` to be decoded again, from a message and a receipt on; done
    /// in the background. What has been asked for is done, also by a server that starts later.
    pub async fn decode_again(
        &self,
        filter: &TopicFilter,
        from: (Offset, Option<Timestamp>),
        by: &str,
    ) -> Result<Redecoding, StoreError> {
        let doing = "ask for messages to be decoded again";
        if !self.is_ready() {
            return Err(StoreError::NotReady);
        }
        let state = self.state();
        if state.redecodings.left() >= WAITING_MAX {
            return Err(StoreError::Busy { doing });
        }
        let mut connection = connect(&state.options).await?;
        state.redecodings.forget_old(&mut connection).await?;
        let redecoding = Redecoding::insert(&mut connection, filter, from, by).await?;
        let redecoding = redecoding.ok_or(StoreError::NotReady)?;
        state.redecodings.put(redecoding.clone());
        Ok(redecoding)
    }

    /// What is and was decoded again, as far as it is remembered, by id.
    pub fn redecodings(&self) -> Vec<Redecoding> {
        self.state().redecodings.all()
    }

    /// Stops decoding again: what is done stays. How it is now; `None` where there is none of this
    /// number.
    pub async fn cancel_redecoding(&self, id: i32) -> Result<Option<Redecoding>, StoreError> {
        let Some(redecoding) = self.state().redecodings.cancel(id) else {
            return Ok(None);
        };
        let mut connection = connect(&self.state().options).await?;
        redecoding.update(&mut connection).await?;
        Ok(Some(redecoding))
    }
}
