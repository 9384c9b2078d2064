//! When it is time to think of the next certificate.

use rustls::pki_types::UnixTime;

/// From when on it is said that a certificate is about to expire.
const SOON_S: i64 = 30 * 24 * 3600;

/// How long a certificate still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    Past,
    /// It is time for another one.
    Soon {
        days: i64,
    },
    Later {
        days: i64,
    },
}

impl Expiry {
    /// Of what expires then, in seconds since 1970.
    pub(super) fn at(expires_at: i64) -> Self {
        Self::of(expires_at.saturating_sub(now_s()))
    }

    fn of(left_s: i64) -> Self {
        let days = left_s / (24 * 3600);
        match left_s {
            ..=0 => Self::Past,
            1..SOON_S => Self::Soon { days },
            SOON_S.. => Self::Later { days },
        }
    }
}

/// Seconds since 1970, which certificates count in.
pub(super) fn now_s() -> i64 {
    i64::try_from(UnixTime::now().as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_of_thirty_days_before_it_expires() {
        const DAY_S: i64 = 24 * 3600;
        for (left_s, expiry) in [
            (-1, Expiry::Past),
            (0, Expiry::Past),
            (1, Expiry::Soon { days: 0 }),
            (4 * DAY_S, Expiry::Soon { days: 4 }),
            (30 * DAY_S - 1, Expiry::Soon { days: 29 }),
            (30 * DAY_S, Expiry::Later { days: 30 }),
        ] {
            assert_eq!(Expiry::of(left_s), expiry, "{left_s}");
        }
    }
}
