//! Over connections in memory, with authorities of our own.

mod examination;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::watch::SeenFiles;
use super::*;
use crate::config::ClientAccount;
use crate::metrics::Metrics;

/// An authority, and a folder with what it has signed.
struct Site {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
    metrics: Arc<Metrics>,
}

/// What a certificate is to say.
struct Wanted {
    name: &'static str,
    cn: &'static str,
    san: &'static [&'static str],
    serial: u64,
    years: (i32, i32),
}

const SERVER: Wanted = Wanted {
    name: "server",
    cn: "the server",
    san: &["localhost", "127.0.0.1"],
    serial: 1,
    years: (2000, 4000),
};

const CLIENT: Wanted = Wanted {
    name: "client",
    cn: "press-17",
    san: &["press-17.plant.example"],
    serial: 7,
    years: (2000, 4000),
};

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut wanted = CertificateParams::default();
    wanted.distinguished_name.push(DnType::CommonName, name);
    wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(wanted, KeyPair::generate().unwrap()).unwrap()
}

impl Site {
    fn new() -> Self {
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
            authority: authority("the plant's authority"),
            metrics: Arc::default(),
        };
        site.write("ca.pem", &site.authority.pem());
        site.sign(&SERVER);
        site.sign(&CLIENT);
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn sign(&self, wanted: &Wanted) {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for name in wanted.san {
            let san = name.parse().map_or_else(
                |_| SanType::DnsName((*name).try_into().unwrap()),
                SanType::IpAddress,
            );
            params.subject_alt_names.push(san);
        }
        if !wanted.cn.is_empty() {
            params
                .distinguished_name
                .push(DnType::CommonName, wanted.cn);
        }
        params.serial_number = Some(SerialNumber::from(wanted.serial));
        params.not_before = date_time_ymd(wanted.years.0, 1, 1);
        params.not_after = date_time_ymd(wanted.years.1, 1, 1);
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        self.write(&format!("{}.pem", wanted.name), &certificate.pem());
        self.write(&format!("{}.key", wanted.name), &key.serialize_pem());
    }

    fn revoke(&self, serials: &[u64], next_year: i32) {
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2019, 1, 1),
            next_update: date_time_ymd(next_year, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.authority).unwrap();
        self.write("crl.pem", &list.pem().unwrap());
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.path("server.pem"),
            key: self.path("server.key"),
            client_ca: None,
            client_crl: None,
            client_required: true,
            client_account: ClientAccount::None,
        }
    }

    fn with_clients(&self) -> TlsFiles {
        TlsFiles {
            client_ca: Some(self.path("ca.pem")),
            ..self.files()
        }
    }

    fn open(&self, files: TlsFiles) -> (Tls, SeenFiles) {
        let tls = Tls::open(files, Arc::clone(&self.metrics)).unwrap();
        let seen = SeenFiles::new(tls.inner.stamps);
        (tls, seen)
    }

    /// A client, with the certificate of that name, and the server's side of its connection.
    async fn connect(
        &self,
        tls: &Tls,
        shown: Option<&str>,
    ) -> Result<(TlsStream<DuplexStream>, SecureStream<DuplexStream>), std::io::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match shown {
            None => builder.with_no_client_auth(),
            Some(name) => {
                let chain = CertificateDer::from_pem_file(self.path(&format!("{name}.pem")));
                let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key")));
                builder
                    .with_client_auth_cert(vec![chain.unwrap()], key.unwrap())
                    .unwrap()
            }
        };
        let (near, far) = duplex(64 * 1024);
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let (client, server) = tokio::join!(connector.connect(name, near), tls.accept(far));
        Ok((client?, server?))
    }

    /// The serial number of the certificate that a new connection gets.
    async fn serial(&self, tls: &Tls) -> u64 {
        let (client, _server) = self.connect(tls, None).await.unwrap();
        let chain = client.get_ref().1.peer_certificates().unwrap();
        let (_, own) = x509_parser::parse_x509_certificate(&chain[0]).unwrap();
        own.serial.iter_u64_digits().next().unwrap()
    }
}

async fn echo(client: &mut TlsStream<DuplexStream>, server: &mut SecureStream<DuplexStream>) {
    client.write_all(b"hello").await.unwrap();
    let mut bytes = [0; 5];
    server.read_exact(&mut bytes).await.unwrap();
    server.write_all(&bytes).await.unwrap();
    server.flush().await.unwrap();
    client.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"hello");
}

#[tokio::test]
async fn a_renewed_certificate_is_for_new_connections_and_the_old_ones_go_on() {
    let site = Site::new();
    let (tls, mut seen) = site.open(site.files());
    let (mut client, mut server) = site.connect(&tls, None).await.unwrap();
    assert!(!tls.look(&mut seen).await, "nothing has changed");
    site.sign(&Wanted {
        serial: 2,
        years: (2000, 3000),
        ..SERVER
    });
    assert!(tls.look(&mut seen).await);
    assert_eq!(site.serial(&tls).await, 2);
    assert_eq!(site.metrics.tls_certificate_expires.get(), 32_503_680_000);
    assert_eq!(site.metrics.tls_reloads.get(), 1);
    echo(&mut client, &mut server).await;
}

#[tokio::test]
async fn files_that_can_not_be_used_change_nothing_and_are_told_once() {
    let site = Site::new();
    let (tls, mut seen) = site.open(site.files());
    let key = std::fs::read_to_string(site.path("server.key")).unwrap();
    let certificate = std::fs::read_to_string(site.path("server.pem")).unwrap();
    for (file, text) in [
        ("server.pem", ""),
        ("server.pem", &certificate[..certificate.len() / 2]),
        ("server.key", "-----BEGIN PRIVATE KEY-----\nAA=="),
        ("server.key", &KeyPair::generate().unwrap().serialize_pem()),
    ] {
        let before = site.metrics.tls_reloads_failed.get();
        site.write(file, text);
        for _ in 0..4 {
            assert!(!tls.look(&mut seen).await);
        }
        assert_eq!(site.metrics.tls_reloads_failed.get(), before + 1);
        assert_eq!(site.serial(&tls).await, 1);
        // As they were: that is a change, too.
        site.write("server.pem", &certificate);
        site.write("server.key", &key);
        assert!(tls.look(&mut seen).await);
    }
    std::fs::remove_file(site.path("server.key")).unwrap();
    tls.look(&mut seen).await;
    assert_eq!(site.serial(&tls).await, 1);
}

#[tokio::test]
async fn a_pair_that_is_half_replaced_is_waited_for() {
    let site = Site::new();
    let (tls, mut seen) = site.open(site.files());
    let key = std::fs::read_to_string(site.path("server.key")).unwrap();
    site.sign(&Wanted {
        serial: 2,
        ..SERVER
    });
    let new_key = std::fs::read_to_string(site.path("server.key")).unwrap();
    site.write("server.key", &key);
    assert!(!tls.look(&mut seen).await);
    site.write("server.key", &new_key);
    assert!(tls.look(&mut seen).await);
    assert_eq!(site.metrics.tls_reloads_failed.get(), 0);
    assert_eq!(site.serial(&tls).await, 2);
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_a_change() {
    // As Kubernetes replaces what it mounts.
    let site = Site::new();
    let place = |folder: &str| {
        std::fs::create_dir(site.path(folder)).unwrap();
        for file in ["server.pem", "server.key"] {
            let to = site.path(folder).join(file);
            std::fs::rename(site.path(file), to).unwrap();
        }
    };
    place("..one");
    std::os::unix::fs::symlink("..one", site.path("..data")).unwrap();
    let (tls, mut seen) = site.open(TlsFiles {
        certificate: site.path("..data/server.pem"),
        key: site.path("..data/server.key"),
        ..site.files()
    });
    site.sign(&Wanted {
        serial: 2,
        ..SERVER
    });
    place("..two");
    std::os::unix::fs::symlink("..two", site.path("..new")).unwrap();
    std::fs::rename(site.path("..new"), site.path("..data")).unwrap();
    assert!(tls.look(&mut seen).await);
    assert_eq!(site.serial(&tls).await, 2);
}

#[tokio::test]
async fn who_shows_no_certificate_comes_in_only_where_none_is_required() {
    let site = Site::new();
    let (strict, _) = site.open(site.with_clients());
    assert!(site.connect(&strict, None).await.is_err());
    assert_eq!(site.metrics.tls_handshakes_failed.get(), 1);
    let (open, _) = site.open(TlsFiles {
        client_required: false,
        ..site.with_clients()
    });
    let (_client, server) = site.connect(&open, None).await.unwrap();
    assert_eq!(server.secured(), &Secured::default());
    let other = Site::new();
    std::fs::copy(other.path("client.pem"), site.path("other.pem")).unwrap();
    std::fs::copy(other.path("client.key"), site.path("other.key")).unwrap();
    assert!(site.connect(&open, Some("other")).await.is_err());
}

#[tokio::test]
async fn a_certificate_names_an_account_where_it_has_one_name() {
    let site = Site::new();
    let named = |cn, san| Wanted { cn, san, ..CLIENT };
    for (by, wanted, account) in [
        (ClientAccount::None, named("press-17", &["a.example"]), None),
        (
            ClientAccount::Cn,
            named("press-17", &["a.example"]),
            Some("press-17"),
        ),
        (ClientAccount::Cn, named("", &["a.example"]), None),
        (
            ClientAccount::San,
            named("press-17", &["a.example"]),
            Some("a.example"),
        ),
        (
            ClientAccount::San,
            named("press-17", &["a.example", "10.0.0.1"]),
            Some("a.example"),
        ),
        (
            ClientAccount::San,
            named("press-17", &["a.example", "b.example"]),
            None,
        ),
        (ClientAccount::San, named("press-17", &[]), None),
    ] {
        site.sign(&wanted);
        let (tls, _) = site.open(TlsFiles {
            client_account: by,
            ..site.with_clients()
        });
        let (_client, server) = site.connect(&tls, Some("client")).await.unwrap();
        let found = server.secured().account.as_deref();
        assert_eq!(found, account, "{by} {} {:?}", wanted.cn, wanted.san);
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_and_its_connections_are_cut() {
    let site = Site::new();
    site.sign(&Wanted {
        name: "good",
        serial: 8,
        ..CLIENT
    });
    site.revoke(&[], 4000);
    let (tls, mut seen) = site.open(TlsFiles {
        client_crl: Some(site.path("crl.pem")),
        ..site.with_clients()
    });
    let (mut client, mut server) = site.connect(&tls, Some("client")).await.unwrap();
    let (mut good, mut good_server) = site.connect(&tls, Some("good")).await.unwrap();
    echo(&mut client, &mut server).await;
    site.revoke(&[7], 4000);
    let mut byte = [0];
    let waiting = server.read(&mut byte);
    let (ended, changed) = tokio::join!(waiting, tls.look(&mut seen));
    assert!(changed);
    assert_eq!(
        ended.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionAborted
    );
    assert!(server.write(b"x").await.is_err());
    assert!(site.connect(&tls, Some("client")).await.is_err());
    echo(&mut good, &mut good_server).await;
    assert_eq!(site.metrics.tls_clients_cut.get(), 1);
    // A list that is late still holds.
    site.revoke(&[7], 2021);
    assert!(tls.look(&mut seen).await);
    assert!(site.connect(&tls, Some("client")).await.is_err());
    assert!(site.connect(&tls, Some("good")).await.is_ok());
}

#[tokio::test]
async fn connections_of_an_authority_that_is_no_longer_trusted_are_cut() {
    let site = Site::new();
    let (tls, mut seen) = site.open(site.with_clients());
    let (_client, mut server) = site.connect(&tls, Some("client")).await.unwrap();
    site.write("ca.pem", &authority("another one").pem());
    assert!(tls.look(&mut seen).await);
    assert!(server.read(&mut [0]).await.is_err());
}

#[tokio::test]
async fn those_who_have_gone_are_not_remembered() {
    let site = Site::new();
    let (tls, _) = site.open(site.with_clients());
    let (_client, _server) = site.connect(&tls, Some("client")).await.unwrap();
    for _ in 0..300 {
        site.connect(&tls, Some("client")).await.unwrap();
    }
    assert!(tls.shown().len() <= 2);
}

#[tokio::test]
async fn a_client_that_says_nothing_is_not_waited_for() {
    let site = Site::new();
    let (mut tls, _) = site.open(site.files());
    Arc::get_mut(&mut tls.inner).unwrap().patience = Duration::from_millis(1);
    let (_near, far) = duplex(1024);
    let error = tls.accept(far).await.err().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert_eq!(site.metrics.tls_handshakes_failed.get(), 1);
}
