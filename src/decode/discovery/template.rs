//! Home Assistant's templates, as far as they only take a value out of a payload.

use super::found::push_name;

/// Filters behind which a value is still the same one.
const SAME: &[&str] = &[
    "float",
    "int",
    "round",
    "default",
    "is_defined",
    "string",
    "trim",
    "lower",
    "upper",
    "title",
];

/// The JSON Pointer of the value that a template takes; `None` where it does more than that.
///
/// Of `{{ value_json.a['b'][0] | float | round(1) }}` it is `/a/b/0`.
pub(super) fn pointer(template: &str) -> Option<String> {
    let inside = template.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inside = inside.strip_prefix('-').unwrap_or(inside);
    let inside = inside.strip_suffix('-').unwrap_or(inside).trim();
    let (pointer, filters) = match inside.strip_prefix("value_json") {
        Some(steps) => steps_of(steps)?,
        None => (String::new(), inside.strip_prefix("value")?),
    };
    is_same(filters).then_some(pointer)
}

/// The steps into the payload, as a pointer, and what stands behind them.
fn steps_of(mut rest: &str) -> Option<(String, &str)> {
    let mut pointer = String::new();
    loop {
        if let Some(behind) = rest.strip_prefix('.') {
            let (name, behind) = word(behind)?;
            push_name(&mut pointer, name);
            rest = behind;
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (name, behind) = subscript(inside.trim_start())?;
            push_name(&mut pointer, name);
            rest = behind.trim_start().strip_prefix(']')?;
        } else {
            return Some((pointer, rest));
        }
    }
}

/// A quoted name or a number, and what stands behind it.
fn subscript(text: &str) -> Option<(&str, &str)> {
    for quote in ['\'', '"'] {
        if let Some(inside) = text.strip_prefix(quote) {
            let (name, behind) = inside.split_once(quote)?;
            return (!name.contains('\\')).then_some((name, behind));
        }
    }
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, behind) = text.split_at(end.unwrap_or(text.len()));
    (!number.is_empty()).then_some((number, behind))
}

/// A name as it stands behind a dot or a bar, and what stands behind it.
fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let (word, behind) = text.split_at(end.unwrap_or(text.len()));
    (!word.is_empty()).then_some((word, behind))
}

/// Whether `filters` leave the value what it is.
fn is_same(filters: &str) -> bool {
    let mut rest = filters.trim();
    while !rest.is_empty() {
        let filter = rest.strip_prefix('|').map(str::trim_start);
        let Some((name, behind)) = filter.and_then(word) else {
            return false;
        };
        if !SAME.contains(&name) {
            return false;
        }
        rest = behind.trim_start();
        if let Some(arguments) = rest.strip_prefix('(') {
            let Some((_, behind)) = arguments.split_once(')') else {
                return false;
            };
            rest = behind.trim_start();
        }
    }
    true
}
