//! Accounts for tests, here and elsewhere.

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
        self.inner.install(&books.managed, &[]);
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
