//! How many connections an account has, and how much it publishes.

use std::time::Instant;

use super::entrance::Denied;
use super::handle::Auth;
use super::principal::Principal;
use super::usage::AccountConnection;

/// An account has published as many messages in this second as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the account has published as many messages in this second as it may")]
pub struct TooManyMessages;

impl Auth {
    /// One more connection of the principal's account, unless it has as many as it may have; where
    /// the new one `replaces` another, that one need not have gone yet.
    pub fn connect(
        &self,
        principal: &Principal,
        replaces: bool,
    ) -> Result<AccountConnection, Denied> {
        let most = principal.limits().connections_max;
        let most = most.map(|most| most.saturating_add(replaces.into()));
        let mut usages = self.inner.usages.lock();
        let connection = usages.connect(principal.name(), most);
        connection.ok_or(Denied::TooManyConnections)
    }

    /// One more message that is published over HTTP or a live stream, unless the principal's account
    /// has published as many in this second as it may.
    pub fn publish(&self, principal: &Principal) -> Result<(), TooManyMessages> {
        let Some(per_second) = principal.limits().messages_per_second_max else {
            return Ok(());
        };
        let mut usages = self.inner.usages.lock();
        if usages.publish(principal.name(), per_second, Instant::now()) {
            return Ok(());
        }
        Err(TooManyMessages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::auth::usage::SPARE;
    use crate::auth::{Credentials, Visitor};

    async fn limited(limits: &str) -> (Auth, Principal) {
        let auth = Auth::with_accounts(&format!(
            r#"account = [{{ name = "press", role = "device", limits = {limits} }}]"#
        ));
        let visitor = Visitor {
            shown: Credentials::Password {
                user: "press".into(),
                password: "x".into(),
            },
            ..Visitor::default()
        };
        let principal = auth.sign_in(&visitor).await.unwrap();
        (auth, principal)
    }

    #[tokio::test]
    async fn an_account_has_no_more_connections_than_it_may_have() {
        let (auth, press) = limited("{ connections_max = 2 }").await;
        let first = auth.connect(&press, false).unwrap();
        let _second = auth.connect(&press, false).unwrap();
        let refused = |replaces| auth.connect(&press, replaces).err();
        assert_eq!(refused(false), Some(Denied::TooManyConnections));
        let replacement = auth.connect(&press, true).unwrap();
        assert_eq!(refused(true), Some(Denied::TooManyConnections));
        drop((first, replacement));
        assert_eq!(refused(false), None);
    }

    #[tokio::test]
    async fn messages_of_all_connections_count_together() {
        let (auth, press) = limited("{}").await;
        let connections = [(); 2].map(|()| auth.connect(&press, false).unwrap());
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let pace = |at: usize, patience| connections[at % 2].pace(10, now, patience);
        for at in 0..10 {
            assert_eq!(pace(at, Duration::ZERO), Some(Duration::ZERO), "{at}");
        }
        assert_eq!(pace(0, Duration::ZERO), None);
        assert_eq!(pace(0, second), Some(second / 10));
        assert_eq!(pace(1, second), Some(second / 5));
        let later = now + 2 * second;
        assert_eq!(
            connections[0].pace(10, later, Duration::ZERO),
            Some(Duration::ZERO)
        );
    }

    #[tokio::test]
    async fn messages_without_a_connection_count_too() {
        let (auth, press) = limited("{ messages_per_second_max = 1 }").await;
        assert_eq!(auth.publish(&press), Ok(()));
        let connection = auth.connect(&press, false).unwrap();
        let wait = connection.pace(1, Instant::now(), Duration::ZERO);
        assert_eq!(wait, None, "that of the connection counts with it");
        assert_eq!(auth.publish(&press), Err(TooManyMessages));
        let (auth, press) = limited("{}").await;
        for _ in 0..100 {
            assert_eq!(auth.publish(&press), Ok(()));
        }
    }

    #[tokio::test]
    async fn accounts_that_do_nothing_are_not_remembered() {
        let names: Vec<_> = (0..1000)
            .map(|at| format!(r#"{{ name = "a{at}", role = "device" }}"#))
            .collect();
        let accounts = format!("account = [{}]", names.join(","));
        let auth = Auth::with_accounts(&accounts);
        for at in 0..1000 {
            let visitor = Visitor {
                shown: Credentials::Certificate(format!("a{at}").into()),
                ..Visitor::default()
            };
            let principal = auth.sign_in(&visitor).await.unwrap();
            auth.connect(&principal, false).unwrap();
        }
        assert!(auth.inner.usages.lock().len() <= SPARE + 1);
    }
}
