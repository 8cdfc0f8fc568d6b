//! Whether a word of a text is the address of something, and of what.

use super::lead::{directive, lead};
use super::meaning::Meaning;
use super::node;
use super::texts::{Style, Text};
use super::token::{Token, is_host, tokens};
use super::words::{cut, words};
use super::{Host, Sighting};
use crate::network::Protocol;
use crate::network::directory::{Directory, Place};
use crate::secrets;
use serde_json::json;
use std::cell::OnceCell;
use std::net::IpAddr;
use std::ops::Range;

/// How much of a statement is looked at, in bytes.
const LONGEST: usize = 4096;

/// What is needed to judge the texts of one workload.
pub(super) struct Judge<'d, 'w> {
    pub(super) directory: &'d Directory<'w>,
    /// The namespace that bare names are looked up in.
    pub(super) namespace: &'d str,
}

/// A text with what is asked of it again and again.
struct Read<'t, 'w> {
    text: &'t Text<'w>,
    is_list: OnceCell<bool>,
    credentials: OnceCell<Vec<Range<usize>>>,
}

impl Read<'_, '_> {
    fn is_list(&self) -> bool {
        *self.is_list.get_or_init(|| is_list(&self.text.value))
    }

    /// Whether a word of it is, or may be, a part of a credential.
    fn conceals(&self, token: &Token<'_>) -> bool {
        let of_text = || {
            let whole = 0..self.text.value.len();
            let key = self.text.keys.first().map_or("", AsRef::as_ref);
            let found = secrets::look(&json!({key: self.text.value}));
            found.into_iter().map(|sight| sight.part.unwrap_or(whole.clone())).collect()
        };
        let meets = |one: &Range<usize>| one.start < token.range.end && token.range.start < one.end;
        self.text.secret || token.doubtful || self.credentials.get_or_init(of_text).iter().any(meets)
    }
}

impl Judge<'_, '_> {
    /// The addresses in a text.
    pub(super) fn sightings(&self, text: &Text<'_>) -> Vec<Sighting> {
        let value: &str = &text.value;
        let read = Read { text, is_list: OnceCell::new(), credentials: OnceCell::new() };
        let mut found = Vec::new();
        // The words come in order, so that each line is looked for once.
        let (mut line, mut looked) = (0, 0);
        for token in tokens(value) {
            let start = token.range.start.max(looked);
            line = value[looked..start].rfind('\n').map_or(line, |feed| looked + feed + 1);
            looked = start;
            let sighting = self.sighting(&read, &token);
            found.extend(sighting.filter(|_| text.style == Style::Value || !is_comment(&value[line..])));
        }
        found.extend(self.links(text));
        found
    }

    fn sighting(&self, read: &Read<'_, '_>, token: &Token<'_>) -> Option<Sighting> {
        let text = read.text;
        let host = token.host.to_ascii_lowercase();
        let scheme = token.scheme.map(|scheme| plain(scheme).to_ascii_lowercase());
        let is_name = scheme.as_ref().is_some_and(|scheme| words().names.contains(scheme));
        if is_name || words().own.contains(&host) {
            return None;
        }
        let protocol = match &scheme {
            Some(scheme) if words().datagrams.contains(scheme) => Protocol::Udp,
            _ => Protocol::Tcp,
        };
        let seen = |host: Host, port: Option<u16>| {
            let secret = match &host {
                // What they name stands in the manifests.
                Host::Service(_) | Host::Literal(_) | Host::Node => text.secret,
                Host::Outside(_) | Host::Absent { .. } => read.conceals(token),
                Host::Unknown(_) => token.user || read.conceals(token),
            };
            Some(Sighting { host, port, protocol, place: text.place.clone(), secret })
        };
        if host == node::HOST {
            return node_of(text, token).then(|| {
                let port = port_of(token);
                let protocol = if scheme.is_some() { protocol } else { node::protocol(port) };
                let (host, place) = (Host::Node, text.place.clone());
                Sighting { host, port, protocol, place, secret: text.secret }
            });
        }
        if let Ok(address) = host.parse::<IpAddr>() {
            return self.literal(text, token, address).and_then(|host| seen(host, port_of(token)));
        }
        let marked = token.scheme.is_some_and(|scheme| !scheme.is_empty()) || token.user;
        match self.directory.resolve(&host, self.namespace) {
            Place::Service(at) => {
                let serves = |port: Option<u16>| port.filter(|port| self.directory.serves(at, *port));
                let port = token.port.or(serves(token.spaced));
                let sure = marked || host.contains('.') || serves(port).is_some();
                (sure || self.is_address(read, token)).then_some(())?;
                seen(Host::Service(at), port)
            }
            Place::Absent { namespace, name } => {
                let sure = marked || token.port.is_some() || host.contains(".svc");
                (sure || self.is_address(read, token)).then_some(())?;
                seen(Host::Absent { namespace, name }, token.port)
            }
            Place::Outside => self.outside(read, token, &host).and_then(|(host, port)| seen(host, port)),
            Place::Word if marked && !host.bytes().all(|byte| byte.is_ascii_digit()) => {
                let is_schema = lead_meaning(text, token).is_none();
                (!is_schema).then(|| seen(Host::Unknown(host), token.port)).flatten()
            }
            Place::Word => None,
        }
    }

    /// An address literal, unless it is one to listen on or names a network.
    fn literal(&self, text: &Text<'_>, token: &Token<'_>, address: IpAddr) -> Option<Host> {
        let broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
        let none = address.is_unspecified() || address.is_loopback() || broadcast || address.is_multicast();
        let behind = &text.value[token.range.end..];
        let network = behind.strip_prefix('/').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if none || (network && token.scheme.is_none()) {
            return None;
        }
        if let Some(at) = self.directory.at_address(address) {
            return Some(Host::Service(at));
        }
        let sure = token.scheme.is_some() || token.user || token.port.is_some();
        let meaning = lead_meaning(text, token)?;
        let named = meaning == Meaning::Address || (is_whole(text, token) && meaning != Meaning::Other);
        (sure || named).then_some(Host::Literal(address))
    }

    /// A host outside of the cluster, and its port.
    fn outside(&self, read: &Read<'_, '_>, token: &Token<'_>, host: &str) -> Option<(Host, Option<u16>)> {
        let text = read.text;
        let top = host.rsplit('.').next()?;
        if top.len() < 2 || !top.bytes().all(|byte| byte.is_ascii_alphabetic()) || top == "local" || top == "svc" {
            return None;
        }
        let meaning = lead_meaning(text, token)?;
        let sure = token.scheme.is_some_and(|scheme| !scheme.is_empty()) || token.user && token.scheme.is_some();
        let program = called(text, token);
        // `git@host:owner/repository`
        let shell = token.user && token.scheme.is_none() && text.value[..token.range.start].ends_with("git@");
        let named = meaning == Meaning::Address
            && (token.port.is_some() || is_whole(text, token) || is_assigned(text, token) || read.is_list());
        let ported = token.port.is_some()
            && meaning != Meaning::Other
            && text.style != Style::File
            && !token.user
            && !words().extensions.contains(top);
        let key = || lead(&text.value, token.range.start).map(|lead| lead.key).or(text.keys.first().map(AsRef::as_ref));
        let published = !sure && program.is_none() && key().is_some_and(is_published);
        let loose = named || ported || shell || program.is_some() || self.is_directed(text, token);
        if published || !(sure || loose) {
            return None;
        }
        // Without a scheme only the words around it may tell the port.
        let port = port_of(token).or_else(|| shell.then_some(22)).or_else(|| {
            let keys = program.into_iter().chain(text.keys.iter().map(AsRef::as_ref)).chain(std::iter::once(host));
            keys.flat_map(|key| cut(key).into_iter().chain([key.to_owned()]))
                .find_map(|word| words().ports.get(&word).copied())
        });
        Some((Host::Outside(host.to_owned()), port))
    }

    /// Whether a bare word is meant as an address: its key says so, or nothing says that it is something else.
    fn is_address(&self, read: &Read<'_, '_>, token: &Token<'_>) -> bool {
        let text = read.text;
        if self.is_directed(text, token) {
            return true;
        }
        let keys = Meaning::of_any(text.keys.iter().map(AsRef::as_ref));
        if let Some(lead) = lead(&text.value, token.range.start) {
            return match Meaning::of(lead.key) {
                Meaning::Other => false,
                Meaning::Address => true,
                // `curl -s db/health`
                Meaning::Unknown if lead.key.starts_with('-') && called(text, token).is_some() => true,
                Meaning::Unknown => lead.direct && keys != Meaning::Other && ends_here(text, token),
            };
        }
        match keys {
            Meaning::Other => false,
            // A port of nobody's, as in a ratio or the tag of an image.
            Meaning::Unknown if token.port.is_some() => false,
            Meaning::Address => is_whole(text, token) || read.is_list() || called(text, token).is_some(),
            Meaning::Unknown => is_whole(text, token) || called(text, token).is_some(),
        }
    }

    /// Whether the statement of a file that a word stands in begins with the key of it.
    fn is_directed(&self, text: &Text<'_>, token: &Token<'_>) -> bool {
        text.style == Style::File
            && directive(&text.value, &token.range)
                .is_some_and(|key| words().directives.contains(&key) || Meaning::of(&key) == Meaning::Address)
    }

    /// Services of which a text uses the variables that the kubelet sets.
    fn links(&self, text: &Text<'_>) -> Vec<Sighting> {
        if !["_SERVICE_HOST", "_SERVICE_PORT", "_TCP_", "_UDP_"].iter().any(|part| text.value.contains(part)) {
            return Vec::new();
        }
        let names = text.value.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let found = names.filter_map(|name| self.directory.linked(self.namespace, name));
        let seen = |at| Sighting {
            host: Host::Service(at),
            port: None,
            protocol: Protocol::Tcp,
            place: text.place.clone(),
            secret: text.secret,
        };
        found.map(seen).collect()
    }
}

/// Whether the address of the node is that of something there, and not the name of the node only.
fn node_of(text: &Text<'_>, token: &Token<'_>) -> bool {
    let is_address = || Meaning::of_any(text.keys.iter().map(AsRef::as_ref)) == Meaning::Address;
    let is_its_own = |key: &str| cut(key).iter().all(|word| words().node.contains(word));
    port_of(token).is_some()
        || is_whole(text, token) && is_address() && !text.keys.first().is_some_and(|key| is_its_own(key))
}

/// The last part of a scheme such as `jdbc:mysql` or `http+unix`.
fn plain(scheme: &str) -> &str {
    scheme.split('+').next().unwrap_or(scheme)
}

/// The port of a URL: the stated one, or that of its scheme.
fn port_of(token: &Token<'_>) -> Option<u16> {
    let of_scheme = || words().ports.get(plain(token.scheme?).to_ascii_lowercase().as_str()).copied();
    token.port.or(token.spaced).or_else(of_scheme)
}

/// What the key of a word means; `None` for that of a schema, which names things by addresses that nobody calls.
fn lead_meaning(text: &Text<'_>, token: &Token<'_>) -> Option<Meaning> {
    // A URL begins before its host.
    let scheme = token.scheme.map_or(0, |scheme| scheme.len() + 3);
    let start = if token.user { token.range.start } else { token.range.start.saturating_sub(scheme) };
    let lead = lead(&text.value, start);
    let is_schema =
        |key: &str| cut(key).first().is_some_and(|word| words().schemas.contains(word)) || key.starts_with('$');
    match lead {
        Some(lead) if is_schema(lead.key) => None,
        Some(lead) => Some(Meaning::of(lead.key)),
        None => Some(Meaning::of_any(text.keys.iter().map(AsRef::as_ref))),
    }
}

/// Whether a word is the whole text, its port included.
fn is_whole(text: &Text<'_>, token: &Token<'_>) -> bool {
    let trimmed = text.value.trim().trim_matches(['"', '\'']);
    trimmed.trim_end_matches('.') == text.value[token.range.clone()].trim_end_matches('.')
}

/// Whether a word is the whole value of a key in the text.
fn is_assigned(text: &Text<'_>, token: &Token<'_>) -> bool {
    lead(&text.value, token.range.start).is_some() && ends_here(text, token)
}

/// Whether nothing of the same value stands behind a word.
fn ends_here(text: &Text<'_>, token: &Token<'_>) -> bool {
    let behind = text.value[token.range.end..].trim_start_matches([' ', '\t']);
    behind.chars().next().is_none_or(|c| "\n\r\"',;}])#&<".contains(c))
        || (text.style == Style::Command && text.value[token.range.end..].starts_with(' '))
}

/// Whether a text is a list of nothing but hosts.
fn is_list(text: &str) -> bool {
    let mut items = text.split([',', ';', ' ', '\n', '\t']).filter(|item| !item.is_empty());
    items.all(|item| {
        let (host, port) = item.split_once(':').unwrap_or((item, "1"));
        is_host(host) && port.parse::<u16>().is_ok()
    })
}

/// Whether a word of a script is what a client is called with: `ping db`, `curl -s db/health`.
/// The program is told.
fn called<'t>(text: &'t Text<'_>, token: &Token<'_>) -> Option<&'t str> {
    let client = |program: &'t str| {
        let name = program.rsplit('/').next().unwrap_or(program);
        words().clients.contains(name).then_some(name)
    };
    let head = &text.value[..token.range.start];
    if text.style == Style::Value {
        return text.program.filter(|_| ["", "-h"].contains(&head)).and_then(client);
    }
    let mut from = head.len().saturating_sub(LONGEST);
    while !head.is_char_boundary(from) {
        from += 1;
    }
    let head = &head[from..];
    let statement = head.rfind(['\n', ';', '|', '&', '(', '`']).map_or(head, |at| &head[at + 1..]);
    let programs = ["do", "then", "until", "while", "if", "!", "exec", "timeout", "sudo", "time"];
    let mut before = statement.split_whitespace().skip_while(|word| programs.contains(word));
    let own = head.ends_with(|c: char| c.is_whitespace() || c == '"' || c == '\'') || head.ends_with(" -h");
    before.next().filter(|_| own).and_then(client)
}

/// Whether a key is of a name that is the workload's own, which it gives to others.
fn is_published(key: &str) -> bool {
    let cut = cut(key);
    let pair = cut.len().checked_sub(2).map(|at| cut[at..].join(" "));
    pair.is_some_and(|pair| words().published.contains(&pair))
}

/// Whether a text begins with a comment that has its line for itself.
fn is_comment(line: &str) -> bool {
    let head = line.trim_start_matches([' ', '\t']);
    (head.starts_with('#') && !head.starts_with("#!")) || head.starts_with("//") || head.starts_with("--")
}
