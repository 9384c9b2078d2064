//! Bytes as text: hexadecimal, `'text'`, `<…>` behind its length in two bytes, `[…]` behind its
//! length as a variable byte integer.

use std::str::Chars;

use super::raw::{prefixed, variable};

/// The bytes that `text` stands for.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut rest = text.chars();
    let bytes = sequence(&mut rest, None);
    assert_eq!(rest.as_str(), "", "{text}");
    bytes
}

fn sequence(rest: &mut Chars<'_>, end: Option<char>) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let next = rest.next();
        if next == end {
            return bytes;
        }
        match next.expect("a bracket is not closed") {
            ' ' => {}
            '\'' => bytes.extend(quoted(rest).bytes()),
            '<' => bytes.extend(prefixed(&sequence(rest, Some('>')))),
            '[' => {
                let inner = sequence(rest, Some(']'));
                bytes.extend(variable(inner.len()));
                bytes.extend(inner);
            }
            high => {
                let digit = |c: char| c.to_digit(16).expect("hexadecimal");
                let low = rest.next().expect("a second digit");
                bytes.push(u8::try_from(digit(high) << 4 | digit(low)).expect("a byte"));
            }
        }
    }
}

fn quoted(rest: &mut Chars<'_>) -> String {
    rest.by_ref().take_while(|c| *c != '\'').collect()
}

#[test]
fn notation_stands_for_bytes() {
    assert_eq!(
        bytes("10 [<'MQ'> [] 0aff]"),
        [0x10, 7, 0, 2, b'M', b'Q', 0, 0x0a, 0xff]
    );
}
