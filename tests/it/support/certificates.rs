//! A small certificate authority for tests of TLS, in a folder of its own.

use std::path::PathBuf;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};

/// PEM files: an authority, a server and a client that it signed, and a stranger that it did not.
pub struct Certificates {
    folder: tempfile::TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

/// The serial number of the client's certificate.
const CLIENT: u64 = 2;

impl Certificates {
    /// Makes them; the server's is for `localhost` and `127.0.0.1`, and what they are called is
    /// their common name.
    pub fn new() -> Self {
        let (folder, others) = (tempfile::tempdir(), authority("nobody we know"));
        let certificates = Self {
            folder: folder.expect("make a folder"),
            authority: authority("Unspool's tests"),
        };
        let ours = &certificates.authority;
        certificates.write("ca.pem", &ours.pem());
        let all = [
            ("server", ours, 1),
            ("client", ours, CLIENT),
            ("stranger", &others, 3),
        ];
        for (name, issuer, serial) in all {
            let key = KeyPair::generate().expect("make a key");
            let names = vec!["localhost".into(), "127.0.0.1".into()];
            let mut wanted = CertificateParams::new(names).expect("names");
            wanted.distinguished_name.push(DnType::CommonName, name);
            wanted.serial_number = Some(serial.into());
            wanted.use_authority_key_identifier_extension = true;
            let certificate = wanted.signed_by(&key, issuer).expect("sign");
            certificates.write(&format!("{name}.pem"), &certificate.pem());
            certificates.write(&format!("{name}.key"), &key.serialize_pem());
        }
        certificates
    }

    /// The path of a file: `ca.pem`, or `.pem` and `.key` of `server`, `client` and `stranger`.
    pub fn path(&self, file: &str) -> String {
        self.file(file).to_str().expect("a path in UTF-8").into()
    }

    /// Writes `crl.pem`: the client's certificate is on it, or it is empty.
    pub fn list_revoked(&self, with_client: bool) {
        let revoked = RevokedCertParams {
            serial_number: CLIENT.into(),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(4000, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: with_client.then_some(revoked).into_iter().collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.authority).expect("sign a list");
        self.write("crl.pem", &list.pem().expect("a list in PEM"));
    }

    fn file(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, pem: &str) {
        std::fs::write(self.file(file), pem).expect("write a certificate");
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut wanted = CertificateParams::default();
    wanted
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().expect("make a key");
    CertifiedIssuer::self_signed(wanted, key).expect("sign an authority")
}
