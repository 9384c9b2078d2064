//! The broker.

pub mod codec;

mod resent;
