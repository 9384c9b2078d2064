//! Accounts for tests, here and elsewhere.

mod changes;
mod files;
mod locked;

use bytes::Bytes;

use super::*;
use crate::message::{Topic, TopicFilter};

impl Auth {
    /// Who comes in where there are no accounts.
    pub(crate) fn anyone(&self) -> Principal {
        self.inner.anyone().unwrap()
    }

    /// These accounts, in TOML, whose passwords are whatever is not `wrong`.
    pub(crate) fn with_accounts(toml: &str) -> Self {
        let mut auth = Self::default();
        let inner = std::sync::Arc::get_mut(&mut auth.inner).unwrap();
        inner.takes_any_password = true;
        auth.declare(toml);
        auth
    }

    /// These are the accounts from now on, in TOML.
    pub(crate) fn declare(&self, toml: &str) {
        #[derive(serde::Deserialize)]
        struct Accounts {
            account: Vec<Account>,
        }
        let accounts: Accounts = toml::from_str(toml).unwrap();
        let mut books = self.inner.books.lock();
        books.managed = accounts.account;
        self.inner.adopt(&books);
    }
}

fn by(name: &str) -> Visitor {
    Visitor {
        shown: Credentials::Password {
            user: name.into(),
            password: Bytes::from_static(b"secret"),
        },
        ..Visitor::default()
    }
}

#[tokio::test]
async fn without_accounts_everybody_is_anonymous_and_may_do_everything() {
    let auth = Auth::default();
    let principal = auth.sign_in(&by("press")).await.unwrap();
    assert_eq!(principal.name(), "anonymous");
    assert!(principal.administers());
    let topic = Topic::new("a/b").unwrap();
    assert!(auth.may(&principal, Action::Write, &topic));
    assert!(auth.may_subscribe(&principal, &TopicFilter::all()));
    assert!(auth.scope(&principal, TopicFilter::all()).is_unrestricted());
}

const PRESS: &str =
    r#"account = [{ name = "press", role = "device", permissions = { read = ["a/#"] } }]"#;

#[tokio::test]
async fn with_the_first_account_anonymous_is_over() {
    let auth = Auth::default();
    let anyone = auth.sign_in(&Visitor::default()).await.unwrap();
    auth.declare(PRESS);
    assert!(anyone.is_over() && !anyone.administers());
    assert!(!auth.may(&anyone, Action::Read, &Topic::new("a").unwrap()));
    let denied = auth.sign_in(&Visitor::default()).await;
    assert_eq!(denied.unwrap_err(), Denied::NothingShown);
}

#[tokio::test]
async fn a_change_of_an_account_changes_whoever_has_come_in() {
    let auth = Auth::with_accounts(PRESS);
    let press = auth.sign_in(&by("press")).await.unwrap();
    let (topic, version) = (Topic::new("a/b").unwrap(), auth.version());
    assert!(auth.may(&press, Action::Read, &topic));
    auth.declare(&PRESS.replace("a/#", "b/#"));
    assert!(!auth.may(&press, Action::Read, &topic) && !press.is_over());
    assert_ne!(auth.version(), version);
    auth.declare("account = []");
    press.over().await;
}

#[test]
fn a_password_is_never_printed() {
    assert!(!format!("{:?}", by("press")).contains("secret"));
}

fn token(text: &str) -> Visitor {
    Visitor {
        shown: Credentials::Token(Bytes::copy_from_slice(text.as_bytes())),
        ..Visitor::default()
    }
}

fn certificate(name: &str) -> Visitor {
    Visitor {
        shown: Credentials::Certificate(name.into()),
        ..Visitor::default()
    }
}

fn showing(name: &str, password: &str, last: u8) -> Visitor {
    Visitor {
        shown: Credentials::Password {
            user: name.into(),
            password: Bytes::copy_from_slice(password.as_bytes()),
        },
        from: Some([192, 0, 2, last].into()),
        ..Visitor::default()
    }
}

fn me() -> Actor {
    Actor {
        name: "root".into(),
        from: ActorFrom::Cli { uid: 0 },
    }
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned().into_bytes()).unwrap()
}

async fn add(auth: &Auth, name: &str, role: Role) {
    auth.add_account(&me(), NewAccount::new(name, role))
        .await
        .unwrap();
}

#[tokio::test]
async fn who_comes_the_same_way_is_the_same_principal() {
    let auth = Auth::with_accounts(PRESS);
    let one = auth.sign_in(&certificate("press")).await.unwrap();
    let again = auth.sign_in(&certificate("press")).await.unwrap();
    assert!(std::ptr::eq(one.arrival(), again.arrival()));
    let as_client = Visitor {
        client: Some("c1".into()),
        ..certificate("press")
    };
    let other = auth.sign_in(&as_client).await.unwrap();
    assert!(!std::ptr::eq(one.arrival(), other.arrival()));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let auth = Auth::default();
    let first = password("long enough");
    auth.add_first_account(&me(), "admin", first.clone())
        .await
        .unwrap();
    let second = auth.add_first_account(&me(), "evil", first).await;
    assert!(matches!(second, Err(AdministrationError::NotTheFirst)));
    let demote = AccountChange {
        role: Some(Role::Operator),
        ..AccountChange::default()
    };
    let disable = AccountChange {
        disabled: Some(true),
        ..AccountChange::default()
    };
    for change in [demote, disable] {
        let refused = auth.change_account(&me(), "admin", change).await;
        assert!(matches!(
            refused,
            Err(AdministrationError::LastAdministrator)
        ));
    }
    let refused = auth.remove_account(&me(), "admin").await;
    assert!(matches!(
        refused,
        Err(AdministrationError::LastAdministrator)
    ));
    add(&auth, "other", Role::Administrator).await;
    auth.remove_account(&me(), "admin").await.unwrap();
}

#[tokio::test]
async fn another_password_ends_what_the_one_before_let_in_and_nothing_else() {
    let auth = Auth::default();
    let first = password("first password");
    auth.add_first_account(&me(), "admin", first).await.unwrap();
    let issued = auth
        .issue_token(
            &me(),
            "admin",
            NewToken {
                name: "grafana".into(),
                role: Some(Role::Viewer),
                ..NewToken::default()
            },
        )
        .await
        .unwrap();
    let admin = auth
        .sign_in(&showing("admin", "first password", 1))
        .await
        .unwrap();
    let opened = auth.open_sign_in(&admin, None).unwrap();
    let cookie = Visitor {
        shown: Credentials::Cookie(opened.text.clone().into()),
        ..Visitor::default()
    };
    let browser = auth.sign_in(&cookie).await.unwrap();
    let ticket = auth.issue_ticket(&browser).unwrap();
    let grafana = auth.sign_in(&token(&issued.text)).await.unwrap();
    assert_eq!(grafana.role(), Some(Role::Viewer));
    // A token as the password, with its account's name or none.
    for (user, let_in) in [("admin", true), ("", true), ("other", false)] {
        let shown = auth.sign_in(&showing(user, &issued.text, 1)).await;
        assert_eq!(shown.is_ok(), let_in, "{user}");
    }
    assert!(matches!(
        auth.open_sign_in(&grafana, None),
        Err(AdministrationError::NotByPassword)
    ));
    let mut changes = grafana.changes();
    auth.set_password(&me(), "admin", password("second password"))
        .await
        .unwrap();
    assert!(admin.is_over() && browser.is_over() && !grafana.is_over());
    assert_eq!(auth.sign_in(&cookie).await, Err(Denied::Wrong));
    let by_ticket = Visitor {
        shown: Credentials::Ticket(ticket.into()),
        ..Visitor::default()
    };
    assert_eq!(auth.sign_in(&by_ticket).await, Err(Denied::Wrong));
    assert_eq!(
        auth.sign_in(&showing("admin", "first password", 1)).await,
        Err(Denied::Wrong)
    );
    auth.revoke_token(&me(), "admin", &issued.id).await.unwrap();
    changes.next().await;
    assert!(grafana.is_over());
    assert_eq!(auth.sign_in(&token(&issued.text)).await, Err(Denied::Wrong));
}

#[tokio::test]
async fn a_token_ends_when_it_said_it_would() {
    let auth = Auth::with_accounts(PRESS);
    let until = |micros: i64| NewToken {
        name: "t".into(),
        expires: Some(crate::message::Timestamp(
            crate::message::Timestamp::now().0 + micros,
        )),
        ..NewToken::default()
    };
    let ended = auth.issue_token(&me(), "press", until(-1)).await.unwrap();
    assert_eq!(auth.sign_in(&token(&ended.text)).await, Err(Denied::Wrong));
    let short = auth
        .issue_token(&me(), "press", until(300_000))
        .await
        .unwrap();
    let press = auth.sign_in(&token(&short.text)).await.unwrap();
    while !press.is_over() {
        auth.inner.look();
        tokio::task::yield_now().await;
    }
    assert_eq!(auth.sign_in(&token(&short.text)).await, Err(Denied::Wrong));
}

#[tokio::test]
async fn a_device_whose_password_is_known_is_not_kept_out_by_those_who_guess() {
    let auth = Auth::default();
    let mut new = NewAccount::new("press", Role::Device);
    new.password = Some(password("right password"));
    auth.add_account(&me(), new).await.unwrap();
    let right = showing("press", "right password", 1);
    assert!(auth.sign_in(&right).await.is_ok());
    for _ in 0..5 {
        let guess = showing("press", "guess", 1);
        assert_eq!(auth.sign_in(&guess).await, Err(Denied::Wrong));
    }
    let hashes = auth.inner.metrics.auth_hashes.get();
    let guess = auth.sign_in(&showing("press", "guess", 1)).await;
    assert!(matches!(guess, Err(Denied::TooMany { retry_after_s: 1.. })));
    let unknown = auth.sign_in(&showing("nobody", "guess", 1)).await;
    assert_eq!(unknown, Err(Denied::Wrong));
    for _ in 0..100 {
        assert!(auth.sign_in(&right).await.is_ok());
    }
    assert_eq!(auth.inner.metrics.auth_hashes.get(), hashes + 1);
    assert_eq!(auth.inner.metrics.auth_throttled.get(), 1);
}

#[tokio::test]
async fn two_thousand_devices_of_one_account_cost_one_hash() {
    let auth = Auth::default();
    let mut new = NewAccount::new("press", Role::Device);
    new.password = Some(password("right password"));
    auth.add_account(&me(), new).await.unwrap();
    let before = auth.inner.metrics.auth_hashes.get();
    let devices = (0..2000_u16).map(|device| {
        let [high, low] = device.to_be_bytes();
        let visitor = Visitor {
            client: Some(format!("press-{device}").into()),
            from: Some([10, 0, high, low].into()),
            ..showing("press", "right password", 1)
        };
        let auth = &auth;
        async move { auth.sign_in(&visitor).await.is_ok() }
    });
    let let_in = futures_util::future::join_all(devices).await;
    let refused = let_in.iter().filter(|let_in| !**let_in).count();
    assert_eq!(refused, 0);
    assert_eq!(auth.inner.metrics.auth_hashes.get(), before + 1);
}

#[tokio::test]
async fn an_account_is_for_its_own_clients_and_not_while_it_is_disabled() {
    let auth =
        Auth::with_accounts(r#"account = [{ name = "press", role = "device", client = "%u-*" }]"#);
    let as_client = |client: &str| Visitor {
        client: Some(client.into()),
        ..by("press")
    };
    let press = auth.sign_in(&as_client("press-1")).await.unwrap();
    let other = auth.sign_in(&as_client("other")).await;
    assert_eq!(other, Err(Denied::NotThisClient));
    auth.declare(r#"account = [{ name = "press", role = "device", client = "%u-2" }]"#);
    assert!(press.is_over());
    auth.declare(r#"account = [{ name = "press", role = "device", disabled = true }]"#);
    assert_eq!(
        auth.sign_in(&as_client("press-1")).await,
        Err(Denied::Wrong)
    );
}

#[tokio::test]
async fn totals_are_for_who_reads_everything_and_for_tokens_that_may() {
    let auth = Auth::with_accounts(
        r##"account = [
            { name = "admin", role = "administrator" },
            { name = "viewer", role = "viewer" },
            { name = "some", role = "operator", permissions = { deny_read = ["a"] } },
            { name = "device", role = "device", permissions = { read = ["#"] } },
        ]"##,
    );
    for (name, sees, with_token) in [
        ("admin", true, true),
        ("viewer", true, true),
        ("some", false, false),
        ("device", false, false),
    ] {
        let principal = auth.sign_in(&by(name)).await.unwrap();
        assert_eq!(principal.sees_totals(), sees, "{name}");
        for metrics in [false, true] {
            let new = NewToken {
                name: "prometheus".into(),
                role: Some(Role::Device),
                metrics,
                ..NewToken::default()
            };
            let issued = auth.issue_token(&me(), name, new).await.unwrap();
            let scraper = auth.sign_in(&token(&issued.text)).await.unwrap();
            assert_eq!(scraper.sees_totals(), metrics && with_token, "{name}");
            let topic = Topic::new("b").unwrap();
            let reads = auth.may(&scraper, Action::Read, &topic);
            assert_eq!(reads, name == "device", "{name}");
        }
    }
}
