//! Accounts in files, which several change.

use super::*;

#[tokio::test]
async fn what_two_write_at_the_same_time_is_all_there() {
    let dir = tempfile::tempdir().unwrap();
    let (server, command) = (open(&dir), open(&dir));
    let both = (0..20).flat_map(|one| {
        [(&server, format!("s{one}")), (&command, format!("c{one}"))].map(
            |(auth, name)| async move {
                add(auth, &name, Role::Device).await;
            },
        )
    });
    futures_util::future::join_all(both).await;
    server.inner.look();
    assert_eq!(names(&server).len(), 40);
    assert_eq!(names(&open(&dir)), names(&server));
    let trail = server.audit(None, 100).await.unwrap();
    let ids: std::collections::BTreeSet<_> = trail.iter().map(|entry| entry.id).collect();
    assert_eq!(ids, (1..=40).collect());
    assert_eq!(&*trail[0].by, "root");
}

#[tokio::test]
async fn a_running_server_takes_up_what_a_command_writes_and_nothing_that_is_broken() {
    let dir = tempfile::tempdir().unwrap();
    let server = open(&dir);
    let anyone = server.sign_in(&Visitor::default()).await.unwrap();
    add(&open(&dir), "press", Role::Device).await;
    assert!(!anyone.is_over());
    server.inner.look();
    assert!(anyone.is_over() && !server.is_open());
    let press = server.sign_in(&certificate("press")).await.unwrap();
    let path = dir.path().join("accounts.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    for broken in [Some("account = 7"), Some("[[account]"), None] {
        match broken {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        server.inner.look();
        assert!(!press.is_over() && names(&server) == ["press"]);
        let refused = server.remove_account(&me(), "press").await;
        assert!(
            matches!(refused, Err(AdministrationError::Files(_))),
            "{refused:?}"
        );
        if broken.is_some() {
            let error = open_with(&dir, None, None).unwrap_err().to_string();
            assert!(
                error.contains("accounts.toml") && error.contains("line 1"),
                "{error}"
            );
        }
    }
    std::fs::write(&path, good.replace("press", "drill")).unwrap();
    server.inner.look();
    assert!(press.is_over() && names(&server) == ["drill"]);
    // Once there were accounts, no accounts means nobody.
    std::fs::write(&path, "").unwrap();
    server.inner.look();
    assert!(!server.is_open());
    assert_eq!(
        server.sign_in(&Visitor::default()).await.unwrap_err(),
        Denied::NothingShown
    );
}

#[tokio::test]
async fn declared_accounts_go_before_managed_ones_and_are_changed_in_their_file_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("declared.toml");
    add(&open(&dir), "press", Role::Device).await;
    std::fs::write(&path, "[[account]]\nname = \"press\"\nrole = \"viewer\"\n").unwrap();
    let auth = open_with(&dir, Some("declared.toml"), None).unwrap();
    let press = auth.sign_in(&certificate("press")).await.unwrap();
    assert_eq!(press.role(), Some(Role::Viewer));
    let refused = auth.remove_account(&me(), "press").await;
    assert!(matches!(refused, Err(AdministrationError::Declared(_))));
    std::fs::write(
        &path,
        "[[account]]\nname = \"press\"\nrole = \"operator\"\n",
    )
    .unwrap();
    auth.inner.look();
    assert_eq!(press.role(), Some(Role::Operator));
    let trail = auth.audit(None, 1).await.unwrap();
    assert_eq!(trail[0].what, AuditedChange::FileChanged);
    assert_eq!(trail[0].detail.as_deref(), Some("press"));
    std::fs::write(&path, "[[account]]\n").unwrap();
    auth.inner.look();
    assert_eq!(press.role(), Some(Role::Operator));
    assert!(open_with(&dir, Some("none.toml"), None).is_err());
}

#[tokio::test]
async fn allowed_anonymous_is_an_operator_until_an_account_says_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let auth = open_with(&dir, None, true).unwrap();
    let anonymous = auth.sign_in(&Visitor::default()).await.unwrap();
    assert_eq!(anonymous.role(), Some(Role::Operator));
    assert!(!auth.is_open() && anonymous.sees_totals());
    // There is nothing that anybody could show, so that it is as good as nothing.
    assert!(auth.sign_in(&by("device")).await.is_ok());
    add(&auth, ANONYMOUS, Role::Viewer).await;
    assert_eq!(anonymous.role(), Some(Role::Viewer));
    add(&auth, "admin", Role::Administrator).await;
    assert!(auth.sign_in(&Visitor::default()).await.is_ok());
    assert_eq!(auth.sign_in(&by("device")).await, Err(Denied::Wrong));
}

#[tokio::test]
async fn a_browser_that_signs_out_is_out_at_once_and_stays_out_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let auth = open(&dir);
    let first = password("first password");
    auth.add_first_account(&me(), "admin", first).await.unwrap();
    let shown = showing("admin", "first password", 1);
    let admin = auth.sign_in(&shown).await.unwrap();
    let cookies = [(); 2].map(|()| auth.open_sign_in(&admin, None).unwrap().text);
    auth.inner.look();
    let cookies = cookies.map(|text| Visitor {
        shown: Credentials::Cookie(text.into()),
        ..Visitor::default()
    });
    let again = open(&dir);
    let principal = again.sign_in(&cookies[0]).await.unwrap();
    assert!(again.sign_in(&cookies[1]).await.is_ok());
    let Credentials::Cookie(text) = &cookies[0].shown else {
        unreachable!()
    };
    again.close_sign_in(text);
    assert!(principal.is_over());
    again.inner.look();
    let third = open(&dir);
    assert!(third.sign_in(&cookies[0]).await.is_err());
    assert!(third.sign_in(&cookies[1]).await.is_ok());
}

/// On files in `dir`, as a server or a command opens them.
fn open(dir: &tempfile::TempDir) -> Auth {
    open_with(dir, None, None).unwrap()
}

fn open_with(
    dir: &tempfile::TempDir,
    declared: Option<&str>,
    allow_anonymous: impl Into<Option<bool>>,
) -> Result<Auth, AuthFileError> {
    let options = AuthOptions {
        dir: dir.path().into(),
        accounts_file: declared.map(|name| dir.path().join(name)),
        allow_anonymous: allow_anonymous.into(),
    };
    Auth::open(&options, std::sync::Arc::default())
}

fn names(auth: &Auth) -> Vec<String> {
    let accounts = auth.accounts().into_iter();
    accounts.map(|account| account.name.to_string()).collect()
}

#[tokio::test]
async fn whoever_is_there_already_is_not_imported() {
    let dir = tempfile::tempdir().unwrap();
    let auth = open(&dir);
    add(&auth, "press", Role::Viewer).await;
    for (imported, added) in [(&["press", "drill"][..], Some("drill")), (&["press"], None)] {
        let imported = imported.iter().map(|name| Account::new(name, Role::Device));
        let taken = auth.import_accounts(&me(), imported.collect()).await;
        assert_eq!(taken.unwrap(), ["press".into()]);
        let last = &auth.audit(None, 1).await.unwrap()[0];
        if let Some(added) = added {
            assert_eq!(last.what, AuditedChange::AccountsImported);
            assert_eq!(last.detail.as_deref(), Some(added));
        }
        assert_eq!(last.id, 2);
    }
    let press = auth.sign_in(&certificate("press")).await.unwrap();
    assert_eq!(press.role(), Some(Role::Viewer));
}
