//! PostgreSQL. The only place with SQL.

mod query;

pub use query::*;
