//! Finding the message that the database does not take, without blaming one for an outage.
//!
//! Whatever the reason is that a batch is not taken, a smaller part of it is tried next, down to a
//! single message, and that in ever plainer forms. What is at fault is found out by trying
//! something innocent in its place, a probe: only a message that fails where a probe passes becomes
//! a dead letter. A database that takes no probe either is waited for.

use crate::message::Offset;

/// How often a single message may break a database that had just taken a probe, and that takes none
/// right after, until it is tried in a plainer form.
const FAILURES_MAX: u32 = 3;

/// In which form a single message is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TriedForm {
    Full,
    /// Without samples.
    Plain,
    /// As a dead letter that has all of it.
    DeadLetter,
    /// As a dead letter that says only that it was there.
    Bare,
}

/// What is tried next from one place in the journal, after a failure there.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    pub(super) first: Offset,
    /// How many messages are tried at once.
    pub(super) rows: usize,
    pub(super) form: TriedForm,
    /// What the database said last.
    pub(super) why: String,
    failures: u32,
    /// What failed before a look at the cursor told whether it was committed after all.
    unseen: Option<(usize, String)>,
}

impl Suspect {
    pub(super) fn new(first: Offset) -> Self {
        Self {
            first,
            rows: usize::MAX,
            form: TriedForm::Full,
            why: String::new(),
            failures: 0,
            unseen: None,
        }
    }

    /// Whether nothing has failed here yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.why.is_empty() && self.unseen.is_none()
    }

    /// `rows` messages failed, and the database could not even be asked what became of them.
    pub(super) fn lost(&mut self, rows: usize, why: String) {
        self.unseen = Some((rows, why));
    }

    /// The cursor has not moved since.
    pub(super) fn seen(&mut self) {
        if let Some((rows, why)) = self.unseen.take() {
            self.broke(rows, why);
        }
    }

    /// `rows` messages failed for a reason that may have been the connection's: the very same is
    /// tried once more.
    pub(super) fn again(&mut self, rows: usize, why: String) -> bool {
        let is_first = self.failures == 0;
        self.failures += 1;
        self.rows = rows;
        self.why = why;
        is_first
    }

    /// `rows` messages failed where a probe passes; `false` where there is nothing plainer.
    pub(super) fn narrow(&mut self, rows: usize, why: String) -> bool {
        self.why = why;
        self.failures = 0;
        self.rows = (rows / 2).max(1);
        if rows > 1 {
            return true;
        }
        self.form = match self.form {
            TriedForm::Full => TriedForm::Plain,
            TriedForm::Plain => TriedForm::DeadLetter,
            TriedForm::DeadLetter => TriedForm::Bare,
            TriedForm::Bare => return false,
        };
        true
    }

    /// `rows` messages failed, and the database took no probe after them.
    pub(super) fn broke(&mut self, rows: usize, why: String) {
        self.failures += 1;
        let failures = self.failures;
        if rows > 1 || failures >= FAILURES_MAX {
            self.narrow(rows, why);
        } else {
            self.rows = rows;
            self.why = why;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_culprit_is_narrowed_down_to_one_message_in_its_barest_form() {
        let mut suspect = Suspect::new(Offset(7));
        assert!(suspect.is_fresh());
        assert!(suspect.again(50_000, "cut".into()));
        assert!(!suspect.again(50_000, "cut".into()));
        let mut rows = 50_000;
        let mut tries = 0;
        while suspect.narrow(rows, "no".into()) {
            rows = suspect.rows;
            tries += 1;
        }
        assert_eq!((rows, suspect.form), (1, TriedForm::Bare));
        assert!(tries < 20);
    }

    #[test]
    fn a_single_message_is_not_blamed_for_the_first_outages() {
        let mut suspect = Suspect::new(Offset(7));
        for _ in 1..FAILURES_MAX {
            suspect.broke(1, "away".into());
            assert_eq!(suspect.form, TriedForm::Full);
        }
        suspect.broke(1, "away".into());
        assert_eq!(suspect.form, TriedForm::Plain);
    }
}
