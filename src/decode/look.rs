//! A look at bytes that claim nothing, in formats that begin with no mark of their own. A wrong
//! guess is worse than none.

/// Whether a name is one that people give to a value.
pub(super) fn is_plain_name(name: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:/ $@#".contains(byte);
    !name.is_empty() && name.iter().all(is_plain)
}

/// Whether bytes are all characters that are printed: of a text in an encoding that is not known,
/// rather than of a structure with lengths and numbers in it.
pub(super) fn is_words(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}
