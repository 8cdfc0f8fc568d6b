//! Listings of connection tracking: each connection by the addresses that it was opened with, then by those that its replies
//! have. The source of the replies is the pod behind a Service.

use super::record::{LeftOut, Line, Party, Record, address, port, protocol};
use crate::network::Protocol;

/// What `conntrack` says at its end, where both of its streams went into one file.
const CLOSING: &str = "flow entries have been shown";
/// States of a connection that nobody has answered yet.
const OPENING: [&str; 2] = ["SYN_SENT", "SYN_SENT2"];

/// Whether a line is of such a listing, which may begin with `[NEW]` (`conntrack -E`), and never as an object does.
pub(super) fn fits(line: &str) -> bool {
    let has = |key: &&str| words(line).any(|word| word.starts_with(*key));
    !line.trim_start().starts_with('{') && (line.contains(CLOSING) || ["src=", "dst="].iter().all(has))
}

/// What a line says.
///
/// # Errors
/// What is no line of such a listing.
pub(super) fn line(text: &str) -> Result<Line, String> {
    if text.contains(CLOSING) {
        return Ok(Line::Nothing);
    }
    let head: Vec<&str> = words(text).take_while(|word| !word.starts_with("src=")).collect();
    // `ipv4 2 tcp 6 431999 ESTABLISHED`: the first names the family in the long form.
    let name =
        head.iter().find(|word| !matches!(**word, "ipv4" | "ipv6") && !is_number(word) && !word.starts_with('['));
    let name = name.ok_or_else(|| format!("expected a line of conntrack -L, found {:?}", short(text)))?;
    let Some(protocol) = protocol(name).filter(|_| !is_number(name)) else {
        return Ok(Line::Left(LeftOut::OtherProtocol, 1));
    };
    let first = value(text, "src", 0)?;
    let (_, service, reply) = (value(text, "dst", 0)?, value(text, "dport", 0)?, value(text, "src", 1)?);
    let _ = port(service)?;
    let unreplied = words(text).any(|word| word == "[UNREPLIED]");
    // A datagram may be all there is to say.
    if protocol == Protocol::Tcp && (unreplied || head.iter().any(|word| OPENING.contains(word))) {
        return Ok(Line::Left(LeftOut::Unanswered, 1));
    }
    let party = |text: &str| Ok::<_, String>(Party { address: Some(address(text)?), ..Party::default() });
    let port = port(value(text, "sport", 1)?)?;
    let (from, to) = (party(first)?, party(reply)?);
    Ok(Line::Flow(Box::new(Record { from, to, protocol, port, source_port: None, count: 1 })))
}

/// The value of a key in the original direction (0) or in that of the replies (1).
fn value<'t>(text: &'t str, key: &str, direction: usize) -> Result<&'t str, String> {
    let found = words(text).filter_map(|word| word.split_once('=')).filter(|(name, _)| *name == key).nth(direction);
    found.map(|(_, value)| value).ok_or_else(|| {
        let of = if direction == 0 { "of the connection" } else { "of its replies" };
        format!("expected a line of conntrack -L with {key}= {of}, found {:?}", short(text))
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_ascii_whitespace()
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// As much of a line as an error shows.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = "src=10.244.1.3 dst=10.244.2.4 sport=9376 dport=41822 [ASSURED] mark=0 use=1";

    #[test]
    fn the_replies_tell_who_answered_on_which_port() {
        let own = "src=10.244.2.4 dst=10.96.211.47 sport=41822 dport=80";
        for head in
            ["tcp      6 118 TIME_WAIT ", "ipv4     2 tcp      6 118 ESTABLISHED ", "    [NEW] tcp 6 120 ESTABLISHED "]
        {
            let Ok(Line::Flow(record)) = line(&format!("{head}{own} {REPLY}")) else { panic!("{head}") };
            assert_eq!(record.from.address, Some("10.244.2.4".parse().unwrap()), "{head}");
            assert_eq!(record.to.address, Some("10.244.1.3".parse().unwrap()), "{head}");
            assert_eq!((record.protocol, record.port), (Protocol::Tcp, 9376), "{head}");
        }
    }

    #[test]
    fn what_nobody_answered_and_other_protocols_are_left_out() {
        let own = "src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2";
        let left = |text: String| line(&text).unwrap();
        assert_eq!(left(format!("tcp 6 100 SYN_SENT {own} [UNREPLIED] {REPLY}")), Line::Left(LeftOut::Unanswered, 1));
        assert!(matches!(left(format!("udp 17 20 {own} [UNREPLIED] {REPLY}")), Line::Flow(_)));
        let icmp =
            "icmp 1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=1 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=1 use=1";
        assert_eq!(left(icmp.to_owned()), Line::Left(LeftOut::OtherProtocol, 1));
        assert_eq!(
            left("conntrack v1.4.8 (conntrack-tools): 3 flow entries have been shown.".to_owned()),
            Line::Nothing
        );
        for wrong in [
            format!("tcp 6 100 ESTABLISHED {own}"),
            "tcp 6 100 src=x dst=y".to_owned(),
            format!("tcp 6 {}", REPLY.replace("9376", "0")),
        ] {
            assert!(line(&wrong).is_err(), "{wrong}");
        }
    }
}
