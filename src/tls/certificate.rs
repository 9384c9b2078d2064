//! What certificates say.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use tokio_util::sync::CancellationToken;
use x509_parser::prelude::{CertificateRevocationList, FromDer, GeneralName, X509Certificate};

use crate::config::ClientAccount;

/// That a connection is secured, and whose it is, as far as a certificate says that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secured {
    /// The account that the client's certificate names.
    pub account: Option<Arc<str>>,
}

/// Who says whether the certificate of a client does.
#[derive(Clone)]
pub(super) struct ClientAuthority {
    pub(super) verifier: Arc<dyn ClientCertVerifier>,
    /// What the verifier was made of.
    pub(super) source: Arc<[Vec<u8>; 2]>,
}

impl ClientAuthority {
    /// Whether both say the same of every certificate.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// The certificate that a client has shown, for as long as its connection lasts.
#[derive(Debug)]
pub(super) struct ShownCertificate {
    /// Its own first, then those that lead to an authority.
    chain: Vec<CertificateDer<'static>>,
    shown_at: UnixTime,
    /// That it does not do any more.
    pub(super) revoked: CancellationToken,
    /// Whether somebody else ends the connection then.
    is_left: AtomicBool,
}

/// That the certificate of a connection's client does not do any more, for whoever has something to
/// say before the connection ends.
#[derive(Debug, Clone)]
pub struct Revocation(pub(super) Arc<ShownCertificate>);

impl Revocation {
    /// Waits for that. From now on it is the caller who ends the connection then: it does not end
    /// by itself.
    pub fn take_over(self) -> impl Future<Output = ()> + Send + 'static {
        self.0.is_left.store(true, Ordering::Release);
        self.0.revoked.clone().cancelled_owned()
    }
}

impl ShownCertificate {
    pub(super) fn new(chain: &[CertificateDer<'_>]) -> Self {
        Self {
            chain: chain.iter().map(|it| it.clone().into_owned()).collect(),
            shown_at: UnixTime::now(),
            revoked: CancellationToken::new(),
            is_left: AtomicBool::new(false),
        }
    }

    /// Whether somebody else ends the connection.
    pub(super) fn is_left(&self) -> bool {
        self.is_left.load(Ordering::Acquire)
    }

    /// Cuts the connection where the certificate would not do today; whether that is so. One that
    /// has only expired since it was shown does.
    pub(super) fn check(&self, authority: &ClientAuthority) -> bool {
        let Some((own, others)) = self.chain.split_first() else {
            return false;
        };
        let verified = authority
            .verifier
            .verify_client_cert(own, others, self.shown_at);
        if verified.is_err() {
            self.revoked.cancel();
        }
        verified.is_err()
    }
}

/// The account that a certificate names, if it names one, and no more than one.
pub(super) fn account(certificate: &CertificateDer<'_>, by: ClientAccount) -> Option<Arc<str>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let name = match by {
        ClientAccount::None => return None,
        ClientAccount::Cn => {
            let mut names = certificate.subject().iter_common_name();
            let name = names.next()?.as_str().ok()?;
            names.next().is_none().then_some(name)?
        }
        ClientAccount::San => {
            let names = certificate.subject_alternative_name().ok()??;
            let mut names = names
                .value
                .general_names
                .iter()
                .filter_map(|name| match name {
                    GeneralName::DNSName(name)
                    | GeneralName::RFC822Name(name)
                    | GeneralName::URI(name) => Some(*name),
                    _ => None,
                });
            let name = names.next()?;
            names.next().is_none().then_some(name)?
        }
    };
    (!name.is_empty()).then(|| name.into())
}

/// Until when a certificate is valid, in seconds since 1970.
pub(super) fn expires_at(certificate: &CertificateDer<'_>) -> Result<i64, String> {
    let (_, certificate) =
        X509Certificate::from_der(certificate).map_err(|error| error.to_string())?;
    Ok(certificate.validity().not_after.timestamp())
}

/// When the next list is due, in seconds since 1970, if it says so.
pub(super) fn list_expires_at(
    list: &CertificateRevocationListDer<'_>,
) -> Result<Option<i64>, String> {
    let (_, list) = CertificateRevocationList::from_der(list).map_err(|error| error.to_string())?;
    Ok(list.next_update().map(|at| at.timestamp()))
}
