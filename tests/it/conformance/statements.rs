//! Statements
