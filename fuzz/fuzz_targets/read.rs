//! Any bytes: they are read or refused; what is read has values, and a change of nothing gives the same bytes.
#![no_main]

use kubectl_harden::manifest::{Stream, splice};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let stream = match Stream::read(text.to_owned()) {
        Ok(stream) => stream,
        Err(error) => {
            assert!(error.position.line >= 1 && error.position.column >= 1 && !error.message.is_empty());
            return;
        }
    };
    assert_eq!(splice(&stream, &[]).as_deref(), Ok(text), "a change of nothing");
    let mut own = Vec::new();
    for document in stream.documents() {
        match document.value() {
            Ok(value) => own.push((document.index(), value)),
            Err(refusal) => assert!(!refusal.message.is_empty()),
        }
        let nearest = document.nearest("/spec/template/spec/containers/0");
        assert!(text.get(nearest).is_some(), "a span that is no part of the text");
    }
    // Duplicate keys may be refused even when nothing is asked of them.
    let own: Vec<_> = own.iter().map(|(index, value)| (*index, value)).collect();
    if let Ok(result) = splice(&stream, &own) {
        assert_eq!(result, text, "each document's own value");
    }
});
