//! Who may do what: the one answer for MQTT, REST, WebSocket and Server-Sent Events.
//!
//! Whoever comes in is a [`Visitor`], who shows [`Credentials`], and becomes a [`Principal`];
//! everything that a principal wants is asked here, topic by topic ([`Auth::may`]), or for all
//! topics of a filter at once ([`Auth::scope`]).
//!
//! As long as there is no account, everybody is anonymous and may do everything; the server then
//! listens on loopback only. With the first account that ends: who shows nothing comes in only
//! where an account [`ANONYMOUS`] says what they may. Where accounts are lost nobody comes in
//! ([`LOCKED`]): that there have been some is written down beside them.

mod absent;
mod account;
mod accounts;
mod accounts_file;
mod actor;
mod administration;
mod audit;
mod books;
mod connections;
mod declared;
mod entrance;
mod files;
mod handle;
mod hashing;
mod layers;
mod means;
mod opening;
mod password;
mod permissions;
mod principal;
mod random;
mod registry;
mod role;
mod sign_ins;
mod states;
#[cfg(test)]
pub(crate) mod tests;
mod throttle;
mod tickets;
mod token;
mod usage;
mod visitor;

pub use account::{ANONYMOUS, Account, AccountLimits, ClientBinding};
pub use accounts::AccountOrigin;
pub use actor::{Actor, ActorFrom};
pub use administration::{AccountChange, AdministrationError, IssuedToken, NewAccount, NewToken};
pub use audit::{AuditEntry, AuditedChange};
pub use connections::TooManyMessages;
pub use declared::check_account_name;
pub use entrance::Denied;
pub use files::AuthFileError;
pub use handle::Auth;
pub use layers::{PermissionLayer, PermissionsOf};
pub use opening::{AuthOptions, LOCKED};
pub use password::{Password, PasswordHash};
pub use permissions::PermissionFilters;
pub use principal::{Changes, Principal};
pub use role::Role;
pub use sign_ins::SignIn;
pub use states::{AccountState, TokenState};
pub use token::{TokenHash, TokenRecord};
pub use usage::AccountConnection;
pub use visitor::{Action, Credentials, Visitor};
