//! Who changes accounts.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Somebody who changes accounts, as the audit trail tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name of their account, or of the system's user.
    pub name: Arc<str>,
    pub from: ActorFrom,
}

/// How somebody changes accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorFrom {
    /// By a command on the machine itself, as this user of the system.
    Cli { uid: u32 },
    /// Over REST, from this address as far as it is known.
    Rest { address: Option<IpAddr> },
    /// By the declarative file.
    File,
    /// By an option with which the server was started.
    Start,
}

impl Actor {
    /// Whoever is signed in over REST as `name`.
    pub fn rest(name: &str, address: Option<IpAddr>) -> Self {
        Self {
            name: name.into(),
            from: ActorFrom::Rest { address },
        }
    }
}

impl fmt::Display for ActorFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cli { uid } => write!(f, "command line, uid {uid}"),
            Self::Rest {
                address: Some(address),
            } => write!(f, "{address}"),
            Self::Rest { address: None } => f.write_str("REST"),
            Self::File => f.write_str("file"),
            Self::Start => f.write_str("start"),
        }
    }
}
