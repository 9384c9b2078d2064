//! `unspool account …`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::password::PasswordSource;
use super::permitted::{PermissionFlags, told};
use super::{Location, Workplace, mosquitto, sql_reader};
use crate::auth::{
    ANONYMOUS, AccountChange, AccountLimits, AccountOrigin, AccountState, ClientBinding, LOCKED,
    NewAccount, PermissionFilters, Role,
};

/// Commands on accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Add an account
    Add(AddArguments),
    /// List the accounts
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// The roles of the database that were added with --sql-reader
        #[arg(long)]
        sql_readers: bool,
        #[command(flatten)]
        location: Location,
    },
    /// Show an account
    Show {
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        location: Location,
    },
    /// Give an account another password; whoever came in by the one before is out
    Password {
        name: String,
        #[command(flatten)]
        password: PasswordSource,
        #[command(flatten)]
        location: Location,
    },
    /// Let nobody in by an account, for now
    Disable {
        name: String,
        #[command(flatten)]
        location: Location,
    },
    /// Let in by an account again
    Enable {
        name: String,
        #[command(flatten)]
        location: Location,
    },
    /// Remove an account
    Remove {
        name: String,
        /// A role of the database that was added with --sql-reader
        #[arg(long)]
        sql_reader: bool,
        #[command(flatten)]
        location: Location,
    },
    /// Say anew what an account may do: the filters that are given take the place of all that it
    /// had, and where none is given, these stay
    Permit {
        name: String,
        /// Another role
        #[arg(long, value_enum)]
        role: Option<Role>,
        /// Take all filters away, so that its role says what it may do
        #[arg(long, conflicts_with_all = ["read", "write", "deny_read", "deny_write"])]
        clear: bool,
        #[command(flatten)]
        terms: TermFlags,
        #[command(flatten)]
        location: Location,
    },
    /// Take over the accounts of a mosquitto broker; what can't be taken is told, line by line
    Import(ImportArguments),
}

/// An account that is to be added.
#[derive(Debug, clap::Args)]
pub struct AddArguments {
    /// Its name; `admin` where it is absent and --admin is given
    #[arg(required_unless_present = "admin")]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_enum, default_value_t = Role::Device, conflicts_with = "admin")]
    role: Role,
    /// An administrator, who may do everything
    #[arg(long)]
    admin: bool,
    /// A role of the database, who may read history with SQL and nothing else; it is none of the
    /// server's accounts
    #[arg(long, conflicts_with_all = ["admin", "role", "no_password", "read", "write", "deny_read",
        "deny_write", "client", "connections_max", "messages_per_second_max"])]
    sql_reader: bool,
    /// It has no password: it is for a certificate, or for tokens
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
    #[command(flatten)]
    password: PasswordSource,
    #[command(flatten)]
    terms: TermFlags,
    #[command(flatten)]
    location: Location,
}

/// What is to be taken over.
#[derive(Debug, clap::Args)]
pub struct ImportArguments {
    /// Its `password_file`; the hashes keep working
    #[arg(long, value_name = "FILE")]
    passwd: Option<PathBuf>,
    /// Its `acl_file`; without one every account may read and publish everywhere, as it is
    /// there
    #[arg(long, value_name = "FILE")]
    acl: Option<PathBuf>,
    /// Let clients in that show nothing, with what the file permits them
    #[arg(long, requires = "acl")]
    anonymous: bool,
    /// Only say what would be taken
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    location: Location,
}

/// What an account may do, apart from its role.
#[derive(Debug, clap::Args)]
pub struct TermFlags {
    #[command(flatten)]
    permissions: PermissionFlags,
    /// The MQTT client identifier that it is bound to; with `*` at its end those that begin so, and
    /// `*` alone any
    #[arg(long, value_name = "CLIENT")]
    client: Option<ClientBinding>,
    /// How many connections it may have at once
    #[arg(long, value_name = "NUMBER")]
    connections_max: Option<u32>,
    /// How many messages it may publish in a second
    #[arg(long, value_name = "NUMBER")]
    messages_per_second_max: Option<u32>,
}

impl AccountCommand {
    /// Does what the command says.
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(arguments) => add(arguments),
            Self::List {
                json,
                sql_readers: true,
                location,
            } => sql_reader::list(location, json),
            Self::List { json, location, .. } => list(&Workplace::open(location)?, json),
            Self::Show {
                name,
                json,
                location,
            } => {
                let account = find(&Workplace::open(location)?, &name)?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&account)?);
                } else {
                    show(&account);
                }
                Ok(())
            }
            Self::Password {
                name,
                password,
                location,
            } => {
                let workplace = Workplace::open(location)?;
                find(&workplace, &name)?;
                let password = password.read()?;
                let set = workplace.auth.set_password(&workplace.by, &name, password);
                workplace.runtime.block_on(set)?;
                println!("{name:?} has another password");
                Ok(())
            }
            Self::Disable { name, location } => set_disabled(location, &name, true),
            Self::Enable { name, location } => set_disabled(location, &name, false),
            Self::Remove {
                name,
                sql_reader: true,
                location,
            } => sql_reader::remove(location, &name),
            Self::Remove { name, location, .. } => {
                let workplace = Workplace::open(location)?;
                let remove = workplace.auth.remove_account(&workplace.by, &name);
                workplace.runtime.block_on(remove)?;
                println!("removed {name:?}");
                Ok(())
            }
            Self::Permit {
                name,
                role,
                clear,
                terms,
                location,
            } => {
                let workplace = Workplace::open(location)?;
                let account = find(&workplace, &name)?;
                let limits = terms.limits(account.limits);
                let filters = terms.permissions.filters();
                let is_given = filters != PermissionFilters::default();
                let change = AccountChange {
                    role,
                    client: terms
                        .client
                        .map(|client| (client.as_str() != "*").then_some(client)),
                    permissions: (is_given || clear).then_some(filters),
                    limits: Some(limits),
                    ..AccountChange::default()
                };
                let change = workplace.auth.change_account(&workplace.by, &name, change);
                workplace.runtime.block_on(change)?;
                show(&find(&workplace, &name)?);
                Ok(())
            }
            Self::Import(arguments) => import(arguments),
        }
    }
}

impl TermFlags {
    fn limits(&self, before: AccountLimits) -> AccountLimits {
        let messages_per_second_max = self.messages_per_second_max;
        AccountLimits {
            connections_max: self.connections_max.or(before.connections_max),
            messages_per_second_max: messages_per_second_max.or(before.messages_per_second_max),
        }
    }
}

fn add(arguments: AddArguments) -> anyhow::Result<()> {
    if arguments.sql_reader {
        let name = arguments.name.unwrap_or_default();
        return sql_reader::add(arguments.location, &name, &arguments.password);
    }
    let workplace = Workplace::open(arguments.location)?;
    let name = arguments.name.unwrap_or_else(|| "admin".into());
    let role = if arguments.admin {
        Role::Administrator
    } else {
        arguments.role
    };
    let has_password = !arguments.no_password && name != ANONYMOUS;
    let password = has_password.then(|| arguments.password.read());
    let limits = arguments.terms.limits(AccountLimits::default());
    let client = arguments.terms.client;
    let new = NewAccount {
        password: password.transpose()?,
        client: client.filter(|client| client.as_str() != "*"),
        permissions: arguments.terms.permissions.filters(),
        limits,
        ..NewAccount::new(name.clone(), role)
    };
    let add = workplace.auth.add_account(&workplace.by, new);
    workplace.runtime.block_on(add)?;
    println!("added {name:?}, {}", role.as_str());
    Ok(())
}

fn import(arguments: ImportArguments) -> anyhow::Result<()> {
    if arguments.passwd.is_none() && arguments.acl.is_none() {
        bail!("say which file: --passwd, --acl, or both");
    }
    let read = |path: PathBuf| {
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
    };
    let files = mosquitto::Files {
        passwd: arguments.passwd.map(read).transpose()?,
        acl: arguments.acl.map(read).transpose()?,
    };
    let workplace = Workplace::open(arguments.location)?;
    let imported = mosquitto::read(&files, arguments.anonymous);
    for complaint in &imported.complaints {
        eprintln!("not taken: {complaint}");
    }
    for account in &imported.accounts {
        println!("{:?}: {}", account.name, told(&account.permissions));
    }
    let count = imported.accounts.len();
    if arguments.dry_run {
        println!("{count} accounts would be imported");
        return Ok(());
    }
    let import = workplace
        .auth
        .import_accounts(&workplace.by, imported.accounts);
    let taken = workplace.runtime.block_on(import)?;
    for name in &taken {
        eprintln!("not taken: there is an account {name:?} already, which stays as it is");
    }
    println!("imported {} accounts", count - taken.len());
    Ok(())
}

fn set_disabled(location: Location, name: &str, disabled: bool) -> anyhow::Result<()> {
    let workplace = Workplace::open(location)?;
    let change = AccountChange {
        disabled: Some(disabled),
        ..AccountChange::default()
    };
    let change = workplace.auth.change_account(&workplace.by, name, change);
    workplace.runtime.block_on(change)?;
    let word = if disabled { "disabled" } else { "enabled" };
    println!("{word} {name:?}");
    Ok(())
}

fn find(workplace: &Workplace, name: &str) -> anyhow::Result<AccountState> {
    let mut accounts = workplace.auth.accounts().into_iter();
    accounts
        .find(|account| &*account.name == name)
        .with_context(|| format!("there is no account {name:?}"))
}

fn list(workplace: &Workplace, json: bool) -> anyhow::Result<()> {
    let accounts = workplace.auth.accounts();
    if json {
        println!("{}", serde_json::to_string_pretty(&accounts)?);
        return Ok(());
    }
    let widest = accounts
        .iter()
        .map(|account| format!("{:?}", account.name).len());
    let width = widest.max().unwrap_or(0);
    for account in &accounts {
        let name = format!("{:?}", account.name);
        println!("{name:width$}  {}", summary(account));
    }
    if workplace.auth.is_locked() {
        println!("{LOCKED}");
    } else if accounts.is_empty() {
        println!("there are no accounts: everybody may do everything, on loopback only");
    }
    Ok(())
}

fn summary(account: &AccountState) -> String {
    let mut summary = account.role.as_str().to_owned();
    let tokens = account.tokens.len();
    for (holds, what) in [
        (account.disabled, "disabled".to_owned()),
        (!account.has_password, "no password".to_owned()),
        (tokens > 0, format!("tokens: {tokens}")),
        (
            account.origin == AccountOrigin::Declared,
            "declared".to_owned(),
        ),
    ] {
        if holds {
            summary = format!("{summary}, {what}");
        }
    }
    summary
}

fn show(account: &AccountState) {
    println!("name         {:?}", account.name);
    println!("role         {}", summary(account));
    println!("permissions  {}", told(&account.permissions));
    if let Some(client) = &account.client {
        println!("client       {}", client.as_str());
    }
    if let Some(most) = account.limits.connections_max {
        println!("connections  at most {most}");
    }
    if let Some(most) = account.limits.messages_per_second_max {
        println!("messages     at most {most} a second");
    }
    for token in &account.tokens {
        println!("token        {}", super::token::told(token));
    }
}
