//! What lets a browser open one WebSocket, which can show nothing else: good once and shortly.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::principal::Principal;
use super::token::{NewSecret, TokenHash, parts};

const PREFIX: &str = "ust_";
/// How long a ticket is good.
const LIFE: Duration = Duration::from_secs(30);
/// How many there may be at once.
const TICKETS_MAX: usize = 10_000;

/// The tickets that nobody has shown yet.
#[derive(Default)]
pub(super) struct Tickets {
    issued: HashMap<Box<str>, Ticket>,
}

struct Ticket {
    hash: TokenHash,
    principal: Principal,
    until: Instant,
}

impl Tickets {
    /// A ticket for `principal`; `None` where there are too many.
    pub(super) fn issue(&mut self, principal: &Principal, now: Instant) -> Option<String> {
        if self.issued.len() >= TICKETS_MAX {
            self.issued.retain(|_, ticket| now < ticket.until);
        }
        if self.issued.len() >= TICKETS_MAX {
            return None;
        }
        let secret = NewSecret::make(PREFIX)?;
        let ticket = Ticket {
            hash: secret.hash,
            principal: principal.clone(),
            until: now + LIFE,
        };
        self.issued.insert((*secret.id).into(), ticket);
        Some(secret.text)
    }

    /// Whose ticket this is; it is gone with that.
    pub(super) fn take(&mut self, text: &[u8], now: Instant) -> Option<Principal> {
        let (id, secret) = parts(PREFIX, text)?;
        let ticket = self.issued.remove(id)?;
        let holds = now < ticket.until && ticket.hash.is_of(secret) && !ticket.principal.is_over();
        holds.then_some(ticket.principal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::means::{Arrival, Means};
    use crate::auth::principal::Grant;

    #[test]
    fn a_ticket_is_good_once_and_not_for_long() {
        let arrival = Arrival {
            account: "press".into(),
            means: Means::Certificate,
            client: None,
        };
        let principal = Principal::new(arrival, Grant::all());
        let (mut tickets, now) = (Tickets::default(), Instant::now());
        let text = tickets.issue(&principal, now).unwrap();
        assert!(tickets.take(b"ust_other_secret", now).is_none());
        let taken = tickets.take(text.as_bytes(), now);
        assert_eq!(taken, Some(principal.clone()));
        assert!(tickets.take(text.as_bytes(), now).is_none());
        let text = tickets.issue(&principal, now).unwrap();
        assert!(tickets.take(text.as_bytes(), now + LIFE).is_none());
        let text = tickets.issue(&principal, now).unwrap();
        principal.set_terms(None);
        assert!(tickets.take(text.as_bytes(), now).is_none());
    }

    #[test]
    fn there_are_never_more_tickets_than_there_may_be() {
        let arrival = Arrival {
            account: "press".into(),
            means: Means::Nothing,
            client: None,
        };
        let principal = Principal::new(arrival, Grant::all());
        let (mut tickets, now) = (Tickets::default(), Instant::now());
        for _ in 0..TICKETS_MAX {
            assert!(tickets.issue(&principal, now).is_some());
        }
        assert!(tickets.issue(&principal, now).is_none());
        assert!(tickets.issue(&principal, now + LIFE).is_some());
    }
}
