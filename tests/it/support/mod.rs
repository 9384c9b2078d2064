//! What tests are made of: servers, what stands around them, and those who use them.

pub mod certificates;
pub mod client;
pub mod commands;
pub mod container;
pub mod entrance;
pub mod ledger;
pub mod log;
pub mod notation;
pub mod packets;
pub mod pgbouncer;
pub mod postgres;
pub mod proxy;
pub mod publisher;
pub mod raw;
pub mod reader;
pub mod server;
pub mod settings;
pub mod subscriber;
pub mod template;
pub mod wait;
