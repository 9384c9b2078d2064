//! A PostgreSQL of our own: private, under the data directory, on a unix socket only, stopped
//! with the server.
//!
//! - The cluster is made in a side folder and renamed when it is whole, so that there is never
//!   half of one.
//! - As root, PostgreSQL runs as an unprivileged user, which it insists on.
//! - It dies with us: the kernel tells it when the process that started it is gone ([`orphan`]).
//! - `fsync` stays on: what is committed is there after a power cut.
//!
//! On disk, under the data directory: `postgres/` (the cluster), `postgres.lock` (held while a
//! server uses it), `postgres.log` (what PostgreSQL says), `run/` (the socket, unless the path is
//! too long for one: then it is in a folder of its own in the temporary folder, which is removed at
//! the end).

mod access;
mod cluster;
mod error;
mod leftover;
mod lock;
mod memory;
mod orphan;
pub(super) mod owner;
pub(super) mod programs;
mod server;
mod socket;

pub use self::error::EmbeddedError;
pub use self::lock::Lock;
pub use self::server::Postgres;
