//! The whole server, run as its users run it: the real binary, real sockets, a real database.

mod crash;
mod database;
mod line;
mod mistakes;
mod server;
