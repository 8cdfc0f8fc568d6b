//! Bytes as text, or a message that says what they are instead.

use crate::manifest::Position;

/// What stands in the way of reading bytes as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotText {
    pub(super) position: Option<Position>,
    pub(super) message: String,
}

/// Byte order marks that are not UTF-8's, the longer first.
const OTHER_MARKS: [(&[u8], &str); 4] =
    [(b"\xFF\xFE\0\0", "UTF-32"), (b"\0\0\xFE\xFF", "UTF-32"), (b"\xFF\xFE", "UTF-16"), (b"\xFE\xFF", "UTF-16")];

/// The bytes as UTF-8 text without NUL bytes; a UTF-8 byte order mark stays in it.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, NotText> {
    if let Some((_, name)) = OTHER_MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        let message = format!("encoded as {name}; convert it: iconv -f {name} -t UTF-8");
        return Err(NotText { position: None, message });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let before = std::str::from_utf8(&bytes[..valid]).unwrap_or_default();
        let byte = bytes.get(valid).copied().unwrap_or_default();
        NotText {
            position: Some(Position::of(before, valid)),
            message: format!("byte 0x{byte:02X} is not valid UTF-8; save the file as UTF-8"),
        }
    })?;
    match text.find('\0') {
        None => Ok(text),
        Some(at) => Err(NotText {
            position: Some(Position::of(&text, at)),
            message: "holds a NUL byte, so it is not a text; remove it or leave the file out".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> (Option<(usize, usize)>, String) {
        let error = text(bytes.to_vec()).unwrap_err();
        (error.position.map(|position| (position.line, position.column)), error.message)
    }

    #[test]
    fn utf8_passes_with_its_mark() {
        assert_eq!(text("\u{FEFF}a: ü\r\n".into()).unwrap(), "\u{FEFF}a: ü\r\n");
    }

    #[test]
    fn other_encodings_are_named() {
        assert!(refusal(b"\xFF\xFEa\0").1.contains("UTF-16"));
        assert!(refusal(b"\xFE\xFF\0a").1.contains("UTF-16"));
        assert!(refusal(b"\xFF\xFE\0\0a\0\0\0").1.contains("UTF-32"));
    }

    #[test]
    fn a_bad_byte_and_a_nul_are_placed() {
        let (place, message) = refusal(b"a: 1\nb: \xC3\xBC\xE4\n");
        assert_eq!(place, Some((2, 5)));
        assert!(message.contains("0xE4"), "{message}");
        assert_eq!(refusal(b"a: 1\nb\0").0, Some((2, 2)));
        // A sequence cut off by the end of the file.
        assert_eq!(refusal(b"a\xC3").0, Some((1, 2)));
    }
}
