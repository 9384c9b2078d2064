//! Who gets what: every way in, and everybody who comes. A new route, mode, frame or packet without
//! a row fails a test.
//!
//! What may not be read looks as what is not there, byte by byte: `secret` and `absent` have as many
//! letters, and nobody has ever published below `absent`.

mod changes;
mod live;
mod mqtt;
mod people;
mod rest;
mod rows;
mod web;
