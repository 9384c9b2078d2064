//! What kind of account somebody has.

use serde::{Deserialize, Serialize};

/// What an account is for. A role bounds what its permissions can give, and says what holds where
/// there are none.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, accounts and settings included.
    Administrator,
    /// Reads and publishes everywhere, unless permissions say where; changes no accounts and no
    /// settings.
    Operator,
    /// Reads everywhere, unless permissions say where; never publishes.
    Viewer,
    /// Reads and publishes where its permissions say, and nowhere without any.
    Device,
}

impl Role {
    /// Every role, the most powerful first.
    pub const ALL: [Self; 4] = [
        Self::Administrator,
        Self::Operator,
        Self::Viewer,
        Self::Device,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Viewer => "viewer",
            Self::Device => "device",
        }
    }

    /// The less powerful of the two.
    #[must_use]
    pub(super) fn at_most(self, other: Self) -> Self {
        let rank = |role: Self| Self::ALL.iter().position(|one| *one == role);
        if rank(self) < rank(other) {
            other
        } else {
            self
        }
    }

    /// Whether accounts and settings may be seen and changed.
    pub fn administers(self) -> bool {
        self == Self::Administrator
    }
}
