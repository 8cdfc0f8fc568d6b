//! Why there was no answer, in sentences that a person can act on.

use super::Error;
use std::error::Error as Cause;
use std::io::ErrorKind;

/// Where requests go.
#[derive(Debug, Clone, Default)]
pub(super) struct Route {
    /// The server's `host:port`.
    pub(super) host: String,
    /// The name that its certificate has to be valid for.
    pub(super) name: String,
    /// The proxy's `host:port`, if one lies between.
    pub(super) proxy: Option<String>,
}

/// What a request that got no answer may have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It never went out: nothing listens there.
    Unsent,
    /// The connection was cut: nobody knows whether the server has seen it.
    Cut,
    /// Another try cannot end otherwise: certificates, names, the configuration.
    Lasting,
}

/// A configuration that no client can be made of.
pub(super) fn of_setup(error: &kube::Error) -> Error {
    // Variants that could show a credential are those of `auth`; the loader of this program leaves none of them possible.
    match error {
        kube::Error::Auth(_) => Error::Other("the credentials of the kubeconfig cannot be used".to_owned()),
        other => Error::Other(innermost(other)),
    }
}

/// A request without an answer.
pub(super) fn of_request(error: &(dyn Cause + 'static), route: &Route) -> (Error, Loss) {
    let io = chain(error).find_map(|cause| cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind));
    let text: Vec<String> = chain(error).map(ToString::to_string).collect();
    let text = text.join(": ");
    let Route { host, name, proxy } = route;
    if io == Some(ErrorKind::ConnectionRefused) {
        let why = match proxy {
            None => {
                format!("The connection to the server {host} was refused - did you specify the right host or port?")
            }
            Some(proxy) => unable(&format!("the proxy {proxy} refused the connection")),
        };
        return (Error::Unreachable { why }, Loss::Unsent);
    }
    let lasting = |why: &str| (Error::Unreachable { why: unable(why) }, Loss::Lasting);
    match text.as_str() {
        text if text.contains("dns error") || text.contains("failed to lookup address") => {
            let missing = proxy.as_ref().unwrap_or(host);
            lasting(&format!(
                "dial tcp: lookup {}: no such host",
                missing.rsplit_once(':').map_or("", |(name, _)| name)
            ))
        }
        text if text.contains("UnknownIssuer") => lasting(
            "tls: failed to verify certificate: x509: certificate signed by unknown authority\n  \
             name the authority in the kubeconfig, or with --certificate-authority",
        ),
        text if text.contains("not valid for name") || text.contains("NotValidForName") => lasting(&format!(
            "tls: failed to verify certificate: x509: the certificate is not valid for {name}\n  \
             a name it is valid for can be given with --tls-server-name"
        )),
        text if text.contains("Expired") || text.contains("certificate expired") || text.contains("NotValidYet") => {
            lasting("tls: failed to verify certificate: x509: certificate has expired or is not yet valid")
        }
        text if text.contains("invalid peer certificate") => lasting(&format!("tls: {}", innermost(error))),
        text if text.contains("InvalidContentType") || text.contains("corrupt message") => {
            lasting("http: server gave HTTP response to HTTPS client")
        }
        text if text.contains("alert") => lasting(&format!("remote error: tls: {}", innermost(error))),
        text if text.contains("tunnel error") => {
            let proxy = proxy.as_deref().unwrap_or_default();
            lasting(&format!("the proxy {proxy} does not lead to {host}: {}", innermost(error)))
        }
        _ if io == Some(ErrorKind::TimedOut) => {
            (Error::Unreachable { why: unable(&format!("dial tcp {host}: i/o timeout")) }, Loss::Unsent)
        }
        _ => (Error::Unreachable { why: unable(&innermost(error)) }, Loss::Cut),
    }
}

/// kubectl's sentence.
pub(super) fn unable(why: &str) -> String {
    format!("Unable to connect to the server: {why}")
}

fn chain<'e>(error: &'e (dyn Cause + 'static)) -> impl Iterator<Item = &'e (dyn Cause + 'static)> {
    std::iter::successors(Some(error), |cause: &&'e (dyn Cause + 'static)| (*cause).source())
}

fn innermost(error: &(dyn Cause + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
