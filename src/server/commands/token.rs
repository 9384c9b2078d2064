//! `unspool token …`

use anyhow::Context as _;
use clap::Subcommand;

use super::permitted::PermissionFlags;
use super::{Location, Workplace, permitted};
use crate::auth::{NewToken, Role, TokenState};
use crate::message::Timestamp;

/// Commands on API tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Issue a token of an account, and print it: this is the only time that it can be read
    Add {
        /// Whose it is
        account: String,
        /// What it is for, in your own words
        #[arg(long)]
        name: String,
        /// When it ends: after so long, such as 90d or 12h, or at an instant, such as
        /// 2027-01-01T00:00:00Z
        #[arg(long, value_name = "WHEN", value_parser = end)]
        expires: Option<Timestamp>,
        /// A lesser role than that of its account
        #[arg(long, value_enum)]
        role: Option<Role>,
        /// It may see totals of the whole server, such as its metrics
        #[arg(long)]
        metrics: bool,
        #[command(flatten)]
        permissions: PermissionFlags,
        #[command(flatten)]
        location: Location,
    },
    /// List the tokens of an account, or of all
    List {
        account: Option<String>,
        #[command(flatten)]
        location: Location,
    },
    /// End a token; whoever came in by it is out
    Revoke {
        /// What stands behind `usp_` in it, and what the list names it by
        id: String,
        #[command(flatten)]
        location: Location,
    },
}

impl TokenCommand {
    /// Does what the command says.
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add {
                account,
                name,
                expires,
                role,
                metrics,
                permissions,
                location,
            } => {
                let workplace = Workplace::open(location)?;
                let new = NewToken {
                    name,
                    expires,
                    role,
                    metrics,
                    permissions: permissions.filters(),
                };
                let issue = workplace.auth.issue_token(&workplace.by, &account, new);
                let issued = workplace.runtime.block_on(issue)?;
                eprintln!("issued the token {} of {account:?}:", issued.id);
                println!("{}", issued.text);
            }
            Self::List { account, location } => {
                for other in Workplace::open(location)?.auth.accounts() {
                    if account.as_ref().is_none_or(|name| **name == *other.name) {
                        for token in &other.tokens {
                            println!("{:?}  {}", other.name, told(token));
                        }
                    }
                }
            }
            Self::Revoke { id, location } => {
                let workplace = Workplace::open(location)?;
                let accounts = workplace.auth.accounts();
                let account = accounts
                    .iter()
                    .find(|account| account.tokens.iter().any(|token| *token.id == *id))
                    .with_context(|| format!("there is no token {id:?}"))?;
                let revoke = workplace
                    .auth
                    .revoke_token(&workplace.by, &account.name, &id);
                workplace.runtime.block_on(revoke)?;
                println!("revoked the token {id} of {:?}", account.name);
            }
        }
        Ok(())
    }
}

/// As a person reads it.
pub(super) fn told(token: &TokenState) -> String {
    let mut told = format!("{}  {:?}", token.id, token.name);
    for part in [
        token.role.map(|role| format!("as {}", role.as_str())),
        token.metrics.then(|| "metrics".to_owned()),
        token.expires.map(|end| format!("until {end}")),
        Some(permitted::told(&token.permissions)),
    ]
    .into_iter()
    .flatten()
    {
        told = format!("{told}, {part}");
    }
    told
}

fn end(text: &str) -> Result<Timestamp, String> {
    end_after(Timestamp::now(), text)
        .ok_or_else(|| "such as 90d, 12h, 30m, or 2027-01-01T00:00:00Z".into())
}

fn end_after(now: Timestamp, text: &str) -> Option<Timestamp> {
    if let Some(end) = Timestamp::parse_rfc3339(text) {
        return Some(end);
    }
    let unit_s = match text.as_bytes().last()? {
        b'm' => 60,
        b'h' => 3600,
        b'd' => 24 * 3600,
        _ => return None,
    };
    let number: u32 = text[..text.len() - 1].parse().ok()?;
    let micros = i64::from(number).checked_mul(unit_s * 1_000_000)?;
    now.0.checked_add(micros).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_while_or_an_instant() {
        let now = Timestamp(5_000_000);
        for (text, seconds) in [
            ("30m", Some(1805)),
            ("12h", Some(12 * 3600 + 5)),
            ("90d", Some(90 * 24 * 3600 + 5)),
            ("1970-01-01T00:01:00Z", Some(60)),
            ("90", None),
            ("-1d", None),
            ("d", None),
            ("", None),
            ("9d8", None),
            ("99999999999d", None),
            ("1é", None),
        ] {
            let end = end_after(now, text).map(|end| end.0 / 1_000_000);
            assert_eq!(end, seconds, "{text}");
        }
    }
}
