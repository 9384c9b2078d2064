//! Secrets, from the system's source of random numbers.

use ring::rand::{SecureRandom as _, SystemRandom};

/// Random bytes; `None` where the system has none to give.
pub(super) fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}
