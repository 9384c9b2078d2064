//! How connections end.

use std::io;

use crate::mqtt::codec::{DecodeError, ReasonCode};
use crate::mqtt::session::NotMine;
use crate::mqtt::wills::Fate;

/// Why a connection ends.
#[derive(Debug)]
pub(super) enum Close {
    /// The client said so; with or without its Will.
    Disconnected {
        /// Whether the Will is to be published.
        with_will: bool,
    },
    /// The client closed the connection without a word.
    Gone,
    Lost(io::Error),
    /// Nothing was heard for longer than the Keep Alive allows.
    Silent,
    /// The client does not read.
    Unread,
    /// A packet was begun and did not come in time, or there was no memory for it.
    Slow,
    /// The client did what it must not.
    Wrong(ReasonCode, &'static str),
    /// Another connection has taken the session over.
    TakenOver,
    /// Somebody who looks after the clients said so.
    Kicked,
    /// What let the client in holds no more: its account, its password, its token or its
    /// certificate.
    Revoked,
    /// The server, or its journal, is stopping.
    Stopping,
}

impl Close {
    pub(super) const fn protocol(what: &'static str) -> Self {
        Self::Wrong(ReasonCode::ProtocolError, what)
    }

    /// A topic alias that can't be.
    pub(super) const fn alias(what: &'static str) -> Self {
        Self::Wrong(ReasonCode::TopicAliasInvalid, what)
    }

    /// What MQTT 5.0 tells the client; `None` where nobody listens any more.
    pub(super) fn reason(&self) -> Option<ReasonCode> {
        match self {
            // A client that does not read would have to read first what is in the way.
            Self::Disconnected { .. } | Self::Gone | Self::Lost(_) | Self::Unread => None,
            Self::Silent => Some(ReasonCode::KeepAliveTimeout),
            Self::Slow => Some(ReasonCode::QuotaExceeded),
            Self::Wrong(reason, _) => Some(*reason),
            Self::TakenOver => Some(ReasonCode::SessionTakenOver),
            Self::Kicked => Some(ReasonCode::AdministrativeAction),
            Self::Revoked => Some(ReasonCode::NotAuthorized),
            Self::Stopping => Some(ReasonCode::ServerShuttingDown),
        }
    }

    /// What to say about it, to the client too where it is the client's mistake.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Disconnected { .. } => "the client disconnected",
            Self::Gone => "the client closed the connection without DISCONNECT",
            Self::Lost(_) => "the network failed",
            Self::Silent => "nothing was heard for one and a half times the keep alive",
            Self::Unread => "the client did not read for too long",
            Self::Slow => "a packet was begun and not all there in time",
            Self::Wrong(_, what) => what,
            Self::TakenOver => "the client connected once more",
            Self::Kicked => "an operator ended the connection",
            Self::Revoked => "what let the client in holds no more",
            Self::Stopping => "the server is stopping",
        }
    }

    /// What becomes of the Will. Where the server goes down, the standard lets it wait for the
    /// next start (section 3.1.2.5), and those who come back then have not died.
    pub(super) fn fate_of_will(&self) -> Fate {
        match self {
            Self::Disconnected { with_will: false } => Fate::Deleted,
            Self::Stopping => Fate::Deferred,
            _ => Fate::Published,
        }
    }
}

impl From<DecodeError> for Close {
    fn from(error: DecodeError) -> Self {
        Self::Wrong(error.reason, error.what)
    }
}

impl From<NotMine> for Close {
    fn from(why: NotMine) -> Self {
        match why {
            NotMine::TakenOver => Self::TakenOver,
            NotMine::Kicked => Self::Kicked,
        }
    }
}
