//! What holds for those who are not there, but have left something behind: a session, a Will.

use super::account::ANONYMOUS;
use super::handle::Auth;
use super::means::{Arrival, Means};
use super::visitor::Action;
use crate::message::{Timestamp, Topic};

impl Auth {
    /// Whether there is an account of that name, whether or not somebody comes in by it now. As long
    /// as there is none at all, that is only [`ANONYMOUS`], and everybody where all are lost.
    pub fn knows(&self, account: &str) -> bool {
        if self.is_open() {
            return account == ANONYMOUS;
        }
        // What is lost may come back: nothing that somebody left behind goes with it.
        if self.is_locked() {
            return true;
        }
        self.inner.accounts().get(account).is_some()
    }

    /// Whether the account may do this on `topic`, as that MQTT client, without anybody there who
    /// has come in by it.
    pub fn account_may(&self, account: &str, client: &str, action: Action, topic: &Topic) -> bool {
        if let Some(anyone) = self.inner.anyone() {
            return anyone.may(action, topic);
        }
        let arrival = Arrival {
            account: account.into(),
            // Nothing but the account itself has to hold.
            means: Means::Certificate,
            client: Some(client.into()),
        };
        let (sign_ins, accounts) = (self.inner.sign_ins.lock(), self.inner.accounts());
        let grant = accounts.grant(&arrival, &sign_ins, Timestamp::now());
        grant.is_some_and(|grant| grant.permissions.give(action, topic))
    }
}
