//! What the help says of an option.

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// The help of an option: its documentation, and its default.
pub(super) fn help(documentation: &[&str], default: Option<String>) -> String {
    let mut help = documentation
        .iter()
        .map(|line| line.trim())
        .collect::<Vec<_>>()
        .join(" ");
    if let Some(default) = default {
        help.push_str(" [default: ");
        help.push_str(&default);
        help.push(']');
    }
    help
}

/// A number as a person would say it, by the unit that the option's name has.
pub(super) fn with_unit(value: &str, name: &str) -> String {
    let units: &[(u64, &str)] = if name.contains("_bytes") {
        &[(GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")]
    } else if name.ends_with("_s") {
        &[(24 * 3600, "days"), (3600, "hours")]
    } else {
        &[]
    };
    let Ok(number) = value.parse::<u64>() else {
        return value.into();
    };
    let whole = units
        .iter()
        .find(|(unit, _)| number >= *unit && number % unit == 0);
    match whole {
        Some((unit, word)) => format!("{number} ({} {word})", number / unit),
        None => value.into(),
    }
}
