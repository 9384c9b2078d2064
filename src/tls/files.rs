//! What stands in the files.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{InconsistentKeys, RootCertStore, ServerConfig};

use super::certificate::{ClientAuthority, expires_at, list_expires_at};
use super::error::TlsError;
use crate::config::{ClientAccount, Config};

/// How large a file may be: authorities write long lists of what they have revoked.
const FILE_BYTES_MAX: u64 = 64 << 20;

pub(super) const CHAIN: &str = "the server's certificate";
pub(super) const KEY: &str = "the private key";
pub(super) const AUTHORITIES: &str = "the authorities of clients' certificates";
pub(super) const LISTS: &str = "the revocation lists";

/// Where TLS has its certificates and keys from, all PEM, and how it asks clients for theirs.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The server's chain, its own certificate first.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Who signs certificates of clients; without them none is asked for.
    pub client_ca: Option<PathBuf>,
    /// What these have revoked.
    pub client_crl: Option<PathBuf>,
    /// Whether who shows no certificate is sent away.
    pub client_required: bool,
    /// What of a certificate is the name of an account.
    pub client_account: ClientAccount,
}

/// What the files came to.
pub(super) struct LoadedFiles {
    pub(super) server: Arc<ServerConfig>,
    pub(super) clients: Option<ClientAuthority>,
    /// When the server's certificate expires, in seconds since 1970.
    pub(super) expires_at: i64,
    /// When the first of the revocation lists does.
    pub(super) lists_expire_at: Option<i64>,
}

/// What tells that a file has changed: a link that leads elsewhere counts as well.
pub(super) type FileStamps = [Option<(u64, u64, u64, i64, i64)>; 4];

impl TlsFiles {
    /// Those of the configuration, if it has any.
    pub fn configured(config: &Config) -> Option<Self> {
        Some(Self {
            certificate: config.tls_cert.clone()?,
            key: config.tls_key.clone()?,
            client_ca: config.tls_client_ca.clone(),
            client_crl: config.tls_client_crl.clone(),
            client_required: config.tls_client_required,
            client_account: config.tls_client_account,
        })
    }

    pub(super) fn load(&self) -> Result<LoadedFiles, TlsError> {
        let provider = Arc::new(default_provider());
        let chain = chain(&self.certificate)?;
        let key = key(&self.key)?;
        let unusable = |source| match source {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::Mismatch {
                certificate: self.certificate.clone(),
                key: self.key.clone(),
            },
            source => TlsError::Certificate {
                path: self.certificate.clone(),
                source,
            },
        };
        let expires_at = expires_at(&chain[0]).map_err(|why| TlsError::Malformed {
            what: CHAIN,
            path: self.certificate.clone(),
            why,
        })?;
        let (clients, lists_expire_at) = match &self.client_ca {
            Some(path) => {
                let (clients, expires_at) = self.clients(path)?;
                (Some(clients), expires_at)
            }
            None => (None, None),
        };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let builder = match &clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(Arc::clone(&clients.verifier)),
        };
        Ok(LoadedFiles {
            server: Arc::new(builder.with_single_cert(chain, key).map_err(unusable)?),
            clients,
            expires_at,
            lists_expire_at,
        })
    }

    fn clients(&self, path: &Path) -> Result<(ClientAuthority, Option<i64>), TlsError> {
        let pem = read(AUTHORITIES, path)?;
        let mut roots = RootCertStore::empty();
        for root in certificates(AUTHORITIES, path, &pem)? {
            roots.add(root).map_err(unusable(AUTHORITIES, path))?;
        }
        let provider = Arc::new(default_provider());
        let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let (mut lists_pem, mut expires_at) = (Vec::new(), None);
        let mut lists_path = path;
        if let Some(path) = &self.client_crl {
            lists_path = path;
            lists_pem = read(LISTS, path)?;
            let lists = lists(path, &lists_pem)?;
            for list in &lists {
                let expires = list_expires_at(list).map_err(|why| TlsError::Malformed {
                    what: LISTS,
                    path: path.clone(),
                    why,
                })?;
                expires_at = [expires_at, expires].into_iter().flatten().min();
            }
            // An authority without a list has revoked nothing that is known of, and a list that is
            // late is still the best that there is: a plant does not stop for either.
            builder = builder.with_crls(lists).allow_unknown_revocation_status();
        }
        if !self.client_required {
            builder = builder.allow_unauthenticated();
        }
        let verifier = builder.build().map_err(unusable(LISTS, lists_path))?;
        let clients = ClientAuthority {
            verifier,
            source: Arc::new([pem, lists_pem]),
        };
        Ok((clients, expires_at))
    }

    /// What the files look like from outside.
    pub(super) fn stamps(&self) -> FileStamps {
        let (certificate, key) = (Some(&self.certificate), Some(&self.key));
        [
            certificate,
            key,
            self.client_ca.as_ref(),
            self.client_crl.as_ref(),
        ]
        .map(|path| {
            let file = std::fs::metadata(path?).ok()?;
            let changed = (file.mtime(), file.mtime_nsec());
            Some((file.dev(), file.ino(), file.len(), changed.0, changed.1))
        })
    }
}

fn unusable<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    what: &'static str,
    path: &Path,
) -> impl Fn(E) -> TlsError {
    move |source| TlsError::Authorities {
        what,
        path: path.to_owned(),
        source: source.into(),
    }
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|source| TlsError::Unreadable {
            what,
            path: path.to_owned(),
            source,
        })?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(TlsError::TooLarge {
            what,
            path: path.to_owned(),
            bytes_max: FILE_BYTES_MAX,
        });
    }
    Ok(bytes)
}

/// The server's chain: at least one certificate.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    certificates(CHAIN, path, &read(CHAIN, path)?)
}

/// The authorities of clients: at least one.
pub(super) fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    certificates(AUTHORITIES, path, &read(AUTHORITIES, path)?)
}

/// The revocation lists: at least one.
pub(super) fn revocation_lists(
    path: &Path,
) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    lists(path, &read(LISTS, path)?)
}

fn certificates(
    what: &'static str,
    path: &Path,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_slice_iter(pem).collect();
    some(what, path, all)
}

fn lists(path: &Path, pem: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let all = CertificateRevocationListDer::pem_slice_iter(pem).collect();
    some(LISTS, path, all)
}

fn some<T>(
    what: &'static str,
    path: &Path,
    all: Result<Vec<T>, rustls::pki_types::pem::Error>,
) -> Result<Vec<T>, TlsError> {
    let path = || path.to_owned();
    let all = all.map_err(|source| TlsError::NotPem {
        what,
        path: path(),
        source,
    })?;
    if all.is_empty() {
        return Err(TlsError::Empty { what, path: path() });
    }
    Ok(all)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read(KEY, path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|source| {
        let path = path.to_owned();
        let is_encrypted = String::from_utf8_lossy(&pem).contains("ENCRYPTED");
        match source {
            _ if is_encrypted => TlsError::Encrypted { path },
            rustls::pki_types::pem::Error::NoItemsFound => TlsError::Empty { what: KEY, path },
            source => TlsError::NotPem {
                what: KEY,
                path,
                source,
            },
        }
    })
}
