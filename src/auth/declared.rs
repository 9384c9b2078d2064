//! What is common to everything that a file of accounts declares.

/// The longest name of an account or of a token, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Why nobody can be called so, if nobody can.
pub fn check_account_name(name: &str) -> Result<(), String> {
    check_name("the name of an account", name)
}

/// Names go into log lines, file names of nobody, and lists: they are short, and have nothing that
/// a terminal would take for something else.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(format!("{what} must have 1 to {NAME_BYTES_MAX} bytes"));
    }
    if name.chars().any(char::is_control) || name.trim() != name {
        return Err(format!(
            "{what} must have no control characters, and no space at its ends"
        ));
    }
    Ok(())
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
