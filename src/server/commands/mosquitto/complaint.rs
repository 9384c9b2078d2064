//! What can't be taken over.

use std::fmt;

/// What can't be taken over, and why. Says nothing that could be a password.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Complaint {
    pub(super) file: &'static str,
    pub(super) line: usize,
    pub(super) why: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} file, line {}: {}", self.file, self.line, self.why)
    }
}
