//! Why TLS can't be had.

use std::io;
use std::path::PathBuf;

use rustls::pki_types::pem;

/// Why the files can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("read {what} from {path}: {source}")]
    Unreadable {
        /// What was expected in the file.
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("read {what} from {path}: it is larger than {bytes_max} bytes")]
    TooLarge {
        what: &'static str,
        path: PathBuf,
        bytes_max: u64,
    },
    #[error("read {what} from {path}: this is not PEM as it should be: {source}")]
    NotPem {
        what: &'static str,
        path: PathBuf,
        source: pem::Error,
    },
    /// The file has nothing of what is looked for.
    #[error("{path} has none of {what} in it (PEM is expected)")]
    Empty { what: &'static str, path: PathBuf },
    /// The server has nobody who could type a passphrase.
    #[error(
        "the private key in {path} is encrypted: store it without a passphrase (openssl pkey), \
         readable by the server alone"
    )]
    Encrypted { path: PathBuf },
    #[error("{what} in {path} can't be read: {why}")]
    Malformed {
        what: &'static str,
        path: PathBuf,
        why: String,
    },
    /// Certificate and key do not go together, or can't be used.
    #[error("the key {key} does not fit the certificate {certificate}")]
    Mismatch { certificate: PathBuf, key: PathBuf },
    #[error("use the certificate {path}: {source}")]
    Certificate {
        path: PathBuf,
        source: rustls::Error,
    },
    /// The authorities or the revocation lists can't be used.
    #[error("use {what} of {path}: {source}")]
    Authorities {
        what: &'static str,
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
