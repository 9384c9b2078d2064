//! Log lines. A line is one event: whatever a client, a page or a file brought into it, it can't
//! end the line, nor speak to the terminal.

use std::fmt::{self, Write as _};
use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::debug_fn;

use crate::config::LogFormat;

/// Sends log lines to standard error, as many as `filter` lets through.
pub fn to_stderr(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("the log filter \"{filter}\" is wrong"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => {
            let fields = debug_fn(|writer, field, value| {
                if field.name() != "message" {
                    write!(writer, "{}=", field.name())?;
                }
                write!(OneLine(writer), "{value:?}")
            });
            let builder = builder.with_target(false);
            builder.fmt_fields(fields.delimited(" ")).init();
        }
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Passes text on, what is no text escaped.
struct OneLine<W>(W);

impl<W: fmt::Write> fmt::Write for OneLine<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, strange)) = rest.char_indices().find(|(_, c)| is_strange(*c)) {
            self.0.write_str(&rest[..at])?;
            write!(self.0, "{}", strange.escape_default())?;
            rest = &rest[at + strange.len_utf8()..];
        }
        self.0.write_str(rest)
    }
}

/// Control characters, line separators, and marks that turn the direction of writing: with them a
/// line can look like another one.
fn is_strange(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}')
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_line_ends_it_or_speaks_to_the_terminal() {
        for (text, shown) in [
            ("plain, ünïcode", "plain, ünïcode"),
            ("a\nERROR forged\r", "a\\nERROR forged\\r"),
            ("\u{1b}[2Jcleared\u{7}", "\\u{1b}[2Jcleared\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("x\u{202e}y\u{2028}z", "x\\u{202e}y\\u{2028}z"),
        ] {
            let mut line = String::new();
            OneLine(&mut line).write_str(text).unwrap();
            assert_eq!(line, shown);
        }
    }
}
