//! mosquitto's ACL file: `user`, `topic` and `pattern`, a line each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::complaint::Complaint;
use crate::auth::{ANONYMOUS, PermissionFilters};
use crate::message::TopicFilter;

/// What the file permits.
#[derive(Debug, Default)]
pub(super) struct Acl {
    /// Whose topics there are, and in which line they begin.
    pub(super) users: BTreeMap<Arc<str>, usize>,
    /// For clients that show nothing, and in which line they begin.
    pub(super) anonymous: Vec<AclRule>,
    pub(super) anonymous_line: usize,
    topics: BTreeMap<Arc<str>, Vec<AclRule>>,
    /// For everybody.
    patterns: Vec<AclRule>,
}

/// Whose topics follow.
enum Owner {
    Anonymous,
    User(Arc<str>),
    /// A user that can't be taken.
    Nobody,
}

#[derive(Debug, Clone)]
pub(super) struct AclRule {
    access: Access,
    filter: TopicFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    ReadWrite,
    Deny,
}

impl Acl {
    /// What somebody of that name may do. Who has no topics may do nothing, as it is there.
    pub(super) fn of(&self, name: &str) -> PermissionFilters {
        let own = if name == ANONYMOUS {
            Some(&self.anonymous)
        } else {
            self.topics.get(name)
        };
        let rules: Vec<&AclRule> = own.into_iter().flatten().chain(&self.patterns).collect();
        let with = |accesses: &[Access]| -> Vec<TopicFilter> {
            let rules = rules.iter().filter(|rule| accesses.contains(&rule.access));
            rules.map(|rule| rule.filter.clone()).collect()
        };
        let denied = with(&[Access::Deny]);
        PermissionFilters {
            read: Some(with(&[Access::Read, Access::ReadWrite])),
            write: Some(with(&[Access::Write, Access::ReadWrite])),
            deny_read: denied.clone(),
            deny_write: denied,
        }
    }
}

/// Reads the file.
pub(super) fn read(text: &str, complaints: &mut Vec<Complaint>) -> Acl {
    let mut acl = Acl::default();
    let mut owner = Owner::Anonymous;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(why) = acl.take(line, at + 1, &mut owner) {
            complaints.push(Complaint {
                file: "ACL",
                line: at + 1,
                why,
            });
        }
    }
    acl
}

impl Acl {
    fn take(&mut self, line: &str, number: usize, owner: &mut Owner) -> Result<(), String> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "user" => {
                *owner = Owner::Nobody;
                crate::auth::check_account_name(rest)
                    .map_err(|why| format!("{why}; what follows for it is not taken either"))?;
                if rest == ANONYMOUS {
                    return Err(format!(
                        "{ANONYMOUS:?} stands for those who show nothing here: give it another name"
                    ));
                }
                let name: Arc<str> = rest.into();
                self.users.entry(Arc::clone(&name)).or_insert(number);
                *owner = Owner::User(name);
            }
            "topic" => {
                let rule = rule(rest)?;
                if ["%u", "%c"]
                    .iter()
                    .any(|name| rule.filter.as_str().contains(name))
                {
                    return Err(
                        "`%u` and `%c` mean themselves in a topic there, and names here".into(),
                    );
                }
                match owner {
                    Owner::User(user) => {
                        self.topics.entry(Arc::clone(user)).or_default().push(rule);
                    }
                    Owner::Nobody => {}
                    Owner::Anonymous => {
                        if self.anonymous.is_empty() {
                            self.anonymous_line = number;
                        }
                        self.anonymous.push(rule);
                    }
                }
            }
            "pattern" => self.patterns.push(rule(rest)?),
            _ => return Err(format!("{word:?} is neither user nor topic nor pattern")),
        }
        Ok(())
    }
}

/// `[read|write|readwrite|deny] <filter>`; a filter may have spaces where the first word is there.
fn rule(text: &str) -> Result<AclRule, String> {
    let (access, filter) = match text.split_once(char::is_whitespace) {
        None => (Access::ReadWrite, text),
        Some((word, filter)) => {
            let access = match word {
                "read" => Access::Read,
                "write" => Access::Write,
                "readwrite" => Access::ReadWrite,
                "deny" => Access::Deny,
                _ => return Err(format!("{word:?} is no access of mosquitto's")),
            };
            (access, filter.trim_start())
        }
    };
    let filter = TopicFilter::new(filter).map_err(|error| error.to_string())?;
    if filter.levels().next() == Some("$share") {
        return Err("no topic begins with `$share/`: say what follows the group's name".into());
    }
    Ok(AclRule { access, filter })
}
