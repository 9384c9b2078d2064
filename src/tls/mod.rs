//! TLS: certificates and keys, read again when their files change, and the connections that they
//! secure.
//!
//! New connections get what the files say now. Where clients show certificates, those of the
//! connections that there are are looked at again with each change of the authorities or the
//! revocation lists: whose certificate does not do any more is cut. Files that can't be used leave
//! in force what was read before.

mod acceptor;
mod certificate;
mod error;
mod examination;
mod expiry;
mod files;
mod stream;
mod watch;

#[cfg(test)]
mod tests;

pub use acceptor::Tls;
pub use certificate::{Revocation, Secured};
pub use error::TlsError;
pub use examination::Finding;
pub use files::TlsFiles;
pub use stream::SecureStream;
