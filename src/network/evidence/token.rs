//! Every word of a text that may be a host, with what stands around it.

use super::words::words;
use std::ops::Range;

/// A word that may be a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'t> {
    /// The word, without a dot at its end.
    pub(super) host: &'t str,
    /// Its bytes in the text, the dot and the port included.
    pub(super) range: Range<usize>,
    /// The port behind it, after a colon.
    pub(super) port: Option<u16>,
    /// A number behind it, after blanks or a comma.
    pub(super) spaced: Option<u16>,
    /// The scheme before it; empty for a mere `//`.
    pub(super) scheme: Option<&'t str>,
    /// Whether a user stands before it, with an `@`.
    pub(super) user: bool,
    /// Whether it may be a part of a password: an `@` or a slash too many is around it.
    pub(super) doubtful: bool,
}

/// As long as a URL may be up to its path, in bytes.
const LONGEST: usize = 4096;

/// The words of a text that may be hosts, in order: those of URLs, all of them where one names several, and any other.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'['
            && let Some(token) = bracketed(text, at, None)
        {
            at = token.range.end;
            found.push(token);
            continue;
        }
        if !starts_word(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        at = run(bytes, at);
        match scheme_end(bytes, at) {
            Some(end) => at = authority(text, end + 3, &text[start..end], &mut found).max(end + 3),
            None => {
                if let Some(token) = bare(text, start..at) {
                    at = at.max(token.range.end);
                    found.push(token);
                }
            }
        }
    }
    found
}

/// Whether a text is a name of a host: labels of letters, digits and hyphens.
pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn in_word(byte: u8) -> bool {
    starts_word(byte) || byte == b'-' || byte == b'.'
}

/// Where the word ends that begins at a byte.
fn run(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| !in_word(*byte)).map_or(bytes.len(), |length| at + length)
}

/// Where the scheme ends of which the first word ends at a byte: `mongodb+srv` has two.
fn scheme_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    while bytes.get(at) == Some(&b'+') {
        at = run(bytes, at + 1);
    }
    bytes[at..].starts_with(b"://").then_some(at)
}

/// Take the hosts of a URL from behind its `://`; gives where to read on.
fn authority<'t>(text: &'t str, start: usize, scheme: &'t str, found: &mut Vec<Token<'t>>) -> usize {
    let rest = unbroken(text, start);
    let resolver = words().resolvers.contains(scheme) && rest.starts_with('/');
    let (start, rest, scheme) = if resolver { (start + 1, &rest[1..], "grpc") } else { (start, rest, scheme) };
    let path = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password may hold an `@` or a slash, though it should not.
    let first = rest[..path].rfind('@');
    let last = rest.rfind('@').filter(|last| first.is_none_or(|first| *last > first) && ends_login(rest, *last));
    let (user, doubtful) = match (first, last) {
        (first, None) => (first, false),
        // An `@` of a query belongs to no login.
        (Some(first), Some(last)) if rest[..last].contains('?') => (Some(first), false),
        (None, Some(last)) if !are_hosts(&rest[..path]) => (Some(last), true),
        (None, Some(last)) if rest[..path].contains(':') && !rest[..last].contains('?') => {
            hosts(text, start, scheme, (false, true), found);
            (Some(last), true)
        }
        (None, Some(_)) => (None, false),
        (Some(_), Some(last)) => (Some(last), true),
    };
    let at = start + user.map_or(0, |user| user + 1);
    hosts(text, at, scheme, (user.is_some(), doubtful), found)
}

/// The text from a byte on that may belong to the URL there: up to a blank, a quote or the next scheme.
fn unbroken(text: &str, start: usize) -> &str {
    let bytes = &text.as_bytes()[start..];
    let window = &bytes[..bytes.len().min(LONGEST)];
    let stops = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>|\\".contains(byte);
    let mut stop = window.iter().position(stops).unwrap_or(window.len());
    if let Some(next) = window[..stop].windows(3).position(|three| three == b"://") {
        // Without the scheme itself.
        stop = window[..next].iter().rposition(|byte| !in_word(*byte) && *byte != b'+').unwrap_or(0);
    }
    while !text.is_char_boundary(start + stop) {
        stop -= 1;
    }
    &text[start..start + stop]
}

/// Whether what stands behind an `@` is a host by its form.
fn ends_login(rest: &str, at: usize) -> bool {
    let behind = &rest[at + 1..];
    let host = &behind[..run(behind.as_bytes(), 0)];
    is_host(host.trim_end_matches('.')) && host.bytes().next().is_some_and(starts_word)
}

/// Take the hosts of a list, each with its port; gives where it ends.
fn hosts<'t>(
    text: &'t str,
    mut at: usize,
    scheme: &'t str,
    (user, doubtful): (bool, bool),
    found: &mut Vec<Token<'t>>,
) -> usize {
    loop {
        if text[at..].starts_with('[') {
            let Some(token) = bracketed(text, at, Some(scheme)) else { return at + 1 };
            at = token.range.end;
            found.push(Token { user, doubtful, ..token });
            return at;
        }
        let end = run(text.as_bytes(), at);
        if end == at || !starts_word(text.as_bytes()[at]) || scheme_end(text.as_bytes(), end).is_some() {
            return at;
        }
        let host = without_service(text[at..end].trim_end_matches('.'));
        let (port, after) = port(text, end);
        if is_host(host) {
            let range = at..after;
            // What stands behind a colon and is no port is the rest of a login.
            let doubtful = doubtful || (port.is_none() && text[end..].starts_with(':'));
            found.push(Token { host, range, port, spaced: None, scheme: Some(scheme), user, doubtful });
        }
        at = after;
        if !text[at..].starts_with(',') {
            return at;
        }
        at += 1;
    }
}

/// A host without the name of the port before it, as SRV records have it: `_grpc._tcp.db`.
fn without_service(host: &str) -> &str {
    let inner = host.strip_prefix('_').and_then(|inner| inner.split_once('.')).map_or(host, |(_, inner)| inner);
    inner.strip_prefix("_tcp.").or_else(|| inner.strip_prefix("_udp.")).unwrap_or(host)
}

/// An IPv6 address in its brackets, with a port behind it.
fn bracketed<'t>(text: &'t str, at: usize, scheme: Option<&'t str>) -> Option<Token<'t>> {
    let inner = &text[at + 1..];
    let length = inner.bytes().take(40).position(|byte| byte == b']')?;
    let host = &inner[..length];
    host.parse::<std::net::Ipv6Addr>().ok()?;
    let (port, end) = port(text, at + length + 2);
    Some(Token { host, range: at..end, port, spaced: None, scheme, user: false, doubtful: false })
}

/// Whether the part of a URL before its path is hosts with ports.
fn are_hosts(text: &str) -> bool {
    text.split(',').all(|one| {
        let (host, port) = one.split_once(':').unwrap_or((one, "1"));
        is_host(host.trim_end_matches('.')) && port.parse::<u16>().is_ok()
    })
}

/// The port behind a host, and where it ends.
fn port(text: &str, at: usize) -> (Option<u16>, usize) {
    let Some(digits) = text[at..].strip_prefix(':') else { return (None, at) };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    match digits[..length].parse().ok().filter(|port| *port > 0) {
        Some(port) if !digits[length..].bytes().next().is_some_and(in_word) => (Some(port), at + 1 + length),
        _ => (None, at),
    }
}

/// A word outside of any URL; `None` where what stands around it says that it is no host.
fn bare(text: &str, word: Range<usize>) -> Option<Token<'_>> {
    let mut word = word;
    let mut host = without_service(text[word.clone()].trim_end_matches('.'));
    let before = &text[..word.start];
    let behind = &text[word.end..];
    let (mut user, mut scheme) = (false, None);
    let has_service = host.len() < word.len() - usize::from(text[word.clone()].ends_with('.'));
    for device in ["/dev/tcp/", "/dev/udp/"] {
        if before.ends_with(device) {
            let digits = behind.strip_prefix('/').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
            let port = behind.get(1..1 + digits).and_then(|digits| digits.parse().ok());
            let (range, scheme) = (word.start..word.end + 1 + digits, Some(&device[5..8]));
            let token = Token { host, range, port, spaced: None, scheme, user, doubtful: false };
            return (is_host(host) && token.port.is_some()).then_some(token);
        }
    }
    match before.bytes().next_back() {
        Some(b'@') => user = true,
        Some(b'/') if before.ends_with("@//") => (user, scheme) = (true, Some("")),
        // The address in a Go data source name: `user@tcp(db:3306)/shop`.
        Some(b'(') if before.ends_with("@tcp(") => user = true,
        Some(b'+') if has_service => {}
        // `mysqladmin ping -hdb`
        Some(b'-') if host.len() > 1 && host.starts_with('h') && starts_flag(before) => {
            host = &host[1..];
            word.start += 1;
        }
        Some(b'/' | b'\\' | b'$' | b'%' | b'-' | b'.' | b'+' | b'~') => return None,
        Some(b'(' | b'{') if before[..before.len() - 1].ends_with(['$', '{']) => return None,
        _ => {}
    }
    let (port, end) = port(text, word.end);
    let is_key = match behind.bytes().next() {
        Some(b'(' | b'@' | b'=' | b'+') => true,
        // `git@host:owner/repository` has a path there.
        Some(b':') => port.is_none() && !user,
        // `"host": "db"`
        Some(b'"' | b'\'') => before.ends_with(['"', '\'']) && behind[1..].trim_start_matches(' ').starts_with(':'),
        Some(b' ') => behind.trim_start_matches(' ').starts_with(['=', ':']),
        _ => false,
    };
    if is_key || !is_host(host) {
        return None;
    }
    Some(Token { host, range: word.start..end, port, spaced: spaced(&text[end..]), scheme, user, doubtful: false })
}

/// Whether a dash at the end of a text begins a flag.
fn starts_flag(before: &str) -> bool {
    let before = &before[..before.len() - 1];
    before.chars().next_back().is_none_or(|c| c.is_whitespace() || "\"'`".contains(c))
}

/// The number behind a host and blanks, or a comma: `db 5432`, `tcp:db,1433`, `('db', 11211)`.
fn spaced(behind: &str) -> Option<u16> {
    let unquoted = behind.strip_prefix(['"', '\'']).filter(|rest| rest.starts_with(','));
    let behind = unquoted.unwrap_or(behind);
    let listed = behind.strip_prefix(',');
    let word = listed.or_else(|| behind.strip_prefix([' ', '\t']))?.trim_start_matches([' ', '\t']);
    let end = word.bytes().take_while(u8::is_ascii_digit).count();
    let closed = word[end..].chars().next().is_none_or(|c| c.is_whitespace() || ";&|)\"'`".contains(c));
    word[..end].parse().ok().filter(|port| closed && *port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let one = |token: Token<'_>| {
            let scheme = token.scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
            let user = if token.user { "@" } else { "" };
            let port = token.port.map(|port| format!(":{port}")).unwrap_or_default();
            let spaced = token.spaced.map(|port| format!(" {port}")).unwrap_or_default();
            format!("{scheme}{user}{}{port}{spaced}", token.host)
        };
        tokens(text).into_iter().map(one).collect()
    }

    fn differing(rows: &[(&str, &[&str])]) -> Vec<String> {
        let differs = |(text, wanted): &&(&str, &[&str])| told(text) != *wanted;
        rows.iter().filter(differs).map(|(text, _)| format!("{text}: {:?}", told(text))).collect()
    }

    #[test]
    fn hosts_of_urls_are_told_with_their_ports() {
        let rows: [(&str, &[&str]); 19] = [
            ("http://db:80/path/api", &["http://db:80"]),
            ("postgres://u:p@db.shop.:5432/x?a=b", &["postgres://@db.shop:5432", "b"]),
            ("mongodb+srv://u:p/w@a:1,b:2/x", &["mongodb+srv://@a:1", "mongodb+srv://@b:2"]),
            ("amqp://u:p@a,amqp://u:p@b", &["amqp://@a", "amqp://@b"]),
            ("jdbc:mysql:loadbalance://a:1,b/x", &["loadbalance://a:1", "loadbalance://b"]),
            ("jdbc:oracle:thin:@db:1521:x", &["@db:1521", "x"]),
            ("jdbc:oracle:thin:@//db:1521/x", &["://@db:1521"]),
            ("http://$(HOST):80/", &["80"]),
            ("dns:///db:5432", &["grpc://db:5432"]),
            ("file:///db", &[]),
            ("http://[2001:db8::5]:8080/x", &["http://2001:db8::5:8080"]),
            ("[2001:db8::5]:8080", &["2001:db8::5:8080"]),
            ("dnssrv+_grpc._tcp.db.shop", &["db.shop"]),
            ("postgres://u:a@b.example/x@db:5432/y", &["postgres://@db:5432"]),
            ("https://u:12345/67@api.example.com/", &["https://u:12345", "https://@api.example.com"]),
            ("https://a.example.com/users/@me", &["https://a.example.com", "@me"]),
            ("https://u:p@db/x?mail=a@b.example", &["https://@db", "@b.example"]),
            ("u:p@tcp(db:3306)/x", &["@db:3306"]),
            ("\"http://a\",\"https://b/\"", &["http://a", "https://b"]),
        ];
        assert_eq!(differing(&rows), Vec::<String>::new());
    }

    #[test]
    fn words_that_their_surroundings_tell_to_be_no_hosts_are_left_out() {
        let rows: [(&str, &[&str]); 11] = [
            ("nc -z db 5432;", &["nc", "db 5432", "5432"]),
            ("ping -hdb x-hdb", &["ping", "db", "x-hdb"]),
            ("</dev/tcp/db/5432", &["tcp://db:5432"]),
            ("tcp:db,1433;", &["db 1433", "1433"]),
            ("redis:7.2 redis:7-alpine", &["7.2", "7-alpine"]),
            ("image=redis:6379", &["redis:6379"]),
            ("/db ./db $db ${db} {{db}} %db% --db", &[]),
            ("db_name: x", &["x"]),
            ("{\"db\": \"x\"}", &["x"]),
            ("db() über", &[]),
            ("a:99999", &["99999"]),
        ];
        assert_eq!(differing(&rows), Vec::<String>::new());
    }
}
