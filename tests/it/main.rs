//! The whole server, run as its users run it: the real binary, real sockets, a real database.
//!
//! `accounts` is about who is let in, `line` walks the straight line, `mistakes` what users get wrong, `conformance` the statements of
//! the MQTT standards, `clients` who connects, `payloads` what they send, `faults` what fails,
//! `removing` what is to be gone, `permissions` who gets what, `secrets` what others must not see,
//! `load` what much is, `soak` all of it at once, `databases` what it runs on, `grafana` what
//! others show of it.
//! `support` has what tests are made of.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests, which clippy.toml can't tell
#![allow(unreachable_pub)] // one binary: nothing in it is reachable

mod accounts;
mod clients;
mod conformance;
mod databases;
mod faults;
mod grafana;
mod history;
mod line;
mod load;
mod mistakes;
mod payloads;
mod permissions;
mod questions;
mod removing;
mod secrets;
mod soak;
mod support;
