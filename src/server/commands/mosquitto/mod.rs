//! The password file and the ACL file of a mosquitto broker, as accounts.

mod acl;
mod complaint;
mod passwd;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::acl::Acl;
use self::complaint::Complaint;
use crate::auth::{ANONYMOUS, Account, PasswordHash, PermissionFilters, Role};
use crate::message::TopicFilter;

/// What the files say.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) passwd: Option<String>,
    pub(super) acl: Option<String>,
}

/// The accounts that files of mosquitto stand for, and what can't be taken over.
#[derive(Debug)]
pub(super) struct Imported {
    pub(super) accounts: Vec<Account>,
    pub(super) complaints: Vec<Complaint>,
}

/// Reads both files. Who shows nothing is let in only where that is asked for: whether mosquitto
/// does is in its configuration, and in neither of these.
pub(super) fn read(files: &Files, with_anonymous: bool) -> Imported {
    let mut complaints = Vec::new();
    let passwords = files.passwd.as_deref().unwrap_or_default();
    let passwords = passwd::read(passwords, &mut complaints);
    let acl = files
        .acl
        .as_deref()
        .map(|text| acl::read(text, &mut complaints));
    let mut accounts: BTreeMap<Arc<str>, Account> = BTreeMap::new();
    for (name, hash) in passwords {
        let account = account(&name, Some(hash), acl.as_ref());
        accounts.insert(name, account);
    }
    if let Some(acl) = &acl {
        for (name, line) in &acl.users {
            if accounts.contains_key(name) {
                continue;
            }
            complaints.push(Complaint {
                file: "ACL",
                line: *line,
                why: format!(
                    "{name:?} is not in the password file: the account has no password, and lets \
                     in by a certificate or a token only"
                ),
            });
            let account = account(name, None, Some(acl));
            accounts.insert(Arc::clone(name), account);
        }
        let has_anonymous = !acl.anonymous.is_empty();
        if with_anonymous {
            let account = account(ANONYMOUS, None, Some(acl));
            accounts.insert(ANONYMOUS.into(), account);
        } else if has_anonymous {
            complaints.push(Complaint {
                file: "ACL",
                line: acl.anonymous_line,
                why: "what stands before the first user is for clients that show nothing: say \
                      --anonymous if these are to be let in"
                    .into(),
            });
        }
    }
    complaints.sort_by_key(|complaint| (complaint.file == "ACL", complaint.line));
    Imported {
        accounts: accounts.into_values().collect(),
        complaints,
    }
}

fn account(name: &str, password: Option<PasswordHash>, acl: Option<&Acl>) -> Account {
    let permissions = match acl {
        Some(acl) => acl.of(name),
        None => PermissionFilters {
            read: Some(vec![TopicFilter::all()]),
            write: Some(vec![TopicFilter::all()]),
            ..PermissionFilters::default()
        },
    };
    Account {
        password,
        permissions,
        ..Account::new(name, Role::Device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `mosquitto_passwd` 2.0.11, of the passwords `secret` and `hush`.
    const PASSWD: &str = "\
# a comment
press:$7$101$mkl89zZAsyMzi0dA$aQ8bzqrGBldGlhU4t4wG1pxUx/UwDaXRi5R7lLK2/D3STLLxnrv2Ugy7wlk4PY62FcySa5Vma1mfDokfmCAR3A==

old:$6$rjrUn7QUovxHvc/o$hpxKd3Yoh4Jhwoi5KDGoa3r2qXUir6Ej3BKbUe9hwP5jjyythjIOvNzgLZTO7cM4JIcJQLyAqCr9pH6HcRXGmw==
plain:hush
nobody
:hush
press:$6$rjrUn7QUovxHvc/o$hpxKd3Yoh4Jhwoi5KDGoa3r2qXUir6Ej3BKbUe9hwP5jjyythjIOvNzgLZTO7cM4JIcJQLyAqCr9pH6HcRXGmw==
";

    const ACL: &str = "\
# who is not signed in
topic read public/#

user press
topic write plant/press/#
topic read plant/#
topic deny plant/secret/#
topic plant/both
topic readwrite with space/a b
user old
topic sideways a/b
topic read a/#/b
topic read literal/%c/x
user cert only
topic read certs/#

pattern write by/%u/%c/#
pattern read $SYS/broker/connection/%c/state
pattern deny by/%u/private
nonsense a/b
user
topic read stolen/#
";

    fn filters(filters: &[&str]) -> Vec<TopicFilter> {
        let filters = filters.iter();
        filters.map(|one| TopicFilter::new(*one).unwrap()).collect()
    }

    fn read_both(with_anonymous: bool) -> (BTreeMap<String, Account>, Vec<String>) {
        let files = Files {
            passwd: Some(PASSWD.into()),
            acl: Some(ACL.into()),
        };
        let imported = read(&files, with_anonymous);
        let accounts = imported.accounts.into_iter();
        let accounts = accounts.map(|account| (account.name.to_string(), account));
        let complaints = imported.complaints.iter().map(ToString::to_string);
        (accounts.collect(), complaints.collect())
    }

    #[test]
    fn users_become_accounts_with_their_hashes_and_topics() {
        let (accounts, _) = read_both(false);
        let names: Vec<_> = accounts.keys().map(String::as_str).collect();
        assert_eq!(names, ["cert only", "old", "press"]);
        let press = &accounts["press"];
        assert_eq!(press.role, Role::Device);
        assert!(press.password.is_some());
        assert_eq!(
            press.permissions,
            PermissionFilters {
                read: Some(filters(&[
                    "plant/#",
                    "plant/both",
                    "with space/a b",
                    "$SYS/broker/connection/%c/state"
                ])),
                write: Some(filters(&[
                    "plant/press/#",
                    "plant/both",
                    "with space/a b",
                    "by/%u/%c/#"
                ])),
                deny_read: filters(&["plant/secret/#", "by/%u/private"]),
                deny_write: filters(&["plant/secret/#", "by/%u/private"]),
            }
        );
        let certificate = &accounts["cert only"];
        assert_eq!(certificate.password, None);
        let read = certificate.permissions.read.as_deref().unwrap();
        assert_eq!(read[0].as_str(), "certs/#");
    }

    #[test]
    fn what_can_not_be_taken_is_told_line_by_line_and_no_password_with_it() {
        let (_, complaints) = read_both(false);
        let begins = [
            "password file, line 5: ",
            "password file, line 6: ",
            "password file, line 7: ",
            "password file, line 8: ",
            "ACL file, line 2: ",
            "ACL file, line 11: ",
            "ACL file, line 12: ",
            "ACL file, line 13: ",
            "ACL file, line 14: ",
            "ACL file, line 20: ",
            "ACL file, line 21: ",
        ];
        assert_eq!(complaints.len(), begins.len(), "{complaints:#?}");
        for (complaint, begin) in complaints.iter().zip(begins) {
            assert!(complaint.starts_with(begin), "{complaint}: {begin}");
            assert!(!complaint.contains("hush"), "{complaint}");
        }
    }

    #[test]
    fn who_shows_nothing_is_let_in_only_where_that_is_asked_for() {
        let (accounts, complaints) = read_both(true);
        let anonymous = &accounts[ANONYMOUS];
        assert!(!complaints.iter().any(|told| told.contains("--anonymous")));
        let read = anonymous.permissions.read.as_deref().unwrap();
        assert_eq!(read[0].as_str(), "public/#");
        assert_eq!(anonymous.password, None);
    }

    #[test]
    fn without_topics_a_user_has_none_and_without_an_acl_file_all() {
        let with = |acl: Option<&str>| {
            let files = Files {
                passwd: Some(PASSWD.into()),
                acl: acl.map(Into::into),
            };
            read(&files, false).accounts[0].permissions.clone()
        };
        let (none, all) = (with(Some("")), with(None));
        assert_eq!((none.read, none.write), (Some(vec![]), Some(vec![])));
        assert_eq!(
            (all.read, all.write),
            (Some(filters(&["#"])), Some(filters(&["#"])))
        );
    }
}
