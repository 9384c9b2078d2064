//! API tokens: `usp_<id>_<secret>`. The secret has 256 bits from the system's source of random
//! numbers, so that its plain SHA-256 is enough to keep; it is shown once.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::declared::{check_name, is_default};
use super::permissions::PermissionFilters;
use super::random;
use super::role::Role;
use crate::message::Timestamp;

/// What every token begins with, so that it is found where it leaks.
pub(super) const PREFIX: &str = "usp_";
const ID_CHARS: usize = 16;

/// A token, as it stands in a file of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRecord {
    /// Names the token, in itself too. Lower case letters and digits.
    pub id: Arc<str>,
    /// What its owner calls it.
    pub name: Arc<str>,
    pub hash: TokenHash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it ends; never where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// What it may be used for at most; never more than the account's role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether it may see totals of the whole server, where its account may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub metrics: bool,
    /// Where it may be used, of where its account may.
    #[serde(default, skip_serializing_if = "is_default")]
    pub permissions: PermissionFilters,
}

impl TokenRecord {
    pub(super) fn check(&self) -> Result<(), String> {
        check_name("the name of a token", &self.name)?;
        let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if self.id.is_empty() || self.id.len() > 64 || !self.id.chars().all(is_id) {
            return Err("the id of a token has lower case letters and digits only".into());
        }
        Ok(())
    }
}

/// The SHA-256 of a token's secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    pub(super) fn of(secret: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        Self(hash)
    }

    /// Whether this is the hash of `secret`; takes as long whatever is wrong.
    pub(super) fn is_of(&self, secret: &str) -> bool {
        let other = Self::of(secret);
        let differences = self
            .0
            .iter()
            .zip(other.0)
            .fold(0, |all, (a, b)| all | (a ^ b));
        std::hint::black_box(differences) == 0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl TryFrom<String> for TokenHash {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hash = text
            .strip_prefix("sha256:")
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
            .and_then(|bytes| bytes.try_into().ok());
        hash.map(Self).ok_or(
            "the hash of a token or of a sign-in is `sha256:` and 43 characters of base64url",
        )
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        format!("sha256:{}", URL_SAFE_NO_PAD.encode(hash.0))
    }
}

/// A secret that somebody shows again, and what names it.
pub(super) struct NewSecret {
    pub(super) id: Arc<str>,
    pub(super) hash: TokenHash,
    /// `<prefix><id>_<secret>`
    pub(super) text: String,
}

impl NewSecret {
    pub(super) fn make(prefix: &str) -> Option<Self> {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let id = random::bytes::<ID_CHARS>()?;
        let id: String = id
            .iter()
            .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
            .collect();
        let secret = URL_SAFE_NO_PAD.encode(random::bytes::<32>()?);
        Some(Self {
            hash: TokenHash::of(&secret),
            text: format!("{prefix}{id}_{secret}"),
            id: id.into(),
        })
    }
}

/// The id and the secret of what was made with `prefix`.
pub(super) fn parts<'a>(prefix: &str, text: &'a [u8]) -> Option<(&'a str, &'a str)> {
    let text = std::str::from_utf8(text).ok()?;
    text.strip_prefix(prefix)?.split_once('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_alone() {
        let token = NewSecret::make(PREFIX).unwrap();
        let (id, secret) = parts(PREFIX, token.text.as_bytes()).unwrap();
        assert_eq!(id, &*token.id);
        assert!(token.hash.is_of(secret) && !token.hash.is_of("other"));
        let kept = String::from(token.hash.clone());
        assert!(!kept.contains(secret));
        assert_eq!(TokenHash::try_from(kept).unwrap(), token.hash);
        for text in ["", "sha256:", "sha256:AAAA", "md5:AAAA"] {
            assert!(TokenHash::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
