//! Which file a source uses: `use` lines and paths, followed through what modules pass on.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// One name that a `use` brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Import {
    path: Vec<String>,
    /// What it is called here; `*` for all that there is.
    name: String,
    /// Others may take it from here.
    is_public: bool,
}

/// What a source names.
#[derive(Debug, Default)]
struct Named {
    imports: Vec<Import>,
    /// Paths outside of `use` lines.
    paths: Vec<Vec<String>>,
    /// All identifiers outside of `use` lines.
    words: BTreeSet<String>,
    /// The items that are defined here.
    items: BTreeSet<String>,
}

/// The sources, and what each of them names.
pub(crate) struct Tree<'a> {
    sources: &'a [Source],
    named: Vec<Named>,
    modules: BTreeMap<&'a [String], usize>,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(sources: &'a [Source]) -> Self {
        Self {
            sources,
            named: sources
                .iter()
                .map(|source| Named::of(&source.code))
                .collect(),
            modules: (sources.iter().enumerate())
                .map(|(at, source)| (&source.module[..], at))
                .collect(),
        }
    }

    /// The sources that this one uses, by their places in the list.
    pub(crate) fn used_by(&self, at: usize) -> BTreeSet<usize> {
        let named = &self.named[at];
        let module = &self.sources[at].module;
        // What is only passed on is not used here.
        let imports = named
            .imports
            .iter()
            .filter(|import| !import.is_public || named.words.contains(&import.name))
            .map(|import| &import.path);
        imports
            .chain(&named.paths)
            .filter_map(|path| self.find(module, path, 8))
            .filter(|found| *found != at)
            .collect()
    }

    /// The source that `path` leads to from `module`; none, where that is another crate's.
    fn find(&self, module: &[String], path: &[String], depth: usize) -> Option<usize> {
        let mut at = module.to_vec();
        let mut rest = path;
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                "self" => {}
                _ => break,
            }
            rest = others;
        }
        let is_ours = rest.len() < path.len();
        while let Some((name, others)) = rest.split_first() {
            at.push(name.clone());
            if self.modules.contains_key(&at[..]) {
                rest = others;
                continue;
            }
            at.pop();
            if !is_ours && at == module {
                return None;
            }
            return self.item(&at, name, depth);
        }
        self.modules.get(&at[..]).copied()
    }

    /// Where the item `name` of a module is defined.
    fn item(&self, module: &[String], name: &str, depth: usize) -> Option<usize> {
        let here = *self.modules.get(module)?;
        let named = &self.named[here];
        if named.items.contains(name) || depth == 0 {
            return Some(here);
        }
        if let Some(import) = named.imports.iter().find(|import| import.name == name) {
            return self.find(module, &import.path, depth - 1).or(Some(here));
        }
        let all = named.imports.iter().filter(|import| import.name == "*");
        let found = all
            .filter_map(|import| self.find(module, &import.path, depth - 1))
            .find(|there| self.named[*there].items.contains(name));
        found.or(Some(here))
    }
}

impl Named {
    fn of(code: &str) -> Self {
        let tokens = tokens(code);
        let mut named = Self::default();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let before = at.checked_sub(1).map_or("", |before| tokens[before]);
            if *token == "use" && before != "::" {
                let end = (at..tokens.len()).find(|end| tokens[*end] == ";");
                let end = end.unwrap_or(tokens.len());
                let is_public = before == "pub" || before == ")";
                imports(
                    &tokens[at + 1..end],
                    &mut Vec::new(),
                    is_public,
                    &mut named.imports,
                );
                at = end;
            } else if is_name(token) && before != "::" {
                let mut path = vec![(*token).to_owned()];
                while tokens.get(at + 1) == Some(&"::")
                    && let Some(next) = tokens.get(at + 2).filter(|next| is_name(next))
                {
                    path.push((*next).to_owned());
                    at += 2;
                }
                named.words.extend(path.iter().cloned());
                if DEFINING.contains(&before) {
                    named.items.insert(path[0].clone());
                } else if path.len() > 1 {
                    named.paths.push(path);
                }
            }
            at += 1;
        }
        named
    }
}

/// What stands before the name of an item.
const DEFINING: [&str; 8] = [
    "struct", "enum", "trait", "type", "union", "fn", "const", "static",
];

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, more) = rest.split_at(length);
        tokens.push(token);
        rest = more.trim_start();
    }
    tokens
}

/// Takes the tree of a `use` apart; `before` is what its paths begin with.
fn imports(tokens: &[&str], before: &mut Vec<String>, is_public: bool, found: &mut Vec<Import>) {
    let depth = before.len();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match *token {
            "{" => {
                let end = at + closing(&tokens[at..]);
                for branch in branches(&tokens[at + 1..end]) {
                    imports(branch, before, is_public, found);
                }
                before.truncate(depth);
                return;
            }
            "::" => {}
            "as" => break,
            name => before.push(name.to_owned()),
        }
        at += 1;
    }
    let mut path = before.clone();
    if path
        .last()
        .is_some_and(|last| last == "*" || last == "self")
        && path.len() > 1
    {
        let last = path.pop();
        let name = if last.as_deref() == Some("*") {
            last
        } else {
            path.last().cloned()
        };
        found.push(Import {
            name: name.unwrap_or_default(),
            path,
            is_public,
        });
    } else {
        let alias = tokens.get(at + 1).filter(|_| tokens.get(at) == Some(&"as"));
        let name = alias
            .map(|alias| (*alias).to_owned())
            .or_else(|| path.last().cloned());
        found.push(Import {
            name: name.unwrap_or_default(),
            path,
            is_public,
        });
    }
    before.truncate(depth);
}

/// Where the brace closes that `tokens` begin with.
fn closing(tokens: &[&str]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" if depth == 1 => return at,
            "}" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// What stands between the commas that are in no further braces.
fn branches<'t, 's>(tokens: &'t [&'s str]) -> Vec<&'t [&'s str]> {
    let mut depth = 0_usize;
    let parts = tokens.split(|token| {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        *token == "," && depth == 0
    });
    parts.filter(|part| !part.is_empty()).collect()
}

#[test]
fn the_parser_of_use_lines_sees_every_form() {
    let source = |name: &str, code: &str| Source {
        name: name.into(),
        module: name
            .split('/')
            .filter(|part| !part.is_empty())
            .map(Into::into)
            .collect(),
        code: code.into(),
    };
    let sources = [
        source("", ""),
        source("a", "pub use inner::Deep; pub use other::*; struct Own;"),
        source("a/inner", "pub struct Deep;"),
        source("a/other", "pub struct Wide; fn f() { super::Own }"),
        source(
            "b",
            "use crate::{a::{Deep, Own as Mine}, c}; use std::io::{self, Read};",
        ),
        source(
            "c",
            "fn g() { crate::a::Wide::new(); std::mem::take(x) } use crate::b::self;",
        ),
        source("d", "use crate::{\n  a::{self},\n  c,\n};"),
    ];
    let tree = Tree::new(&sources);
    let used = |at| -> Vec<&str> {
        let used = tree.used_by(at).into_iter();
        used.map(|at| sources[at].name.as_str()).collect()
    };
    assert_eq!(used(1), [""; 0], "what is passed on is not used");
    assert_eq!(used(3), ["a"]);
    assert_eq!(used(4), ["a", "a/inner", "c"]);
    assert_eq!(used(5), ["a/other", "b"]);
    assert_eq!(used(6), ["a", "c"]);
}
