//! The broker.

pub mod codec;
