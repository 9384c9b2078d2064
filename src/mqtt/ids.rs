//! What sessions, share groups and Wills are called: numbers from one sequence, so that none is
//! ever used twice, by whomever.

use serde::{Deserialize, Serialize};

/// Numbers begin here: smaller ones say how a message came to a session ([`super::queued::Via`]).
pub(crate) const FIRST_ID: u64 = 16;

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        $($(#[doc = $doc])+
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub(crate) struct $name(pub(crate) u64);)+
    };
}

ids! {
    /// One session. A clean start makes a new one.
    SessionId,
    /// One share group, from its first member to its last.
    GroupId,
    /// One Will, from the CONNECT that left it.
    WillId,
    /// Whom a message waits for: a session or a share group.
    OwnerId,
}

impl From<SessionId> for OwnerId {
    fn from(id: SessionId) -> Self {
        Self(id.0)
    }
}

impl From<GroupId> for OwnerId {
    fn from(id: GroupId) -> Self {
        Self(id.0)
    }
}
