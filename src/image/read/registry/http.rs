//! One GET or HEAD to a registry: redirects without credentials, one more attempt, bounded time.

use super::super::Trouble;
use super::Settings;
use std::thread::sleep;
use std::time::Duration;
use ureq::http::{Method, Response, StatusCode, Uri, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, RequestExt};

/// Redirects that are followed.
const HOPS: u32 = 5;
/// The longest that a server may make us wait before the second attempt.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client for registries.
pub(super) struct Http {
    proxied: Agent,
    /// For this machine itself: a proxy could not reach it.
    direct: Agent,
    plain: Vec<String>,
}

/// A secret in the form of a header. It has no `Debug` on purpose.
#[derive(Clone)]
pub(super) struct Authorization(pub(super) String);

impl Http {
    pub(super) fn new(settings: &Settings) -> Result<Self, String> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = &settings.certificates {
            tls = tls.root_certs(certificates(path)?);
        }
        let tls = tls.build();
        let config = || {
            Agent::config_builder()
                .tls_config(tls.clone())
                .timeout_connect(Some(settings.patience))
                .timeout_recv_response(Some(settings.patience * 3))
                .timeout_global(Some(settings.time))
                .http_status_as_error(false)
                // Followed by hand: whoever a registry sends us to gets no credentials.
                .max_redirects(0)
                .max_redirects_will_error(false)
                .accept_encoding("identity")
                .user_agent(concat!("kubectl-harden/", env!("CARGO_PKG_VERSION")))
        };
        let direct = config().proxy(None).build().new_agent();
        Ok(Self { proxied: config().build().new_agent(), direct, plain: settings.plain_http.clone() })
    }

    /// `http` for this machine and for the hosts that the user named, `https` for all others.
    pub(super) fn scheme(&self, authority: &str) -> &'static str {
        let named = self.plain.iter().any(|host| host == authority);
        if named || is_loopback(authority) { "http" } else { "https" }
    }

    /// Whether a secret may be sent there.
    pub(super) fn is_safe(&self, url: &Uri) -> bool {
        let authority = url.authority().map_or("", |authority| authority.as_str());
        match url.scheme_str() {
            Some("https") => true,
            Some("http") => self.scheme(authority) == "http",
            _ => false,
        }
    }

    /// Ask, and ask once more where that may help. `host` is who the user believes to talk to.
    pub(super) fn ask(
        &self,
        method: &Method,
        host: &str,
        url: &Uri,
        accept: &str,
        secret: Option<&Authorization>,
    ) -> Result<Response<Body>, Trouble> {
        let first = self.follow(method, host, url, accept, secret);
        let pause = match &first {
            Ok(answer) if is_passing(answer.status()) => retry_after(answer),
            Err(Trouble::Unreachable { .. }) => Duration::from_millis(300),
            _ => return first,
        };
        sleep(pause.min(PATIENCE));
        self.follow(method, host, url, accept, secret)
    }

    /// Post a form, as OAuth 2 wants it.
    pub(super) fn post(&self, host: &str, url: &Uri, form: &[(&str, &str)]) -> Result<Response<Body>, Trouble> {
        self.agent(url).post(url).send_form(form.iter().copied()).map_err(|error| failure(host, &error))
    }

    fn follow(
        &self,
        method: &Method,
        host: &str,
        url: &Uri,
        accept: &str,
        secret: Option<&Authorization>,
    ) -> Result<Response<Body>, Trouble> {
        let unreachable = |why: &str| Trouble::Unreachable { host: host.to_owned(), why: why.to_owned() };
        let mut at = url.clone();
        for _ in 0..=HOPS {
            let mut request = ureq::http::Request::builder().method(method).uri(&at).header(header::ACCEPT, accept);
            if let Some(secret) = secret.filter(|_| at.scheme() == url.scheme() && at.authority() == url.authority()) {
                request = request.header(header::AUTHORIZATION, &secret.0);
            }
            let request = request.body(()).map_err(|_| unreachable("its address is none"))?;
            let answer = request.with_agent(self.agent(&at)).run().map_err(|error| failure(host, &error))?;
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
            let next = location.and_then(|location| join(&at, location));
            let next = next.ok_or_else(|| unreachable("it leads to an address that is none"))?;
            if !self.is_safe(&next) {
                return Err(unreachable("it leads to an address without TLS"));
            }
            at = next;
        }
        Err(unreachable("it leads from one address to the next without end"))
    }

    fn agent(&self, url: &Uri) -> &Agent {
        if is_loopback(url.authority().map_or("", |authority| authority.as_str())) {
            &self.direct
        } else {
            &self.proxied
        }
    }
}

/// Whether a host is this machine: nobody can listen in on the way there.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The address that a redirect means.
fn join(from: &Uri, location: &str) -> Option<Uri> {
    if location.starts_with('/') && !location.starts_with("//") {
        return format!("{}://{}{location}", from.scheme_str()?, from.authority()?).parse().ok();
    }
    location.parse().ok().filter(|uri: &Uri| uri.scheme().is_some() && uri.authority().is_some())
}

fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn retry_after(answer: &Response<Body>) -> Duration {
    let seconds = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.map_or(Duration::from_millis(300), Duration::from_secs)
}

/// What happened, without the address: it may hold a signature.
fn failure(host: &str, error: &ureq::Error) -> Trouble {
    let host = host.to_owned();
    let why = match error {
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        ureq::Error::HostNotFound => "there is no such host".to_owned(),
        ureq::Error::ConnectionFailed => "no connection".to_owned(),
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => "the proxy does not connect".to_owned(),
        ureq::Error::Tls(why) => return Trouble::Tls { host, why: (*why).to_owned() },
        ureq::Error::Rustls(error) => return Trouble::Tls { host, why: error.to_string() },
        ureq::Error::Io(error) => {
            let why = error.to_string();
            if why.contains("certificate") || why.contains("corrupt message") || why.contains("fatal alert") {
                return Trouble::Tls { host, why };
            }
            why
        }
        _ => "it does not speak HTTP as it should".to_owned(),
    };
    Trouble::Unreachable { host, why }
}

/// The certificates of a PEM file, in place of those built in.
fn certificates(path: &std::path::Path) -> Result<RootCerts, String> {
    let pem =
        std::fs::read(path).map_err(|error| format!("cannot read the certificates in {}: {error}", path.display()))?;
    let found = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    if found.is_empty() { Err(format!("there is no certificate in {}", path.display())) } else { Ok(found.into()) }
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, join};

    #[test]
    fn this_machine() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1", "127.0.0.1.nip.io", "docker.io", "[::2]", "", "::"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn where_a_redirect_leads() {
        let from = "https://a.example/v2/x".parse().unwrap();
        let to = |location| join(&from, location).map(|uri| uri.to_string());
        assert_eq!(to("/y?z").as_deref(), Some("https://a.example/y?z"));
        assert_eq!(to("https://b.example/y").as_deref(), Some("https://b.example/y"));
        assert_eq!(to("//b.example/y"), None);
        assert_eq!(to("y"), None);
    }
}
