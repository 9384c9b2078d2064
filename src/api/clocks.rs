//! How far the clocks of clients are off.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::page::Page;
use super::params::{Count, params};
use super::problem::{Problem, Problems, ready};
use crate::message::{Timestamp, Topic};
use crate::store::{ClientClock, Store};

/// The most in an answer.
const CLOCKS_MAX: usize = 1000;

params! {
    /// How many.
    ClocksParams {
        /// At most so many (100)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
    }
}

/// How far the clock of a client is off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientClock)]
pub(super) struct ClockView {
    /// Its MQTT client identifier.
    #[schema(value_type = String)]
    client: Arc<str>,
    /// How far the newest event time of its last message that has one is ahead of the receipt, in
    /// milliseconds. Behind may also mean that the message waited; ahead is always a clock.
    clock_skew_ms: i64,
    /// Where that message was published.
    #[schema(value_type = String)]
    topic: Topic,
    /// When it was received.
    time: Timestamp,
}

impl From<ClientClock> for ClockView {
    fn from(clock: ClientClock) -> Self {
        Self {
            client: clock.client.0,
            clock_skew_ms: clock.skew_us / 1000,
            topic: clock.topic,
            time: clock.at,
        }
    }
}

/// Clocks of clients
///
/// Those that are off the most come first, since the server started, of clients whose messages say
/// when their values were true. For whoever may read everything.
#[utoipa::path(get, path = "/clocks", tag = "topics", params(ClocksParams),
    responses((status = OK, body = Page<ClockView>), Problems))]
pub(super) async fn clocks(
    State(store): State<Store>,
    asker: Asker,
    params: ClocksParams,
) -> Result<Json<Page<ClockView>>, Problem> {
    asker.check_reads_all()?;
    let limit = Count::within(params.limit, "limit", 100, CLOCKS_MAX)?;
    let clocks = ready(store)?.clocks(limit).into_iter();
    Ok(Json(Page {
        items: clocks.map(ClockView::from).collect(),
        next: None,
        complete_to: None,
        kept_from: None,
    }))
}
