//! TLS for MQTT listeners.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// Why the certificates can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read, or is not what it should be.
    #[error("read {what} from {path}: {source}")]
    Read {
        /// What was expected in it.
        what: &'static str,
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    /// The file has none.
    #[error("{path} has no certificate")]
    Empty { path: PathBuf },
    /// Certificate and key do not go together, or can't be used.
    #[error("use the certificate {path}: {source}")]
    Certificate {
        path: PathBuf,
        source: rustls::Error,
    },
    /// The certificate authorities can't be used.
    #[error("use the certificate authorities {path}: {source}")]
    Authorities {
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The TLS configuration for a certificate chain with its key, both PEM; where `client_ca` is
/// given, clients must show a certificate that one of those authorities signed.
pub fn server_config(
    certificate: &Path,
    key: &Path,
    client_ca: Option<&Path>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(default_provider());
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Read {
        what: "the private key",
        path: key.to_owned(),
        source,
    })?;
    let unusable = |source| TlsError::Certificate {
        path: certificate.to_owned(),
        source,
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let authorities =
                |source: Box<dyn std::error::Error + Send + Sync>| TlsError::Authorities {
                    path: path.to_owned(),
                    source,
                };
            let mut roots = RootCertStore::empty();
            for root in certificates(path)? {
                roots.add(root).map_err(|error| authorities(error.into()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| authorities(error.into()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(chain, key).map_err(unusable)?;
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |source| TlsError::Read {
        what: "certificates",
        path: path.to_owned(),
        source,
    };
    let all = CertificateDer::pem_file_iter(path)
        .map_err(unreadable)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    if all.is_empty() {
        return Err(TlsError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(all)
}
