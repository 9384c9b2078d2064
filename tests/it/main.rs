//! The whole server, run as its users run it: the real binary, real sockets, a real database.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests, which clippy.toml can't tell
#![allow(unreachable_pub)] // one binary: nothing in it is reachable

mod certificates;
mod clients;
mod conformance;
mod crash;
mod database;
mod full;
mod fuzz;
mod hostile;
mod ledger;
mod line;
mod lost;
mod mistakes;
mod odd;
mod proxy;
mod publisher;
mod reader;
mod scale;
mod server;
mod subscriber;
mod wire;
