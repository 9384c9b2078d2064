//! The tests that look at the whole from outside.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests, which clippy.toml can't tell

mod fuzz;
