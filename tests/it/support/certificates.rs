//! A small certificate authority for tests of TLS, in a folder of its own.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};

/// PEM files: an authority, a server and a client that it signed, and a stranger that it did not.
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// Makes them; the server's is for `localhost` and `127.0.0.1`.
    pub fn new() -> Self {
        let certificates = Self {
            folder: tempfile::tempdir().expect("make a folder"),
        };
        let (ours, others) = (authority("Unspool's tests"), authority("nobody we know"));
        certificates.write("ca.pem", &ours.pem());
        for (name, issuer) in [("server", &ours), ("client", &ours), ("stranger", &others)] {
            let key = KeyPair::generate().expect("make a key");
            let names = vec!["localhost".into(), "127.0.0.1".into()];
            let mut wanted = CertificateParams::new(names).expect("names");
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
