//! Passwords, and what is kept of them. Ours are hashed by argon2id; those that came from mosquitto
//! stay as they are, and work.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::{Output, PasswordHash as Phc};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ring::digest::{Context, SHA256, SHA512, digest};
use ring::pbkdf2;
use serde::{Deserialize, Serialize};

use super::random;

/// What a password costs, as OWASP has it for argon2id: 19 MiB, two rounds, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const ROUNDS: u32 = 2;
const LANES: u32 = 1;

/// What a hash that was made elsewhere may cost at most: everybody may make us compute it.
const MEMORY_KIB_MAX: u32 = 64 * 1024;
const ROUNDS_MAX: u32 = 16;
const PBKDF2_ROUNDS_MAX: u32 = 1_000_000;

/// How many characters a password that is set here must have, and from how many bytes on one is not
/// even looked at.
const PASSWORD_CHARACTERS_MIN: usize = 8;
pub(super) const PASSWORD_BYTES_MAX: usize = 1024;

/// A password that is to be set; shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Bytes);

impl Password {
    /// Takes it where it is neither too short nor too long.
    pub fn new(password: impl Into<Bytes>) -> Result<Self, String> {
        let password = password.into();
        let characters = String::from_utf8_lossy(&password).chars().count();
        if characters < PASSWORD_CHARACTERS_MIN || password.len() > PASSWORD_BYTES_MAX {
            return Err(format!(
                "a password must have at least {PASSWORD_CHARACTERS_MIN} characters, and at most \
                 {PASSWORD_BYTES_MAX} bytes"
            ));
        }
        Ok(Self(password))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is kept of a password: argon2id in PHC's form, or mosquitto's `$6$` (SHA-512) or `$7$`
/// (PBKDF2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PasswordHash(Arc<str>);

/// A hash, taken apart.
enum HashParts {
    Argon2(Box<Phc>),
    Sha512 {
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    Pbkdf2 {
        rounds: std::num::NonZeroU32,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
}

impl PasswordHash {
    /// Hashes a password, with a salt of its own. Takes tens of milliseconds.
    pub(super) fn make(password: &[u8]) -> Option<Self> {
        let salt = random::bytes::<16>()?;
        let hash: Phc = argon2()?.hash_password_with_salt(password, &salt).ok()?;
        Some(Self(hash.to_string().into()))
    }

    /// Whether this is the hash of `password`. Takes tens of milliseconds.
    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        match HashParts::of(&self.0) {
            Ok(HashParts::Argon2(hash)) => {
                argon2().is_some_and(|argon2| argon2.verify_password(password, &*hash).is_ok())
            }
            Ok(HashParts::Sha512 { salt, hash }) => {
                let mut context = Context::new(&SHA512);
                context.update(password);
                context.update(&salt);
                is_same(context.finish().as_ref(), &hash) || waste(password)
            }
            Ok(HashParts::Pbkdf2 { rounds, salt, hash }) => {
                let algorithm = pbkdf2::PBKDF2_HMAC_SHA512;
                pbkdf2::verify(algorithm, rounds, &salt, password, &hash).is_ok() || waste(password)
            }
            Err(_) => false,
        }
    }

    /// Tells this hash from others, and does not tell it.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest(&SHA256, self.0.as_bytes()).as_ref()[..16]);
        Fingerprint(fingerprint)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Tells one hash from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(pub(super) [u8; 16]);

/// As much as a password costs, for nothing: an unknown name, or a hash that is cheaper, must not
/// be told by how long the answer takes.
pub(super) fn waste(password: &[u8]) -> bool {
    let hashed = argon2().and_then(|argon2| {
        let mut output = [0; Output::B64_MAX_LENGTH];
        let output = &mut output[..32];
        argon2
            .hash_password_into(password, b"nobody's salt...", output)
            .ok()
    });
    std::hint::black_box(hashed);
    false
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, ROUNDS, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

impl HashParts {
    fn of(text: &str) -> Result<Self, &'static str> {
        const UNKNOWN: &str =
            "a password's hash must be argon2id in PHC's form, or mosquitto's $6$ or $7$";
        const COSTLY: &str = "a password's hash costs more than is allowed";
        if text.starts_with("$argon2") {
            let hash = Phc::new(text).map_err(|_| UNKNOWN)?;
            let params = Params::try_from(&hash).map_err(|_| UNKNOWN)?;
            if hash.hash.is_none() || hash.salt.is_none() {
                return Err(UNKNOWN);
            }
            if params.m_cost() > MEMORY_KIB_MAX
                || params.t_cost() > ROUNDS_MAX
                || params.p_cost() > 4
            {
                return Err(COSTLY);
            }
            return Ok(Self::Argon2(Box::new(hash)));
        }
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| UNKNOWN);
        let parts: Vec<&str> = text.split('$').collect();
        let parts = match parts[..] {
            ["", "6", salt, hash] => Self::Sha512 {
                salt: decode(salt)?,
                hash: decode(hash)?,
            },
            ["", "7", rounds, salt, hash] => {
                let rounds: std::num::NonZeroU32 = rounds.parse().map_err(|_| UNKNOWN)?;
                if rounds.get() > PBKDF2_ROUNDS_MAX {
                    return Err(COSTLY);
                }
                Self::Pbkdf2 {
                    rounds,
                    salt: decode(salt)?,
                    hash: decode(hash)?,
                }
            }
            _ => return Err(UNKNOWN),
        };
        let (Self::Sha512 { hash, .. } | Self::Pbkdf2 { hash, .. }) = &parts else {
            return Err(UNKNOWN);
        };
        if hash.len() == 64 {
            Ok(parts)
        } else {
            Err(UNKNOWN)
        }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        HashParts::of(&text)?;
        Ok(Self(text.into()))
    }
}

impl From<PasswordHash> for String {
    fn from(hash: PasswordHash) -> Self {
        (*hash.0).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOSQUITTO: [&str; 2] = [
        "$6$rjrUn7QUovxHvc/o$hpxKd3Yoh4Jhwoi5KDGoa3r2qXUir6Ej3BKbUe9hwP5jjyythjIOvNzgLZTO7cM4JIcJQLyAqCr9pH6HcRXGmw==",
        "$7$101$mkl89zZAsyMzi0dA$aQ8bzqrGBldGlhU4t4wG1pxUx/UwDaXRi5R7lLK2/D3STLLxnrv2Ugy7wlk4PY62FcySa5Vma1mfDokfmCAR3A==",
    ];

    fn hash(text: &str) -> Result<PasswordHash, &'static str> {
        text.to_owned().try_into()
    }

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let made = PasswordHash::make(b"correct horse").unwrap();
        assert!(made.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(made.is_of(b"correct horse") && !made.is_of(b"correct horsf"));
        assert_eq!(hash(made.as_str()), Ok(made.clone()));
        let other = PasswordHash::make(b"correct horse").unwrap();
        assert_ne!(made.fingerprint(), other.fingerprint());
        assert!(!format!("{made:?}").contains("argon2"));
    }

    #[test]
    fn a_hash_of_mosquitto_works() {
        // Made by mosquitto_passwd 2.0.11 of the password `secret`.
        for text in MOSQUITTO {
            let hash = hash(text).unwrap();
            assert!(hash.is_of(b"secret"), "{text}");
            assert!(!hash.is_of(b"Secret") && !hash.is_of(b""), "{text}");
        }
    }

    #[test]
    fn what_is_no_hash_or_costs_too_much_is_refused() {
        for text in [
            "",
            "secret",
            "$1$abc$def",
            "$6$abc",
            "$6$AAAA$AAAA",
            "$7$0$AAAA$AAAA",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ",
            "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=19456,t=2000,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(hash(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_that_is_set_is_neither_short_nor_endless() {
        for (length, taken) in [
            (0, false),
            (7, false),
            (8, true),
            (1024, true),
            (1025, false),
        ] {
            assert_eq!(Password::new(vec![b'x'; length]).is_ok(), taken, "{length}");
        }
    }
}
