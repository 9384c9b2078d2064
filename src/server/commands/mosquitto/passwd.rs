//! mosquitto's password file: `name:hash`, a line each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::complaint::Complaint;
use crate::auth::PasswordHash;

/// The users, and the hashes of their passwords.
pub(super) fn read(
    text: &str,
    complaints: &mut Vec<Complaint>,
) -> BTreeMap<Arc<str>, PasswordHash> {
    let mut users = BTreeMap::<Arc<str>, _>::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match user(line) {
            Ok((name, _)) if users.contains_key(name) => complaints.push(Complaint {
                file: "password",
                line: at + 1,
                why: format!("{name:?} was there before"),
            }),
            Ok((name, hash)) => {
                users.insert(name.into(), hash);
            }
            Err(why) => complaints.push(Complaint {
                file: "password",
                line: at + 1,
                why,
            }),
        }
    }
    users
}

fn user(line: &str) -> Result<(&str, PasswordHash), String> {
    // Such a line may be a password all the same: it is not quoted.
    let (name, hash) = line.split_once(':').ok_or("it is not a name and a hash")?;
    crate::auth::check_account_name(name)?;
    let hash = PasswordHash::try_from(hash.to_owned()).map_err(|_| {
        format!(
            "what {name:?} has is not a hash of mosquitto's: run `mosquitto_passwd -U` on the file \
             first, if passwords stand there in the clear"
        )
    })?;
    Ok((name, hash))
}
