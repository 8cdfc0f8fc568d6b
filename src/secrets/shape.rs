//! Secrets that are told by their shape, whatever they are called: known tokens, private keys, passwords in addresses.

use super::judge::{is_placeholder, is_reference};
use super::words::STARTS;
use super::{Hit, Why};
use memchr::memmem;

/// Everything of a known shape in a text.
pub(super) fn shapes(text: &str, hits: &mut Vec<Hit>) {
    tokens(text, hits);
    private_keys(text, hits);
    // Most texts name no user.
    if text.bytes().any(|byte| byte == b'@') {
        logins(text, hits);
        go_logins(text, hits);
    }
}

fn tokens(text: &str, hits: &mut Vec<Hit>) {
    let (Some(starts), shapes) = &*STARTS else { return };
    let bytes = text.as_bytes();
    // Where the last text of a shape ended: what begins within it would be a part of it.
    let mut ends = vec![0; shapes.len()];
    for found in starts.find_overlapping_iter(text) {
        let shape = shapes[found.pattern().as_usize()];
        let mut start = found.start();
        if start < ends[found.pattern().as_usize()] {
            continue;
        }
        let first = bytes[start];
        // `xAKIA` is part of something else.
        if first.is_ascii_alphanumeric() && start.checked_sub(1).is_some_and(|at| bytes[at].is_ascii_alphanumeric()) {
            continue;
        }
        let body = &bytes[found.end()..];
        let length = body.iter().take_while(|byte| shape.then.has(**byte)).count();
        let token = &text[found.end()..found.end() + length];
        ends[found.pattern().as_usize()] = found.end() + length;
        if length < shape.least
            || shape.most.is_some_and(|most| length > most)
            || shape.also.as_ref().is_some_and(|also| !token.contains(also.as_str()))
            || is_dull(token)
        {
            continue;
        }
        if first == b':' {
            // The number of the bot stands before it.
            let digits = bytes[..start].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            if !(8..=11).contains(&digits) {
                continue;
            }
            start -= digits;
        }
        // The name of an Azure key is no secret, nor is the word of a header.
        let begin = if text[start..found.end()].ends_with(['=', ' ']) { found.end() } else { start };
        hits.push(Hit { range: begin..found.end() + length, name: None, why: Why::Shape(&shape.what) });
    }
}

/// A sample: few different characters, or words.
fn is_dull(token: &str) -> bool {
    let mut seen = [false; 256];
    token.bytes().for_each(|byte| seen[byte as usize] = true);
    seen.iter().filter(|seen| **seen).count() < 8 || token.to_ascii_uppercase().contains("EXAMPLE")
}

fn private_keys(text: &str, hits: &mut Vec<Hit>) {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let mut from = 0;
    while let Some(begin) = memmem::find(&text.as_bytes()[from..], BEGIN.as_bytes()).map(|at| from + at) {
        from = begin + BEGIN.len();
        let rest = &text[from..];
        let Some(head) = rest.find("-----").filter(|head| *head < 40) else { continue };
        if !rest[..head].ends_with("PRIVATE KEY") && !rest[..head].ends_with("PRIVATE KEY BLOCK") {
            continue;
        }
        let body = from + head + "-----".len();
        let end = memmem::find(&text.as_bytes()[body..], END.as_bytes()).map_or(text.len(), |at| body + at);
        from = end;
        let letters = text[body..end].bytes().filter(u8::is_ascii_alphanumeric).count();
        if letters >= 60 && !text[body..end].contains("...") {
            hits.push(Hit { range: body..end, name: None, why: Why::Shape("a private key") });
        }
    }
}

/// `user:password@tcp(host:port)/db`: how programs in Go name a database.
fn go_logins(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    for end in ["@tcp(", "@unix("].iter().flat_map(|net| memmem::find_iter(bytes, net.as_bytes())) {
        let stop = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`=/".contains(byte);
        let from = end.saturating_sub(256);
        let start = bytes[from..end].iter().rposition(stop).map_or(from, |at| from + at + 1);
        let Some(colon) = memchr::memchr(b':', &bytes[start..end]) else { continue };
        let range = start + colon + 1..end;
        let Some(password) = text.get(range.clone()) else { continue };
        if !password.is_empty() && !is_placeholder(password) && !is_reference(password) {
            hits.push(Hit { range, name: None, why: Why::Login });
        }
    }
}

/// A host of examples.
fn names_no_host(host: &[u8]) -> bool {
    let host = host.split(|byte| *byte == b':').next().unwrap_or_default();
    [b"host".as_slice(), b"hostname", b"server", b"example.com", b"localhost"].contains(&host)
        || host.ends_with(b".example.com")
}

/// `scheme://user:password@host`.
fn logins(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut last = 0;
    for at in memmem::find_iter(bytes, b"://") {
        let start = at + 3;
        if start < last {
            continue;
        }
        let stop = |byte: &u8| byte.is_ascii_whitespace() || b"/\"'`<>,;#?\\|".contains(byte);
        // An authority is short; a text may be one long line of them.
        let window = &bytes[start..bytes.len().min(start + 512)];
        let length = window.iter().position(stop).unwrap_or(window.len());
        last = start + length;
        let Some(user_info) = window[..length].iter().rposition(|byte| *byte == b'@') else { continue };
        let Some(colon) = window[..user_info].iter().position(|byte| *byte == b':') else { continue };
        let range = start + colon + 1..start + user_info;
        let Some(password) = text.get(range.clone()) else { continue };
        let user = text.get(start..start + colon).unwrap_or_default();
        // Redis has passwords without users.
        let named = user.is_empty() || !is_placeholder(user);
        let plain = named && !user.contains(['[', '(']) && !is_placeholder(password) && !is_reference(password);
        let sample = ["password", "pass", "pwd", "pw", "passwd"].contains(&password)
            && ["user", "username"].contains(&user)
            && names_no_host(&window[user_info + 1..length]);
        if !password.is_empty() && plain && !sample && !password.contains(['{', '}', '(', '[']) {
            hits.push(Hit { range, name: None, why: Why::Login });
        }
    }
}
