//! The whole server, run as its users run it: the real binary, real sockets, a real database.

mod conformance;
mod crash;
mod database;
mod full;
mod line;
mod mistakes;
mod publisher;
mod server;
mod wire;
