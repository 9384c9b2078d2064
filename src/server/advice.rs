//! What works, and was probably not meant.

use crate::config::unknown_variables;

/// Warns of variables of the environment that look like options, and of a password that others on
/// this machine can read.
pub(super) fn warn() {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for unknown in unknown_variables(names) {
        tracing::warn!(
            name = unknown.name,
            nearest = unknown.nearest,
            "this variable of the environment is no option, and does nothing"
        );
    }
    if shows_password(std::env::args_os().filter_map(|arg| arg.into_string().ok())) {
        tracing::warn!(
            "the database's password is on the command line, where everybody on this machine can \
             read it: put the URL into a file (--database-url-file), or into \
             UNSPOOL_DATABASE_URL"
        );
    }
}

fn shows_password(mut arguments: impl Iterator<Item = String>) -> bool {
    const FLAG: &str = "--database-url";
    let url = arguments.find_map(|argument| {
        let rest = argument.strip_prefix(FLAG)?;
        Some(rest.strip_prefix('=').map(str::to_owned))
            .filter(|value| value.is_some() || rest.is_empty())
    });
    let Some(url) = url.and_then(|value| value.or_else(|| arguments.next())) else {
        return false;
    };
    let after = url.split_once("://").map_or(&*url, |(_, after)| after);
    let user = after.rsplit_once('@').map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':')) || url.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_on_the_command_line_is_noticed() {
        for (arguments, shows) in [
            (
                &["serve", "--database-url", "postgres://u:hush@h/d"][..],
                true,
            ),
            (&["serve", "--database-url=postgres://u:hush@h/d"], true),
            (
                &["serve", "--database-url=postgres://u@h/d?password=hush"],
                true,
            ),
            (&["serve", "--database-url", "postgres://u@h:5432/d"], false),
            (&["serve", "--database-url-file", "/run/a:b@c"], false),
            (&["serve", "--database-url"], false),
            (&["serve"], false),
        ] {
            let given = arguments.iter().map(|argument| (*argument).to_owned());
            assert_eq!(shows_password(given), shows, "{arguments:?}");
        }
    }
}
