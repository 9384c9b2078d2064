//! The form of a file of accounts.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::files::{self, AuthFileError};
use super::sign_ins::SignInRecord;
use crate::config::{parse_toml, place};

/// What stands above the accounts that are administered here.
const MANAGED: &str = "# Written by unspool: change accounts by `unspool account`, over REST or on the dashboard.\n\n";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declarations {
    #[serde(default, rename = "account")]
    accounts: Vec<toml::Spanned<Account>>,
}

#[derive(Serialize)]
struct AccountsWritten<'a> {
    account: &'a [Account],
}

#[derive(Default, Serialize, Deserialize)]
struct SignedIn {
    #[serde(default, rename = "sign-in")]
    sign_ins: Vec<SignInRecord>,
}

/// The accounts in a file; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<Account>>, AuthFileError> {
    let Some(text) = files::read(path)? else {
        return Ok(None);
    };
    let accounts = parse(&text).map_err(|(place, why)| AuthFileError::Wrong {
        path: path.into(),
        place,
        why,
    })?;
    Ok(Some(accounts))
}

/// The accounts in a text, or where it is wrong and why.
pub(super) fn parse(text: &str) -> Result<Vec<Account>, (String, String)> {
    let declared: Declarations = parse_toml(text)?;
    let (mut names, mut tokens) = (HashSet::new(), HashSet::new());
    let mut accounts = Vec::with_capacity(declared.accounts.len());
    for account in declared.accounts {
        let at = account.span().start;
        let account = account.into_inner();
        let wrong = |why| (place(text, at), why);
        account.check().map_err(wrong)?;
        if !names.insert(Arc::clone(&account.name)) {
            return Err(wrong(format!(
                "there is another account {:?}",
                account.name
            )));
        }
        for token in &account.tokens {
            if !tokens.insert(Arc::clone(&token.id)) {
                return Err(wrong(format!("there is another token {:?}", token.id)));
            }
        }
        accounts.push(account);
    }
    Ok(accounts)
}

/// Accounts as they are written.
pub(super) fn text(accounts: &[Account]) -> Result<String, String> {
    let written = toml::to_string(&AccountsWritten { account: accounts });
    let written = written.map_err(|error| error.to_string())?;
    Ok(format!("{MANAGED}{written}"))
}

/// The browsers that are signed in, by a file.
pub(super) fn parse_sign_ins(text: &str) -> Result<Vec<SignInRecord>, (String, String)> {
    parse_toml::<SignedIn>(text).map(|signed_in| signed_in.sign_ins)
}

/// The browsers that are signed in, as they are written.
pub(super) fn sign_ins_text(sign_ins: Vec<SignInRecord>) -> Result<String, String> {
    toml::to_string(&SignedIn { sign_ins }).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
[[account]]
name = "press-17"
role = "device"
password = "$7$101$mkl89zZAsyMzi0dA$aQ8bzqrGBldGlhU4t4wG1pxUx/UwDaXRi5R7lLK2/D3STLLxnrv2Ugy7wlk4PY62FcySa5Vma1mfDokfmCAR3A=="
client = "%u"
permissions = { read = ["a/#"], write = ["a/%u/#"], deny_read = ["a/secret"] }
limits = { connections_max = 2, messages_per_second_max = 100 }

[[account.token]]
id = "k3f9"
name = "grafana"
hash = "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
created = "2026-11-26T00:00:00Z"
expires = "2027-11-26T00:00:00Z"
role = "viewer"
permissions = { read = ["a/b"] }

[[account]]
name = "off"
role = "administrator"
disabled = true
"#;

    #[test]
    fn accounts_survive_their_text() {
        let accounts = parse(WHOLE).unwrap();
        assert_eq!(accounts.len(), 2);
        assert_eq!(accounts[0].tokens.len(), 1);
        assert_eq!(parse(&text(&accounts).unwrap()).unwrap(), accounts);
        assert_eq!(parse("").unwrap(), []);
        assert_eq!(parse(&text(&[]).unwrap()).unwrap(), []);
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_never_with_a_secret() {
        for (given, instead, line, named) in [
            ("$7$101$mkl8", "hush$", 5, "hash"),
            ("sha256:AAA", "hush:AAA", 13, "sha256"),
            ("2027-11-26T", "hush", 15, "RFC 3339"),
            ("role = \"device\"", "role = \"devices\"", 4, "variant"),
            ("name = \"off\"", "name = \"press-17\"", 19, "another"),
            ("name = \"off\"", "name = \" off\"", 19, "space"),
            (
                "name = \"off\"",
                "name = \"anonymous\"",
                19,
                "administrator",
            ),
            ("deny_read = [", "deny_reads = [", 7, "deny_reads"),
            ("a/#", "a/#/b", 7, "'#' must be"),
            ("disabled = true", "disabled = hush", 22, ""),
        ] {
            assert!(WHOLE.contains(given), "{given}");
            let (place, why) = parse(&WHOLE.replacen(given, instead, 1)).unwrap_err();
            assert!(
                place.starts_with(&format!(" at line {line},")),
                "{instead}: {place}"
            );
            assert!(why.contains(named), "{instead}: {why}");
            assert!(!why.contains("hush"), "{instead}: {why}");
        }
    }
}
