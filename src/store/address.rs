//! The address of a database: a URL as `libpq` takes it, read strictly, since what is mistyped in
//! it would send a password to the wrong place or in clear.

use std::net::IpAddr;
use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// What may stand behind the question mark, with the other spellings that sqlx takes.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Why a URL is not taken. It never quotes what may be a password.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("it must begin with postgres:// or postgresql://")]
    Scheme,
    /// A character of the password was taken for the end of it.
    #[error(
        "in the user and the password : / ? # @ % and spaces must be percent-encoded (%3A %2F %3F \
         %23 %40 %25 %20); or put the password as it is into a file \
         (UNSPOOL_DATABASE_PASSWORD_FILE)"
    )]
    Encoding,
    #[error("it has the parameter `{0}`, which nobody knows")]
    Parameter(String),
    #[error("{0}; a password with special characters must be percent-encoded")]
    Other(#[source] Box<sqlx::Error>),
}

/// How to connect to the database at `url`. To another machine the connection is encrypted, unless
/// the URL says otherwise.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, AddressError> {
    let (scheme, rest) = url.split_once("://").ok_or(AddressError::Scheme)?;
    if !matches!(scheme, "postgres" | "postgresql") {
        return Err(AddressError::Scheme);
    }
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = before.split(['/', '#']).next().unwrap_or_default();
    // What follows the first `/`, `?` or `#` has no host: an `@` there ends a password.
    let is_cut = before[authority.len()..].contains('@')
        || rest.contains('#')
        || (!authority.contains('@')
            && rest[before.len()..].contains('@')
            && !is_parameters(query));
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    if is_cut || user.contains('@') || user.matches(':').count() > 1 || has_bare_percent(user) {
        return Err(AddressError::Encoding);
    }
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    if let Some(unknown) = names.find(|name| !is_known(name)) {
        return Err(AddressError::Parameter(unknown.into_owned()));
    }
    let options =
        PgConnectOptions::from_str(url).map_err(|error| AddressError::Other(error.into()))?;
    Ok(encrypt(options, query))
}

fn is_known(name: &str) -> bool {
    PARAMETERS.contains(&name) || (name.starts_with("options[") && name.ends_with(']'))
}

fn is_parameters(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).all(|(name, _)| is_known(&name))
}

/// Whether a `%` does not begin a character that is encoded.
fn has_bare_percent(text: &str) -> bool {
    let mut parts = text.split('%').skip(1);
    parts.any(|part| !part.bytes().take(2).all(|b| b.is_ascii_hexdigit()) || part.len() < 2)
}

/// Fills in what the URL does not say about encryption.
fn encrypt(options: PgConnectOptions, query: &str) -> PgConnectOptions {
    if is_on_this_machine(&options) {
        // PostgreSQL has no TLS on a unix socket, whatever the mode.
        let is_socket = options.get_socket().is_some() || options.get_host().starts_with('/');
        return if is_socket {
            options.ssl_mode(PgSslMode::Disable)
        } else {
            options
        };
    }
    let has = |names: &[&str]| {
        form_urlencoded::parse(query.as_bytes()).any(|(name, _)| names.contains(&&*name))
    };
    let is_said = has(&["sslmode", "ssl-mode"]) || std::env::var_os("PGSSLMODE").is_some();
    let has_root = has(&["sslrootcert", "ssl-root-cert", "ssl-ca"])
        || std::env::var_os("PGSSLROOTCERT").is_some();
    match options.get_ssl_mode() {
        _ if !is_said && has_root => options.ssl_mode(PgSslMode::VerifyFull),
        _ if !is_said => options.ssl_mode(PgSslMode::Require),
        // As libpq does: who names an authority wants it asked.
        PgSslMode::Require if has_root => options.ssl_mode(PgSslMode::VerifyCa),
        _ => options,
    }
}

/// Whether what is sent to the database never leaves this machine.
pub(super) fn is_on_this_machine(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unencoded_password_is_told_as_such_and_never_quoted() {
        for url in [
            "postgres://u:hu:sh@host/db",
            "postgres://u:hu/sh@host/db",
            "postgres://u:12/hush@host/db",
            "postgres://u:hu#sh@host/db",
            "postgres://u:hu?sh@host/db",
            "postgres://u:hu@sh@host/db",
            "postgres://u:hu%sh@host/db",
            "postgres://u:hush%@host/db",
        ] {
            let error = options(url).unwrap_err();
            assert!(matches!(error, AddressError::Encoding), "{url}: {error}");
            assert!(!error.to_string().contains("hu"), "{error}");
        }
        for url in [
            "postgres://u:hu%3Ash%2F%23%3F%40%25@host/db",
            "postgres://host/db?user=a&password=b%40c",
            "postgres:///db?host=/run/postgresql",
            "postgresql://u@[::1]:5433/db",
        ] {
            assert!(options(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        for url in [
            "host=db user=u",
            "mysql://u@h/d",
            "postgres://u@h/d?ssl_mode=verify-full",
            "postgres://u@h/d?sslmode=sometimes",
            "postgres://u@h:port/d",
        ] {
            assert!(options(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_way_to_another_machine_is_encrypted_unless_it_is_said_otherwise() {
        use PgSslMode::{Allow, Disable, Prefer, Require, VerifyCa, VerifyFull};
        for (url, mode) in [
            ("postgres://u:p@db.example/d", Require),
            ("postgres://u:p@10.0.0.7/d", Require),
            ("postgres://u@db/d?sslrootcert=/ca.pem", VerifyFull),
            (
                "postgres://u@db/d?sslmode=require&sslrootcert=/ca.pem",
                VerifyCa,
            ),
            ("postgres://u@db/d?sslmode=verify-full", VerifyFull),
            ("postgres://u@db/d?sslmode=prefer", Prefer),
            ("postgres://u@db/d?sslmode=allow", Allow),
            ("postgres://u@db/d?ssl-mode=disable", Disable),
            ("postgres://u@localhost/d", Prefer),
            ("postgres://u@127.0.0.5/d", Prefer),
            ("postgres://u@[::1]/d", Prefer),
            ("postgres://u@localhost/d?sslmode=require", Require),
            ("postgres:///d?host=/run/postgresql", Disable),
            (
                "postgres:///d?host=/run/postgresql&sslmode=require",
                Disable,
            ),
            ("postgres://%2Frun%2Fpostgresql/d", Disable),
        ] {
            let options = options(url).unwrap();
            let found = format!("{:?}", options.get_ssl_mode());
            assert_eq!(found, format!("{mode:?}"), "{url}");
        }
    }
}
