//! The whole server, run as its users run it: the real binary, real sockets, a real database.

#![allow(
    clippy::expect_used,
    reason = "in a test, what can't go on had better stop"
)]
#![allow(
    unreachable_pub,
    reason = "a program has no public items; modules still have"
)]

mod certificates;
mod clients;
mod crash;
mod database;
mod line;
mod mistakes;
mod server;
