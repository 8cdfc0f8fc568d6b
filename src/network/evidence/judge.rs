//! Whether a word of a text is the address of something, and of what.

use super::lead::lead;
use super::meaning::Meaning;
use super::texts::{Style, Text};
use super::token::{Token, is_host, tokens};
use super::words::{cut, words};
use super::{Host, Sighting};
use crate::network::Protocol;
use crate::network::directory::{Directory, Place};
use std::net::{IpAddr, Ipv4Addr};

/// What is needed to judge the texts of one workload.
pub(super) struct Judge<'d, 'w> {
    pub(super) directory: &'d Directory<'w>,
    /// The namespace that bare names are looked up in.
    pub(super) namespace: &'d str,
}

impl Judge<'_, '_> {
    /// The addresses in a text.
    pub(super) fn sightings(&self, text: &Text<'_>) -> Vec<Sighting> {
        let value: &str = &text.value;
        let mut found: Vec<Sighting> = tokens(value)
            .into_iter()
            .filter(|token| text.style == Style::Value || !is_comment(value, token.range.start))
            .filter_map(|token| self.sighting(text, &token))
            .collect();
        found.extend(self.links(text));
        found
    }

    fn sighting(&self, text: &Text<'_>, token: &Token<'_>) -> Option<Sighting> {
        let host = token.host.to_ascii_lowercase();
        if words().own.contains(&host) {
            return None;
        }
        let protocol = match token.scheme {
            Some(scheme) if words().datagrams.contains(plain(scheme)) => Protocol::Udp,
            _ => Protocol::Tcp,
        };
        let seen = |host, port| Some(Sighting { host, port, protocol, place: text.place.clone(), secret: text.secret });
        if let Ok(address) = host.parse::<Ipv4Addr>() {
            return self.literal(text, token, address).and_then(|host| seen(host, port_of(token)));
        }
        let marked = token.scheme.is_some_and(|scheme| !scheme.is_empty()) || token.user;
        match self.directory.resolve(&host, self.namespace) {
            Place::Service(at) => {
                let serves = |port: Option<u16>| port.filter(|port| self.directory.serves(at, *port));
                let port = token.port.or(serves(token.spaced));
                let sure = marked || host.contains('.') || serves(port).is_some();
                (sure || self.is_address(text, token)).then_some(())?;
                seen(Host::Service(at), port)
            }
            Place::Absent { namespace, name } => {
                let sure = marked || token.port.is_some() || host.contains(".svc");
                (sure || self.is_address(text, token)).then_some(())?;
                seen(Host::Absent { namespace, name }, token.port)
            }
            Place::Outside => self.outside(text, token, &host).and_then(|(host, port)| seen(host, port)),
            Place::Word if marked && !host.bytes().all(|byte| byte.is_ascii_digit()) => {
                let is_schema = lead_meaning(text, token).is_none();
                (!is_schema).then(|| seen(Host::Unknown(host), token.port)).flatten()
            }
            Place::Word => None,
        }
    }

    /// An address literal, unless it is one to listen on or names a network.
    fn literal(&self, text: &Text<'_>, token: &Token<'_>, address: Ipv4Addr) -> Option<Host> {
        let none =
            address.is_unspecified() || address.is_loopback() || address.is_broadcast() || address.is_multicast();
        let behind = &text.value[token.range.end..];
        let network = behind.strip_prefix('/').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if none || (network && token.scheme.is_none()) {
            return None;
        }
        let address = IpAddr::V4(address);
        if let Some(at) = self.directory.at_address(address) {
            return Some(Host::Service(at));
        }
        let sure = token.scheme.is_some() || token.user || token.port.is_some();
        let meaning = lead_meaning(text, token)?;
        let named = meaning == Meaning::Address || (is_whole(text, token) && meaning != Meaning::Other);
        (sure || named).then_some(Host::Literal(address))
    }

    /// A host outside of the cluster, and its port.
    fn outside(&self, text: &Text<'_>, token: &Token<'_>, host: &str) -> Option<(Host, Option<u16>)> {
        let top = host.rsplit('.').next()?;
        if top.len() < 2 || !top.bytes().all(|byte| byte.is_ascii_alphabetic()) || top == "local" || top == "svc" {
            return None;
        }
        let meaning = lead_meaning(text, token)?;
        let sure = token.scheme.is_some_and(|scheme| !scheme.is_empty()) || token.user && token.scheme.is_some();
        let named = meaning == Meaning::Address && (is_whole(text, token) || is_assigned(text, token));
        if !sure && !named {
            return None;
        }
        // Without a scheme only the words around it may tell the port.
        let port = port_of(token).or_else(|| {
            let keys = text.keys.iter().map(AsRef::as_ref).chain(std::iter::once(host));
            keys.flat_map(cut).find_map(|word| words().ports.get(&word).copied())
        });
        Some((Host::Outside(host.to_owned()), port))
    }

    /// Whether a bare word is meant as an address: its key says so, or nothing says that it is something else.
    fn is_address(&self, text: &Text<'_>, token: &Token<'_>) -> bool {
        let keys = Meaning::of_any(text.keys.iter().map(AsRef::as_ref));
        if let Some(lead) = lead(&text.value, token.range.start) {
            return match Meaning::of(lead.key) {
                Meaning::Other => false,
                Meaning::Address => true,
                // `curl -s db/health`
                Meaning::Unknown if lead.key.starts_with('-') && called(text, token) => true,
                Meaning::Unknown => lead.direct && keys != Meaning::Other && ends_here(text, token),
            };
        }
        match keys {
            Meaning::Other => false,
            // A port of nobody's, as in a ratio or the tag of an image.
            Meaning::Unknown if token.port.is_some() => false,
            Meaning::Address => is_whole(text, token) || is_list(&text.value) || called(text, token),
            Meaning::Unknown => is_whole(text, token) || called(text, token),
        }
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
fn called(text: &Text<'_>, token: &Token<'_>) -> bool {
    if text.style == Style::Value {
        return false;
    }
    let head = &text.value[..token.range.start];
    let statement = head.rfind(['\n', ';', '|', '&', '(', '`']).map_or(head, |at| &head[at + 1..]);
    let programs = ["do", "then", "until", "while", "if", "!", "exec", "timeout", "sudo", "time"];
    let mut before = statement.split_whitespace().skip_while(|word| programs.contains(word));
    let own = head.ends_with(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    own && before.next().is_some_and(|program| {
        let name = program.rsplit('/').next().unwrap_or(program);
        words().clients.contains(name)
    })
}

/// Whether a word stands in a comment that has its line for itself.
fn is_comment(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |feed| feed + 1);
    let head = text[line..at].trim_start();
    (head.starts_with('#') && !head.starts_with("#!")) || head.starts_with("//") || head.starts_with("--")
}
