//! The sources, and what is code in them.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of `src`.
pub(crate) struct Source {
    /// Such as `store/catalog/mod.rs`.
    pub(crate) name: String,
    /// Such as `["store", "catalog"]`; empty for the crate's root.
    pub(crate) module: Vec<String>,
    /// Without comments, the contents of literals, and modules that only tests have.
    pub(crate) code: String,
}

/// The folder of the project.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `folder`.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.expect("list a folder").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// What is built into the server: all of `src` but its tests.
pub(crate) fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut sources = Vec::new();
    let mut tests = Vec::new();
    for path in files(&src) {
        let inside = path.strip_prefix(&src).expect("a path below src");
        let mut module: Vec<String> = inside
            .with_extension("")
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
            module.pop();
        }
        let (code, names) = without_test_modules(&without_texts(&read(&path)));
        tests.extend(
            names
                .into_iter()
                .map(|name| [&module[..], &[name]].concat()),
        );
        let name = inside.to_str().expect("a name in UTF-8").to_owned();
        sources.push(Source { name, module, code });
    }
    sources.retain(|source| !tests.iter().any(|test| source.module.starts_with(test)));
    sources
}

/// Removes comments, and what stands in literals of strings and characters.
pub(crate) fn without_texts(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if let Some(length) = raw_string(rest) {
            code.push_str("\"\"");
            rest = &rest[length..];
        } else if c == '"' {
            code.push_str("\"\"");
            rest = &rest[1 + end_of_literal(&rest[1..], '"')..];
        } else if let Some(length) = character(rest) {
            code.push_str("' '");
            rest = &rest[length..];
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    code
}

/// How long the literal `r#"…"#` is that `rest` begins with.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inside = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end)?;
    Some(1 + hashes + 1 + length + end.len())
}

/// How long the literal of a character is that `rest` begins with; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    if first == '\\' {
        return Some(1 + end_of_literal(inside, '\''));
    }
    let length = first.len_utf8();
    inside[length..].starts_with('\'').then_some(length + 2)
}

/// Where the text behind an opening quote ends, its closing quote included.
fn end_of_literal(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Removes the modules that are built for tests only, and tells their names.
fn without_test_modules(code: &str) -> (String, Vec<String>) {
    let (mut kept, mut names) = (String::with_capacity(code.len()), Vec::new());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]\n") {
        let (before, item) = rest.split_at(at);
        let end = item.find(['{', ';']).unwrap_or(item.len());
        kept.push_str(before);
        if let [.., "mod", name] = item[..end].split_whitespace().collect::<Vec<_>>()[..] {
            names.push(name.to_owned());
            let is_here = item[end..].starts_with('{');
            rest = &item[end + if is_here { block(&item[end..]) } else { 1 }..];
        } else {
            kept.push_str(&item[..end]);
            rest = &item[end..];
        }
    }
    (kept + rest, names)
}

/// How long the block in braces is that `code` begins with.
fn block(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn comments_literals_and_test_modules_are_not_code() {
    let source = "a(\"x // {\\\" \"); // b {\nfn f<'a>() { '{' }\nr#\"c \" {\"#\n#[cfg(test)]\n\
                  mod tests {\n fn g() { { } }\n}\nfn h() {}\n#[cfg(test)]\npub(super) mod disk;";
    let (code, tests) = without_test_modules(&without_texts(source));
    assert_eq!(code, "a(\"\"); \nfn f<'a>() { ' ' }\n\"\"\n\nfn h() {}\n");
    assert_eq!(tests, ["tests", "disk"]);
}
