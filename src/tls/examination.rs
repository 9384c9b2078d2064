//! What is wrong with the files, for a person who has to put it right.

use std::path::Path;

use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;
use x509_parser::prelude::{CertificateRevocationList, FromDer, GeneralName, X509Certificate};
use x509_parser::time::ASN1Time;

use super::error::TlsError;
use super::expiry::{Expiry, now_s};
use super::files::{AUTHORITIES, CHAIN, LISTS, TlsFiles, authorities, chain, revocation_lists};

/// What is right about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub told: String,
    /// Whether it will not be right for much longer.
    pub is_urgent: bool,
}

impl From<String> for Finding {
    fn from(told: String) -> Self {
        Self {
            told,
            is_urgent: false,
        }
    }
}

/// What was found of one thing: what is right about it, or what is wrong.
type Examined = Result<Finding, String>;

impl TlsFiles {
    /// Looks at everything, and says of each thing what was found. The certificate must do for
    /// each of `names`.
    pub fn examine(&self, names: &[String]) -> Vec<(&'static str, Examined)> {
        let told = |error: TlsError| error.to_string();
        let mut all = vec![(
            "certificate",
            chain(&self.certificate)
                .map_err(told)
                .and_then(|chain| examine_chain(&self.certificate, &chain, names)),
        )];
        if let Some(path) = &self.client_ca {
            let found = authorities(path).map_err(told);
            all.push((
                "authorities of clients",
                found.and_then(|all| examine_authorities(path, &all)),
            ));
            if let Some(lists) = &self.client_crl {
                all.push(("revocation lists", examine_lists(lists, path)));
            }
        }
        // What they are together; what one file lacks has been said.
        if all.iter().all(|(_, found)| found.is_ok()) {
            let loaded = self.load().map_err(told);
            all.push((
                "key",
                loaded.map(|_| String::from("fits the certificate").into()),
            ));
        } else if let Err(error) = self.load()
            && matches!(
                error,
                TlsError::Mismatch { .. } | TlsError::Encrypted { .. }
            )
        {
            all.push(("key", Err(error.to_string())));
        }
        all
    }
}

fn examine_chain(path: &Path, chain: &[CertificateDer<'_>], names: &[String]) -> Examined {
    let certificates = parse_all(CHAIN, path, chain)?;
    let Some((own, issuers)) = certificates.split_first() else {
        return Err(format!("{} has no certificate", path.display()));
    };
    for certificate in &certificates {
        check_validity(certificate)?;
    }
    for pair in certificates.windows(2) {
        if pair[0].issuer() != pair[1].subject() {
            return Err(format!(
                "{}: the certificate of \"{}\" is followed by that of \"{}\", which did not sign \
                 it: the order must be the server's own, then each one's issuer",
                path.display(),
                pair[0].subject(),
                pair[1].subject()
            ));
        }
    }
    if issuers.is_empty() && own.issuer() != own.subject() && has_issuer_address(own) {
        return Err(format!(
            "{}: the chain is not complete, clients need the certificate of \"{}\" after the \
             server's own",
            path.display(),
            own.issuer()
        ));
    }
    let parsed = ParsedCertificate::try_from(&chain[0]).map_err(|error| error.to_string())?;
    for name in names {
        let is_named = ServerName::try_from(name.as_str())
            .is_ok_and(|name| verify_server_name(&parsed, &name).is_ok());
        if !is_named {
            return Err(format!(
                "{}: it is not for \"{name}\", by which this server is called, but for {}",
                path.display(),
                names_of(own)
            ));
        }
    }
    let expiry = Expiry::at(own.validity().not_after.timestamp());
    let (is_urgent, days) = match expiry {
        Expiry::Past => (true, 0),
        Expiry::Soon { days } => (true, days),
        Expiry::Later { days } => (false, days),
    };
    Ok(Finding {
        told: format!("for {}, expires in {days} days", names_of(own)),
        is_urgent,
    })
}

fn examine_authorities(path: &Path, all: &[CertificateDer<'_>]) -> Examined {
    let certificates = parse_all(AUTHORITIES, path, all)?;
    for certificate in &certificates {
        check_validity(certificate)?;
        if !certificate.is_ca() {
            return Err(format!(
                "{}: \"{}\" is not an authority (basicConstraints CA:TRUE is missing)",
                path.display(),
                certificate.subject()
            ));
        }
    }
    Ok(certificates.len().to_string().into())
}

fn examine_lists(path: &Path, client_ca: &Path) -> Examined {
    let told = |error: TlsError| error.to_string();
    let lists = revocation_lists(path).map_err(told)?;
    let known = authorities(client_ca).map_err(told)?;
    let known = parse_all(AUTHORITIES, client_ca, &known)?;
    let (mut revoked, mut listed) = (0, Vec::new());
    for list in &lists {
        let (_, list) = CertificateRevocationList::from_der(list)
            .map_err(|error| malformed(LISTS, path, &error.to_string()))?;
        if !known.iter().any(|known| known.subject() == list.issuer()) {
            return Err(format!(
                "{}: the list of \"{}\" belongs to no authority of {}",
                path.display(),
                list.issuer(),
                client_ca.display()
            ));
        }
        if let Some(at) = list.next_update().filter(|at| at.timestamp() <= now_s()) {
            return Err(format!(
                "{}: the list of \"{}\" should have been replaced on {}",
                path.display(),
                list.issuer(),
                date(at)
            ));
        }
        revoked += list.iter_revoked_certificates().count();
        listed.push(list.issuer().to_string());
    }
    let unlisted = known.iter().map(|known| known.subject().to_string());
    let unlisted: Vec<_> = unlisted.filter(|name| !listed.contains(name)).collect();
    let mut found = format!("{revoked} certificates are revoked");
    if !unlisted.is_empty() {
        found.push_str("; without a list: ");
        found.push_str(&unlisted.join("; "));
    }
    Ok(found.into())
}

fn parse_all<'a>(
    what: &'static str,
    path: &Path,
    all: &'a [CertificateDer<'_>],
) -> Result<Vec<X509Certificate<'a>>, String> {
    let parse = |der: &'a CertificateDer<'_>| X509Certificate::from_der(der).map(|(_, it)| it);
    let parsed = all.iter().map(parse).collect::<Result<_, _>>();
    parsed.map_err(|error| malformed(what, path, &error.to_string()))
}

fn malformed(what: &'static str, path: &Path, why: &str) -> String {
    let (path, why) = (path.to_owned(), why.to_owned());
    TlsError::Malformed { what, path, why }.to_string()
}

fn check_validity(certificate: &X509Certificate<'_>) -> Result<(), String> {
    let validity = certificate.validity();
    if validity.not_before.timestamp() > now_s() {
        return Err(format!(
            "the certificate of \"{}\" is valid only from {} on: is this machine's clock right?",
            certificate.subject(),
            date(validity.not_before)
        ));
    }
    if validity.not_after.timestamp() <= now_s() {
        return Err(format!(
            "the certificate of \"{}\" has expired on {}",
            certificate.subject(),
            date(validity.not_after)
        ));
    }
    Ok(())
}

/// Whether it says where its issuer's certificate is found: one that clients have says nothing.
fn has_issuer_address(certificate: &X509Certificate<'_>) -> bool {
    certificate.extensions().iter().any(|extension| {
        let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else {
            return false;
        };
        let mut all = access.accessdescs.iter();
        all.any(|it| it.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS)
    })
}

fn names_of(certificate: &X509Certificate<'_>) -> String {
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.map(|names| {
        let all = names.value.general_names.iter();
        all.filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        })
        .collect::<Vec<_>>()
        .join(", ")
    });
    names
        .filter(|names| !names.is_empty())
        .unwrap_or_else(|| "no name that clients look for (subjectAltName)".into())
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::IpAddr::from(four).to_string());
    }
    let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
    Some(std::net::IpAddr::from(sixteen).to_string())
}

fn date(at: ASN1Time) -> String {
    jiff::Timestamp::from_second(at.timestamp())
        .map_or_else(|_| at.to_string(), |at| at.to_string())
}
