//! Packets as text: hexadecimal bytes, `'text'`, `<…>` behind its length in two bytes, `[…]`
//! behind its length as a variable byte integer.

/// The bytes that `text` stands for.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    let mut rest = text.chars();
    let bytes = sequence(&mut rest, None);
    assert_eq!(rest.as_str(), "", "{text}");
    bytes
}

fn sequence(rest: &mut std::str::Chars<'_>, end: Option<char>) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let next = rest.next();
        if next == end {
            return bytes;
        }
        match next.expect("a bracket is not closed") {
            ' ' => {}
            '\'' => bytes.extend(
                rest.by_ref()
                    .take_while(|c| *c != '\'')
                    .collect::<String>()
                    .bytes(),
            ),
            '<' => {
                let inner = sequence(rest, Some('>'));
                bytes.extend(u16::try_from(inner.len()).unwrap().to_be_bytes());
                bytes.extend(inner);
            }
            '[' => {
                let inner = sequence(rest, Some(']'));
                let mut length = inner.len();
                while length > 0x7f {
                    bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
                    length >>= 7;
                }
                bytes.push(u8::try_from(length).unwrap());
                bytes.extend(inner);
            }
            high => {
                let low = rest.next().and_then(|c| c.to_digit(16));
                let byte = high
                    .to_digit(16)
                    .zip(low)
                    .map(|(high, low)| high << 4 | low);
                bytes.push(u8::try_from(byte.expect("hexadecimal")).unwrap());
            }
        }
    }
}

#[test]
fn notation_stands_for_bytes() {
    assert_eq!(
        bytes("10 [<'MQ'> [] 0aff]"),
        [0x10, 7, 0, 2, b'M', b'Q', 0, 0x0a, 0xff]
    );
}
