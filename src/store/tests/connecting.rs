//! What is wrong with the way to a database is told at once, and what its administrators have set
//! makes no difference.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use sqlx::Row as _;

use super::super::embedded::owner::Owner;
use super::super::embedded::programs::Programs;
use super::*;

/// A PostgreSQL on a port of its own, with a password and a certificate for `localhost`.
struct Cluster {
    dir: TempDir,
    child: Child,
    port: u16,
}

impl Cluster {
    fn start(hba: &str, settings: &[&str]) -> Self {
        let dir = folder();
        let (owner, programs) = (
            Owner::choose().unwrap(),
            Programs::find(None, None).unwrap(),
        );
        let data = dir.path().join("data");
        owner.folder(&data).unwrap();
        let password = dir.path().join("password");
        std::fs::write(&password, "hu:s/h#").unwrap();
        let run = |name: &str, arguments: &[&str]| {
            let mut command = Command::new(programs.folder.join(name));
            command
                .arg("-D")
                .arg(&data)
                .args(arguments)
                .current_dir("/");
            command.stdout(Stdio::null()).stderr(Stdio::null());
            owner.runs(&mut command);
            command
        };
        let password = format!("--pwfile={}", password.display());
        let made = run(
            "initdb",
            &["-U", "boss", "-E", "UTF8", "--no-locale", "-N", &password],
        );
        assert!({ made }.status().unwrap().success());
        certificates(dir.path());
        for name in ["server.pem", "server.key", "ca.pem"] {
            std::fs::copy(dir.path().join(name), data.join(name)).unwrap();
            owner.own(&data.join(name)).unwrap();
        }
        std::fs::write(data.join("pg_hba.conf"), hba).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut command = run(
            "postgres",
            &["-k", "", "-h", "127.0.0.1", "-p", &port.to_string()],
        );
        for setting in settings.iter().copied().chain(["fsync=off"]) {
            command.args(["-c", setting]);
        }
        let child = command.spawn().unwrap();
        Self { dir, child, port }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn store(&self, user: &str, rest: &str) -> Store {
        let url = format!("postgres://{user}@localhost:{}/{rest}", self.port);
        Store::open(&Database::External { url }, Arc::default()).unwrap()
    }

    /// What preparing comes to, once the server is up.
    async fn prepare(&self, user: &str, rest: &str) -> Result<Store, StoreError> {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let store = self.store(user, rest);
            match store.prepare().await {
                Ok(()) => return Ok(store),
                Err(StoreError::Away { .. }) if Instant::now() < until => {
                    tokio::task::yield_now().await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// An authority, a server's certificate and a client's, `boss`, as files in `dir`.
fn certificates(dir: &Path) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = authority.self_signed(&key).unwrap();
    std::fs::write(dir.join("ca.pem"), certificate.pem()).unwrap();
    let issuer = Issuer::new(authority, key);
    for (name, subject) in [("server", "localhost"), ("client", "boss")] {
        let mut parameters = CertificateParams::new(vec![subject.into()]).unwrap();
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, subject);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &issuer).unwrap();
        std::fs::write(dir.join(format!("{name}.pem")), certificate.pem()).unwrap();
        let path = dir.join(format!("{name}.key"));
        std::fs::write(&path, key.serialize_pem()).unwrap();
        super::private(&path);
    }
}

/// The password of [`Cluster`], encoded.
const BOSS: &str = "boss:hu%3As%2Fh%23";

const WITH_TLS: &[&str] = &[
    "ssl=on",
    "ssl_cert_file=server.pem",
    "ssl_key_file=server.key",
    "ssl_ca_file=ca.pem",
];

async fn is_encrypted(store: &Store) -> bool {
    let mut connection = connect::connect(&store.state().options).await.unwrap();
    let query = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    sqlx::query_scalar(query)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_way_to_the_database_is_encrypted_as_the_url_says() {
    let hba = "hostnossl all all all scram-sha-256\nhostssl postgres all all scram-sha-256\n\
               hostssl template1 all all cert\n";
    let cluster = Cluster::start(hba, WITH_TLS);
    let ca = cluster.path("ca.pem");
    for (parameters, encrypted) in [
        (String::new(), true),
        ("?sslmode=disable".into(), false),
        ("?sslmode=require".into(), true),
        (
            format!("?sslmode=verify-ca&sslrootcert={}", ca.display()),
            true,
        ),
        (
            format!("?sslmode=verify-full&sslrootcert={}", ca.display()),
            true,
        ),
    ] {
        let store = cluster
            .prepare(BOSS, &format!("postgres{parameters}"))
            .await
            .unwrap();
        assert_eq!(is_encrypted(&store).await, encrypted, "{parameters}");
        store.close().await;
    }
    let certificate = format!(
        "template1?sslmode=verify-full&sslrootcert={}&sslcert={}&sslkey={}",
        ca.display(),
        cluster.path("client.pem").display(),
        cluster.path("client.key").display()
    );
    cluster
        .prepare("boss", &certificate)
        .await
        .unwrap()
        .close()
        .await;
    // An authority that nobody asked.
    for rest in ["postgres?sslmode=verify-full", "postgres?sslmode=verify-ca"] {
        let error = cluster.prepare(BOSS, rest).await.unwrap_err();
        assert!(
            error.is_denied() && error.to_string().contains("sslmode=verify"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_url_is_told_as_such() {
    let cluster = Cluster::start("host all all all scram-sha-256\n", &["ssl=off"]);
    cluster
        .prepare(BOSS, "postgres")
        .await
        .unwrap()
        .close()
        .await;
    for (user, rest, told) in [
        ("boss:hush", "postgres", "the user `boss`"),
        ("boss", "postgres", "the user `boss`"),
        ("nobody:hush", "postgres", "the user `nobody`"),
        (BOSS, "missing", "create database"),
        (BOSS, "postgres?sslmode=require", "sslmode=require"),
        (BOSS, "postgres?sslmode=verify-full", "sslmode=verify-full"),
    ] {
        let error = cluster.prepare(user, rest).await.unwrap_err();
        let text = error.to_string();
        assert!(
            error.is_denied() && text.contains(told),
            "{user} {rest}: {text}"
        );
        assert!(!text.contains("hu"), "{text}");
    }
}

#[tokio::test]
async fn what_is_set_for_a_role_makes_no_difference() {
    let (postgres, _dir) = postgres().await;
    let options = postgres.database().options().unwrap();
    let mut connection = connect::connect(&options).await.unwrap();
    for setting in [
        "statement_timeout = '2s'",
        "lock_timeout = '1s'",
        "idle_in_transaction_session_timeout = '1s'",
        "default_transaction_read_only = on",
        "default_transaction_isolation = serializable",
        "synchronous_commit = off",
        "search_path = pg_catalog",
        "standard_conforming_strings = off",
    ] {
        let statement = format!("alter role unspool set {setting}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    let store = open(&postgres).await;
    let shown = "select current_setting('statement_timeout') || ' ' ||
        current_setting('default_transaction_read_only') || ' ' ||
        current_setting('synchronous_commit')";
    let mut writer = connect::connect(&store.state().options).await.unwrap();
    let of_writer: String = sqlx::query_scalar(shown)
        .fetch_one(&mut writer)
        .await
        .unwrap();
    assert_eq!(of_writer, "0 off on");
    let reader = sqlx::query(shown)
        .fetch_one(&store.state().readers)
        .await
        .unwrap();
    assert_eq!(reader.get::<String, _>(0), "30s on on");
    store.adopt(Epoch(7), Offset(1)).await.unwrap();
    store
        .write(&batch(vec![row(1, 1, "a", 1, 1.0)]))
        .await
        .unwrap();
    assert_eq!(store.mirrored().unwrap().stored, 1);
    store.close().await;
    postgres.stop().await;
}

#[tokio::test]
async fn a_database_in_another_encoding_is_refused_before_anything_is_made_in_it() {
    let (postgres, _dir) = postgres().await;
    let mut connection = connect::connect(&postgres.database().options().unwrap())
        .await
        .unwrap();
    let make = "create database narrow encoding 'LATIN1' locale 'C' template template0";
    sqlx::raw_sql(make).execute(&mut connection).await.unwrap();
    let host = postgres.socket_dir().display();
    let url = format!("postgres://unspool@localhost/narrow?host={host}");
    let store = Store::open(&Database::External { url }, Arc::default()).unwrap();
    let error = store.prepare().await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Unfit(why) if why.contains("LATIN1")),
        "{error}"
    );
    assert!(!error.is_away());
    store.close().await;
    postgres.stop().await;
}

#[tokio::test]
async fn readers_leave_connections_to_who_writes() {
    let cluster = Cluster::start("host all all all scram-sha-256\n", &["max_connections=10"]);
    let store = cluster.prepare(BOSS, "postgres").await.unwrap();
    assert_eq!(store.state().seats.available_permits(), 3);
    store.adopt(Epoch(7), Offset(1)).await.unwrap();
    let asked: Vec<_> = (0..40).map(|_| store.health()).collect();
    let query = all_messages();
    let read: Vec<_> = (0..40).map(|_| store.messages(&query)).collect();
    let (asked, read) = futures_util::join!(
        futures_util::future::join_all(asked),
        futures_util::future::join_all(read)
    );
    assert!(asked.iter().all(Result::is_ok) && read.iter().all(Result::is_ok));
    store
        .write(&batch(vec![row(1, 1, "a", 1, 1.0)]))
        .await
        .unwrap();
    store.close().await;
    let mut boss = connect::connect(&store.state().options).await.unwrap();
    sqlx::raw_sql("create role few login password 'few' connection limit 3")
        .execute(&mut boss)
        .await
        .unwrap();
    let error = cluster.prepare("few:few", "postgres").await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Unfit(why) if why.contains('3')),
        "{error}"
    );
}
