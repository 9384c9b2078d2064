//! What keeps house: counts and last values are written behind, full slots are sealed, indexes on
//! the hot end are kept current. Nothing here is needed for messages to be kept.

mod keeper;
mod merge;
mod partition;
mod seal;
mod slot;
mod tables;
mod watch;
