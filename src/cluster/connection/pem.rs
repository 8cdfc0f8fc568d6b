//! Certificates in their textual armour (RFC 7468), and what base64 of a kubeconfig holds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of a text as DER, in their order; whatever stands around them is no matter.
pub(super) fn certificates(text: &str) -> Vec<Vec<u8>> {
    let blocks = text.split(BEGIN).skip(1).filter_map(|block| block.split_once(END));
    blocks.filter_map(|(block, _)| decoded(block)).collect()
}

/// What base64 stands for; it may be broken into lines.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let packed: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(packed).ok()
}

/// The base64 of bytes, in one line.
pub(super) fn encoded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_stand_among_other_things() {
        let text = "subject=x\n-----BEGIN CERTIFICATE-----\r\nAQI\nD\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nAA==\n\
                    -----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nBA==\n-----END CERTIFICATE-----";
        assert_eq!(certificates(text), [vec![1, 2, 3], vec![4]]);
        assert!(certificates("nothing").is_empty());
    }
}
