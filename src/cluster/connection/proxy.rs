//! Which proxy leads to a server: that of the kubeconfig, or those of the environment by the rules of Go
//! (`golang.org/x/net/http/httpproxy`), which kubectl goes by.

use super::Variable;
use http::Uri;
use std::net::IpAddr;

/// The proxy for a server. `configured` is the kubeconfig's `proxy-url` or the flag's: it wins, and `NO_PROXY` does not hold
/// for it. `Err` says what is wrong with it.
pub(super) fn of(server: &Uri, configured: Option<&str>, variable: Variable) -> Result<Option<Uri>, String> {
    if let Some(text) = configured {
        return parsed(text).map(Some);
    }
    let first = |names: [&str; 2]| {
        let values = names.into_iter().filter_map(|name| variable(name)?.into_string().ok());
        values.into_iter().find(|value| !value.is_empty())
    };
    let named = match server.scheme_str() {
        Some("http") => first(["HTTP_PROXY", "http_proxy"]),
        _ => first(["HTTPS_PROXY", "https_proxy"]),
    };
    let Some(named) = named else { return Ok(None) };
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_lowercase();
    let port = super::port(server);
    let exempt = first(["NO_PROXY", "no_proxy"]).unwrap_or_default();
    if bypasses(&host, port, &exempt) {
        return Ok(None);
    }
    parsed(&named).map(Some)
}

/// The address of a proxy; `host:port` alone is `http`. The address may hold a password: no error repeats it.
fn parsed(text: &str) -> Result<Uri, String> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let proxy: Uri = text.parse().map_err(|_| "the address of the proxy is no URL".to_owned())?;
    match proxy.scheme_str() {
        Some("http" | "https" | "socks5") if proxy.host().is_some_and(|host| !host.is_empty()) => Ok(proxy),
        scheme => Err(format!(
            "unsupported scheme {:?} of the proxy, must be http, https, or socks5",
            scheme.unwrap_or_default()
        )),
    }
}

/// Whether the way to a host leads past the proxy.
fn bypasses(host: &str, port: u16, exempt: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    exempt.split(',').map(|entry| entry.trim().to_lowercase()).any(|entry| names(&entry, host, address, port))
}

/// Whether an entry of `NO_PROXY` names a host: `*`, an address, a network, a domain with all below it (`.domain` and
/// `*.domain` without itself); with a port it names that port alone.
fn names(entry: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, length)) = network(entry) {
        return address.is_some_and(|address| within(address, network, length));
    }
    let (name, only) = match entry.rsplit_once(':') {
        Some((name, number)) if !name.contains(':') || name.ends_with(']') => (name, Some(number)),
        _ => (entry, None),
    };
    let name = name.trim_matches(['[', ']']);
    if name.is_empty() || only.is_some_and(|only| only.parse() != Ok(port)) {
        return false;
    }
    if let Ok(named) = name.parse::<IpAddr>() {
        return address == Some(named);
    }
    match name.strip_prefix("*.").or(name.strip_prefix('.')) {
        Some(domain) => below(host, domain),
        None => host == name || below(host, name),
    }
}

fn below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// A network in CIDR notation.
fn network(entry: &str) -> Option<(IpAddr, u32)> {
    let (network, length) = entry.split_once('/')?;
    let (network, length): (IpAddr, u32) = (network.parse().ok()?, length.parse().ok()?);
    (length <= if network.is_ipv4() { 32 } else { 128 }).then_some((network, length))
}

fn within(address: IpAddr, network: IpAddr, length: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differ = u32::from(address) ^ u32::from(network);
            differ.checked_shr(32 - length).unwrap_or_default() == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differ = u128::from(address) ^ u128::from(network);
            differ.checked_shr(128 - length).unwrap_or_default() == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(server: &str, configured: Option<&str>, environment: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variable = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.into())
        };
        Ok(of(&server.parse().unwrap(), configured, &variable)?.map(|proxy| proxy.to_string()))
    }

    #[test]
    fn no_proxy_is_held_against_the_server() {
        let cases: &[(&str, &str, bool)] = &[
            ("https://10.0.0.1:6443", "10.0.0.1", true),
            ("https://10.0.0.1:6443", "10.0.0.0/8", true),
            ("https://10.0.0.1:6443", "10.0.0.1:6443", true),
            ("https://10.0.0.1:6443", "10.0.0.1:443", false),
            ("https://10.0.0.1:6443", "192.168.0.0/16, 10.0.0.1", true),
            ("https://10.0.0.1:6443", "10.0.0.2", false),
            ("https://10.0.0.1:6443", "10.0.0.0/33", false),
            ("https://10.0.0.1:6443", "0.0.0.0/0", true),
            ("https://10.0.0.1:6443", "a,,b", false),
            ("https://10.0.0.1:6443", "a,,10.0.0.1", true),
            ("https://10.0.0.1:6443", "*", true),
            ("https://10.0.0.1:6443", "", false),
            ("https://10.0.0.1:6443", "proxy:3128", false),
            ("https://api.example.com", "example.com", true),
            ("https://api.example.com", ".example.com", true),
            ("https://api.example.com", "*.example.com", true),
            ("https://api.example.com", "EXAMPLE.com:443", true),
            ("https://api.example.com", "example.com:6443", false),
            ("https://api.example.com", "ample.com", false),
            ("https://example.com", "example.com", true),
            ("https://example.com", ".example.com", false),
            ("https://[fd00::1]:6443", "fd00::/8", true),
            ("https://[fd00::1]:6443", "fd00::1", true),
            ("https://[fd00::1]:6443", "[fd00::1]:6443", true),
            ("https://[fd00::1]:6443", "[fd00::1]:1", false),
            ("https://127.0.0.1:6443", "", true),
            ("https://localhost:6443", "", true),
        ];
        for (server, exempt, past) in cases {
            let found = proxy(server, None, &[("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", exempt)]).unwrap();
            assert_eq!(found.is_none(), *past, "{server} with NO_PROXY={exempt}");
        }
    }

    #[test]
    fn the_kubeconfig_wins_over_the_environment() {
        let found = proxy("https://10.0.0.1", Some("socks5://s:1"), &[("HTTPS_PROXY", "http://p"), ("NO_PROXY", "*")]);
        assert_eq!(found.unwrap().as_deref(), Some("socks5://s:1/"));
    }

    #[test]
    fn variables_are_those_of_go() {
        let of = |environment: &[(&str, &str)]| proxy("https://10.0.0.1", None, environment).unwrap();
        assert_eq!(of(&[("https_proxy", "p:3128")]).as_deref(), Some("http://p:3128/"));
        assert_eq!(of(&[("HTTPS_PROXY", ""), ("https_proxy", "http://q")]).as_deref(), Some("http://q/"));
        assert_eq!(of(&[("HTTP_PROXY", "http://p"), ("ALL_PROXY", "http://p")]), None);
        assert_eq!(
            proxy("http://10.0.0.1", None, &[("HTTP_PROXY", "http://p")]).unwrap().as_deref(),
            Some("http://p/")
        );
        let refused = proxy("https://10.0.0.1", Some("ftp://user:hunter2@p"), &[]).unwrap_err();
        assert!(refused.contains("unsupported scheme") && !refused.contains("hunter2"), "{refused}");
    }
}
