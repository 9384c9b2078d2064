//! One account among all.

use super::administration::{AccountState, state};
use super::handle::Auth;

impl Auth {
    /// The account of this name.
    pub fn account(&self, name: &str) -> Option<AccountState> {
        let accounts = self.inner.accounts();
        let (account, origin) = accounts.find(name)?;
        Some(state(account, origin))
    }
}
