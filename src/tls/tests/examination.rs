//! What a person is told who has to put it right.

use rcgen::KeyPair;

use super::{SERVER, Site, Wanted, authority};
use crate::tls::TlsFiles;

type Broken = (
    &'static str,
    &'static [&'static str],
    fn(&Site),
    &'static str,
);

/// What may be wrong: for which names the certificate must do, and what is told.
const BROKEN: &[Broken] = &[
    ("fine", &["localhost", "127.0.0.1"], |_| {}, ""),
    (
        "expired",
        &[],
        |site| {
            site.sign(&Wanted {
                years: (2000, 2001),
                ..SERVER
            });
        },
        "has expired on 2001-01-01T00:00:00Z",
    ),
    (
        "not yet valid",
        &[],
        |site| {
            site.sign(&Wanted {
                years: (3000, 3001),
                ..SERVER
            });
        },
        "valid only from 3000-01-01T00:00:00Z",
    ),
    (
        "wrong name",
        &["unspool.example"],
        |_| {},
        "not for \"unspool.example\", by which this server is called, but for localhost, 127.0.0.1",
    ),
    (
        "no name",
        &["localhost"],
        |site| site.sign(&Wanted { san: &[], ..SERVER }),
        "no name that clients look for",
    ),
    (
        "another key",
        &[],
        |site| {
            let key = KeyPair::generate().unwrap();
            site.write("server.key", &key.serialize_pem());
        },
        "does not fit the certificate",
    ),
    (
        "encrypted key",
        &[],
        |site| {
            let begin = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
            site.write(
                "server.key",
                &format!("{begin}\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n"),
            );
        },
        "is encrypted",
    ),
    (
        "no key",
        &[],
        |site| std::fs::remove_file(site.path("server.key")).unwrap(),
        "No such file",
    ),
    (
        "no certificate",
        &[],
        |site| std::fs::remove_file(site.path("server.pem")).unwrap(),
        "No such file",
    ),
    (
        "DER",
        &[],
        |site| site.write("server.pem", "0\u{82}"),
        "has none of the server's certificate in it (PEM is expected)",
    ),
    (
        "wrong order",
        &[],
        |site| {
            let own = std::fs::read_to_string(site.path("server.pem")).unwrap();
            site.write("server.pem", &format!("{}{own}", site.authority.pem()));
        },
        "which did not sign it",
    ),
    (
        "no authority",
        &[],
        |site| {
            std::fs::copy(site.path("client.pem"), site.path("ca.pem")).unwrap();
        },
        "is not an authority",
    ),
    (
        "late list",
        &[],
        |site| site.revoke(&[], 2021),
        "should have been replaced on 2021-01-01T00:00:00Z",
    ),
    (
        "foreign list",
        &[],
        |site| site.write("ca.pem", &authority("another one").pem()),
        "belongs to no authority",
    ),
];

#[test]
fn a_set_up_that_is_broken_is_explained() {
    for (case, names, damage, told) in BROKEN {
        let site = Site::new();
        site.revoke(&[7], 4000);
        damage(&site);
        let files = TlsFiles {
            client_crl: Some(site.path("crl.pem")),
            ..site.with_clients()
        };
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let found = files.examine(&names);
        let wrong: Vec<_> = found
            .iter()
            .filter_map(|(_, it)| it.as_ref().err())
            .collect();
        if told.is_empty() {
            assert!(wrong.is_empty(), "{case}: {wrong:?}");
        } else {
            let is_told = wrong.iter().any(|wrong| wrong.contains(told));
            assert!(is_told, "{case}: {found:?}");
        }
    }
}
