//! Somebody who wants to come in, and what they want.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

/// What somebody wants to do on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See its messages: subscribe, be delivered to, ask for history, stream.
    Read,
    /// Publish to it, as a Will too.
    Write,
}

/// Somebody who wants to come in.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    pub shown: Credentials,
    /// The MQTT client identifier; absent over HTTP.
    pub client: Option<Arc<str>>,
    /// Where they come from, as far as that is known.
    pub from: Option<IpAddr>,
}

/// What somebody shows who comes in.
#[derive(Clone, Default)]
pub enum Credentials {
    #[default]
    Nothing,
    Password {
        user: Arc<str>,
        password: Bytes,
    },
    /// An API token, as a bearer or as the password of MQTT or HTTP Basic.
    Token(Bytes),
    /// What a browser keeps of a sign-in to the dashboard: the text of its cookie.
    Cookie(Bytes),
    /// What lets a browser open one WebSocket, which can show nothing else.
    Ticket(Bytes),
    /// A certificate that TLS has verified, and the account that it names.
    Certificate(Arc<str>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("Nothing"),
            Self::Password { user, .. } => f.debug_tuple("Password").field(user).finish(),
            Self::Token(_) => f.write_str("Token"),
            Self::Cookie(_) => f.write_str("Cookie"),
            Self::Ticket(_) => f.write_str("Ticket"),
            Self::Certificate(account) => f.debug_tuple("Certificate").field(account).finish(),
        }
    }
}
