//! Accounts that are lost, and servers that are to have some and have none.

use std::path::Path;

use super::*;

const DECLARED: &str = "[[account]]\nname = \"boss\"\nrole = \"administrator\"\n";

fn open(dir: &Path, declares: bool, allow_anonymous: Option<bool>) -> Auth {
    let options = AuthOptions {
        dir: dir.into(),
        accounts_file: declares.then(|| dir.join("declared.toml")),
        allow_anonymous,
    };
    Auth::open(&options, std::sync::Arc::default()).unwrap()
}

fn declare(dir: &Path, text: &str) {
    std::fs::write(dir.join("declared.toml"), text).unwrap();
}

fn lose(dir: &Path, name: &str) {
    std::fs::remove_file(dir.join(name)).unwrap();
}

/// How accounts get lost between two starts: what happens, and whether the second start names the
/// file of declared accounts.
type Loss = (&'static str, fn(&Path), bool);

#[tokio::test]
async fn a_server_that_has_lost_its_accounts_lets_nobody_in() {
    let declared: &[Loss] = &[
        ("emptied", |dir| declare(dir, ""), true),
        ("not named", |_| {}, false),
    ];
    let managed: &[Loss] = &[
        ("removed", |dir| lose(dir, "accounts.toml"), false),
        (
            "emptied",
            |dir| std::fs::write(dir.join("accounts.toml"), "").unwrap(),
            false,
        ),
        (
            "of a server that wrote no mark",
            |dir| {
                lose(dir, "accounts.mark");
                lose(dir, "accounts.toml");
            },
            false,
        ),
        (
            "all but the mark",
            |dir| {
                lose(dir, "audit.ndjson");
                lose(dir, "accounts.toml");
            },
            false,
        ),
    ];
    let losses = declared.iter().map(|loss| (true, loss));
    for (is_declared, (what, loss, names_file)) in
        losses.chain(managed.iter().map(|loss| (false, loss)))
    {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        declare(dir, DECLARED);
        let before = open(dir, is_declared, None);
        if !is_declared {
            assert!(before.is_open() && !before.is_locked());
            add(&before, "boss", Role::Administrator).await;
        }
        assert!(dir.join("accounts.mark").exists(), "{what}");
        drop(before);
        loss(dir);
        // That anonymous access is switched on gives back nothing that an account had said of it.
        for allowed in [None, Some(true), Some(false)] {
            let auth = open(dir, *names_file, allowed);
            assert!(auth.is_locked() && !auth.is_open(), "{what}");
            for visitor in [Visitor::default(), certificate("boss"), by("boss")] {
                assert!(auth.sign_in(&visitor).await.is_err(), "{what}");
            }
            // What they left behind is theirs when they come back.
            assert!(auth.knows("boss") && auth.knows(ANONYMOUS));
        }
        let auth = open(dir, *names_file, None);
        let first = auth
            .add_first_account(&me(), "me", password("a password"))
            .await;
        assert!(
            matches!(first, Err(AdministrationError::NotTheFirst)),
            "{what}: {first:?}"
        );
        // The way back in is a command on the machine, which a running server takes up.
        let server = open(dir, *names_file, None);
        add(&open(dir, *names_file, None), "again", Role::Administrator).await;
        server.inner.look();
        assert!(!server.is_locked() && !server.is_open(), "{what}");
        assert!(server.sign_in(&certificate("again")).await.is_ok());
        assert!(!server.knows("boss"));
    }
}

#[tokio::test]
async fn a_server_that_is_to_have_accounts_is_open_at_no_time() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    declare(dir, "");
    for (declares, allowed) in [(true, None), (false, Some(false)), (true, Some(false))] {
        let auth = open(dir, declares, allowed);
        assert!(auth.is_locked(), "{declares} {allowed:?}");
        assert!(auth.sign_in(&Visitor::default()).await.is_err());
    }
    // Nothing of that is for good: there was no account.
    assert!(open(dir, false, None).is_open());
    let auth = open(dir, true, Some(true));
    assert!(!auth.is_locked());
    let anonymous = auth.sign_in(&Visitor::default()).await.unwrap();
    assert_eq!(anonymous.role(), Some(Role::Operator));
    drop(auth);
    assert!(open(dir, false, None).is_open());
}

#[tokio::test]
async fn a_running_server_that_loses_its_declared_accounts_lets_nobody_in_then_or_later() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    declare(dir, DECLARED);
    for allowed in [None, Some(true)] {
        declare(dir, DECLARED);
        let auth = open(dir, true, allowed);
        let boss = auth.sign_in(&certificate("boss")).await.unwrap();
        declare(dir, "");
        auth.inner.look();
        assert!(auth.is_locked() && boss.is_over(), "{allowed:?}");
        assert!(auth.sign_in(&Visitor::default()).await.is_err());
        drop(auth);
        assert!(open(dir, true, allowed).is_locked(), "{allowed:?}");
    }
}

#[tokio::test]
async fn who_shows_nothing_stays_out_where_that_is_said_whatever_an_account_says() {
    for (allowed, enters) in [(None, true), (Some(true), true), (Some(false), false)] {
        let dir = tempfile::tempdir().unwrap();
        let auth = open(dir.path(), false, allowed);
        add(&auth, ANONYMOUS, Role::Viewer).await;
        let shown = by("device");
        for visitor in [&Visitor::default(), &shown] {
            let entered = auth.sign_in(visitor).await;
            assert_eq!(entered.is_ok(), enters, "{allowed:?}: {entered:?}");
        }
        add(&auth, "admin", Role::Administrator).await;
        let entered = auth.sign_in(&Visitor::default()).await;
        assert_eq!(entered.is_ok(), enters, "{allowed:?}: {entered:?}");
        assert!(auth.sign_in(&certificate("admin")).await.is_ok());
    }
}
