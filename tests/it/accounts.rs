//! Who is let in: the first start, commands beside a running server, and what came from mosquitto.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::commands::{command, curl, run, told, unspool};
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

const PASSWORD: &str = "correct horse";

fn refused(data: &Path, arguments: &[&str], input: &str) -> String {
    let output = command(data, arguments, input);
    assert!(!output.status.success(), "{arguments:?} was taken");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The HTTP status with which a question is answered.
fn status(server: &Server, credentials: &[&str]) -> String {
    let url = server.url("/api/v1/topics");
    let output = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", &url];
    run("curl", &[&output, credentials].concat())
}

fn publishes(server: &Server, arguments: &[&str]) -> bool {
    let port = server.mqtt.port().to_string();
    let published = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port, "-q", "1", "-V", "5"])
        .args(arguments)
        .output()
        .expect("mosquitto_pub is not installed");
    // What is refused in a PUBACK is a warning to it.
    let told = String::from_utf8_lossy(&published.stderr).into_owned();
    published.status.success() && !told.contains("failed")
}

#[test]
fn without_accounts_nobody_but_this_machine_is_listened_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let told = refused(&data, &["serve", "--http-listen", "0.0.0.0:0"], "");
    for way in [
        "http_listen",
        "account add --admin",
        "UNSPOOL_ADMIN_PASSWORD_FILE",
        "UNSPOOL_ACCOUNTS_FILE",
        "--allow-anonymous",
        "loopback",
    ] {
        assert!(told.contains(way), "{way}: {told}");
    }
}

#[test]
fn a_container_comes_up_closed_with_its_administrator() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).expect("write");
    let file = file.to_str().expect("UTF-8");
    let mut server = Settings::default()
        .set("UNSPOOL_ADMIN_PASSWORD_FILE", file)
        .set("UNSPOOL_HTTP_LISTEN", "0.0.0.0:0")
        .start();
    let right = format!("admin:{PASSWORD}");
    assert_eq!(status(&server, &[]), "401");
    assert_eq!(status(&server, &["-u", "admin:wrong"]), "401");
    assert_eq!(status(&server, &["-u", &right]), "200");
    assert!(!publishes(&server, &["-t", "a", "-m", "1"]));
    let by_admin = ["-u", "admin", "-P", PASSWORD, "-t", "a", "-m", "1"];
    assert!(publishes(&server, &by_admin));
    // The administrator's password is theirs from then on.
    told(
        &server.data_dir(),
        &["account", "password", "admin"],
        "another password\n",
    );
    server.stop();
    let server = server.restart();
    assert_eq!(status(&server, &["-u", &right]), "401");
    assert_eq!(status(&server, &["-u", "admin:another password"]), "200");
}

#[test]
fn accounts_that_are_lost_lock_the_server_until_there_is_an_administrator_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("gitops.toml");
    let boss = "[[account]]\nname = \"boss\"\nrole = \"administrator\"\n";
    std::fs::write(&file, boss).expect("write");
    let mut server = Settings::default()
        .set("UNSPOOL_ACCOUNTS_FILE", file.to_str().expect("UTF-8"))
        .expect_in_log("nobody is let in")
        .start();
    assert_eq!(status(&server, &[]), "401");
    server.stop();
    assert!(!server.log_text().contains("nobody is let in"));
    std::fs::write(&file, "").expect("write");
    let server = server.restart();
    assert_eq!(status(&server, &[]), "401");
    assert!(!publishes(&server, &["-t", "a", "-m", "1"]));
    let me = curl(&server.url("/api/v1/me"));
    assert_eq!(
        (&me["open"], &me["first_run"]),
        (&false.into(), &false.into())
    );
    let first = [
        "-sS",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "-H",
        "content-type: application/json",
        "-d",
        r#"{"name":"me","password":"a stranger's"}"#,
        &server.url("/api/v1/first-run"),
    ];
    assert_eq!(run("curl", &first), "409");
    assert_eq!(server.log_text().matches("nobody is let in").count(), 1);
    let password = format!("{PASSWORD}\n");
    told(
        &server.data_dir(),
        &["account", "add", "--admin"],
        &password,
    );
    let right = format!("admin:{PASSWORD}");
    eventually("the administrator comes in", || {
        (status(&server, &["-u", &right]) == "200").then_some(())
    });
    assert_eq!(status(&server, &[]), "401");
}

#[test]
fn commands_act_on_a_running_server() {
    let server = Server::start();
    let data = server.data_dir();
    assert_eq!(status(&server, &[]), "200");
    let password = format!("{PASSWORD}\n");
    told(&data, &["account", "add", "--admin"], &password);
    eventually("nobody is anonymous", || {
        (status(&server, &[]) == "401").then_some(())
    });
    told(
        &data,
        &["account", "add", "press", "--write", "plant/%u/#"],
        &password,
    );
    let by_press = |topic| ["-u", "press", "-P", PASSWORD, "-m", "1", "-t", topic];
    eventually("press comes in", || {
        publishes(&server, &by_press("plant/press/a")).then_some(())
    });
    assert!(!publishes(&server, &by_press("plant/drill/a")));
    let listed = told(&data, &["account", "list"], "");
    assert!(listed.contains("\"admin\"  administrator"), "{listed}");
    told(
        &data,
        &["account", "permit", "press", "--write", "plant/drill/#"],
        "",
    );
    eventually("the permission", || {
        publishes(&server, &by_press("plant/drill/a")).then_some(())
    });
    let issue = [
        "token",
        "add",
        "admin",
        "--name",
        "curl",
        "--role",
        "viewer",
        "--expires",
        "1h",
    ];
    let token = told(&data, &issue, "");
    let bearer = format!("Authorization: Bearer {}", token.trim());
    eventually("the token", || {
        (status(&server, &["-H", &bearer]) == "200").then_some(())
    });
    let id = token.split('_').nth(1).expect("an id");
    assert!(told(&data, &["token", "list"], "").contains(id));
    told(&data, &["token", "revoke", id], "");
    eventually("no token", || {
        (status(&server, &["-H", &bearer]) == "401").then_some(())
    });
    told(&data, &["account", "disable", "press"], "");
    eventually("press is out", || {
        (!publishes(&server, &by_press("plant/drill/a"))).then_some(())
    });
    told(&data, &["account", "remove", "press"], "");
    let error = refused(&data, &["account", "remove", "admin"], "");
    assert!(error.contains("no administrator"), "{error}");
    let secrets = ["accounts.toml", "audit.ndjson"];
    for name in secrets {
        let file = data.join(name);
        let mode = std::fs::metadata(&file)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        let text = std::fs::read_to_string(&file).expect("read");
        assert!(
            !text.contains(PASSWORD) && !text.contains(token.trim()),
            "{name}"
        );
    }
}

#[test]
fn broken_accounts_are_told_by_line_and_let_nobody_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let password = format!("{PASSWORD}\n");
    told(&data, &["account", "add", "--admin"], &password);
    let file = data.join("accounts.toml");
    let text = std::fs::read_to_string(&file).expect("read");
    std::fs::write(&file, text.replace("$argon2id$", "$argonic$")).expect("write");
    for arguments in [
        &["serve"][..],
        &["account", "list"],
        &["account", "disable", "admin"],
    ] {
        let error = refused(&data, arguments, "");
        assert!(
            error.contains("accounts.toml is wrong at line 6"),
            "{error}"
        );
        assert!(!error.contains("argonic"), "{error}");
    }
}

#[test]
fn a_command_that_is_killed_tears_no_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut kept = Vec::new();
    for round in 0..40 {
        let name = format!("device-{round}");
        let mut child = unspool()
            .args(["account", "add", &name, "--no-password"])
            .env("UNSPOOL_DATA_DIR", &data)
            .stdout(Stdio::null())
            .spawn()
            .expect("start the command");
        // Somewhere on its way, each time later.
        std::thread::sleep(std::time::Duration::from_micros(500 * round));
        child.kill().ok();
        if child.wait().expect("wait").success() {
            kept.push(name);
        }
    }
    told(&data, &["account", "add", "last", "--no-password"], "");
    let listed = told(&data, &["account", "list"], "");
    for name in kept.iter().map(String::as_str).chain(["last"]) {
        assert!(listed.contains(&format!("{name:?}")), "{name}: {listed}");
    }
}

#[test]
fn what_root_writes_belongs_to_whom_the_data_belongs_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("make the folder");
    if std::os::unix::fs::chown(&data, Some(10_001), Some(10_002)).is_err() {
        // Only root gives files away.
        return;
    }
    told(&data, &["account", "add", "press", "--no-password"], "");
    for name in ["accounts.toml", "accounts.lock", "audit.ndjson"] {
        let made = std::fs::metadata(data.join(name)).expect("a file");
        assert_eq!((made.uid(), made.gid()), (10_001, 10_002), "{name}");
    }
}

#[test]
fn users_of_mosquitto_keep_their_passwords_and_topics() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (passwd, old, acl) = (path("passwd"), path("old"), path("acl"));
    run("mosquitto_passwd", &["-c", "-b", &passwd, "press", "pw"]);
    run(
        "mosquitto_passwd",
        &["-c", "-H", "sha512", "-b", &old, "drill", "old pw"],
    );
    let both = std::fs::read_to_string(&passwd).expect("read")
        + &std::fs::read_to_string(&old).expect("read");
    std::fs::write(&passwd, both).expect("write");
    let rules = "user press\ntopic write plant/press\nuser drill\ntopic plant/#\nodd\n\
                 pattern write by/%u/#\n";
    std::fs::write(&acl, rules).expect("write");
    let server = Server::start();
    let import = ["account", "import", "--passwd", &passwd, "--acl", &acl];
    let output = command(&server.data_dir(), &import, "");
    assert!(output.status.success());
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaints.contains("ACL file, line 5"), "{complaints}");
    eventually("the accounts", || {
        (!publishes(&server, &["-t", "plant/press", "-m", "1"])).then_some(())
    });
    for (user, password, topic, taken) in [
        ("press", "pw", "plant/press", true),
        ("press", "pw", "by/press/x", true),
        ("press", "pw", "plant/other", false),
        ("press", "pw2", "plant/press", false),
        ("drill", "old pw", "plant/other", true),
        ("drill", "old pw", "by/press/x", false),
    ] {
        let arguments = ["-u", user, "-P", password, "-t", topic, "-m", "1"];
        assert_eq!(
            publishes(&server, &arguments),
            taken,
            "{user} {password} {topic}"
        );
    }
}
