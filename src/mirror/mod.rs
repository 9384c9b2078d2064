//! mirror.
