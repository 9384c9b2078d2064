//! By what somebody has come in.

use std::sync::Arc;

use super::password::Fingerprint;

/// By what somebody has come in: as long as it holds, so does what they may do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Means {
    /// Nothing was shown, and that did.
    Nothing,
    /// The password of which this is the hash, if the account has one.
    Password(Option<Fingerprint>),
    /// The token of that id.
    Token(Arc<str>),
    Certificate,
    /// The sign-in of that id.
    SignIn(Arc<str>),
}

/// Who has come in, by what, and as which MQTT client: whoever comes the same way is the same
/// principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Arrival {
    pub(super) account: Arc<str>,
    pub(super) means: Means,
    pub(super) client: Option<Arc<str>>,
}
