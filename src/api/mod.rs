//! REST: `/api/v1`, the OpenAPI document, probes, metrics and the bundled dashboard.
//!
//! Each noun has a file. A handler parses, asks the store and answers; it holds no SQL, spawns
//! nothing and knows no status codes: these are in [`problem`] alone.

mod accounts;
mod asker;
mod audit;
mod body;
mod calendar;
mod caller;
mod clients;
mod clocks;
mod cookie;
mod cursor;
mod dashboard;
mod dead_letters;
mod docs;
mod format;
mod health;
mod info;
mod latest;
mod layers;
mod ledger;
mod me;
mod messages;
mod metrics;
mod openapi;
mod origins;
mod page;
mod params;
mod payload;
mod problem;
mod publish;
mod question;
mod readers;
mod redecodings;
mod removals;
mod retained;
mod router;
mod routes;
mod rule_trial;
mod rules;
mod samples;
mod security;
mod starting;
mod state;
mod status;
mod storage;
mod stream;
#[cfg(test)]
mod tests;
mod thumbnail;
mod topics;
mod tree;

pub use dashboard::Dashboard;
pub use openapi::openapi_json;
pub use problem::{is_well, no_host, too_many_clients};
pub use publish::PublishedBefore;
pub use readers::Readers;
pub use router::router;
pub use starting::starting;
pub use state::{About, AppState, MqttAddresses};
