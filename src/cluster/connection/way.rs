//! The client's configuration: addresses, certificates, proxy and credentials.
//!
//! Put together by hand: the client's own loader holds `NO_PROXY` against the proxy instead of the server, fails on an empty
//! element of it, and runs a credential plugin several times.

use super::super::Error;
use super::choice::Choice;
use super::plugin::Plugin;
use super::{Variable, pem, proxy};
use http::{HeaderValue, Uri, header};
use kube::Config;
use kube::config::{AuthInfo, Cluster};
use std::path::Path;
use std::time::Duration;

/// How long a connection may take to stand, its TLS handshake included.
const CONNECT: Duration = Duration::from_secs(30);

/// Where Linux and the BSDs keep the authorities that they trust, in the order in which Go looks.
const TRUSTED: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The configuration for a choice, and the plugin that gives the credentials where there is one.
pub(super) fn of(choice: Choice, variable: Variable) -> Result<(Config, Option<Plugin>), Error> {
    let Choice { cluster, user, .. } = choice;
    let certified = user.client_certificate.is_some() || user.client_certificate_data.is_some();
    let mut config = Config::new(address(&cluster, certified)?);
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT);
    config.disable_compression = cluster.disable_compression == Some(true);
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify == Some(true);
    config.tls_server_name.clone_from(&cluster.tls_server_name);
    config.proxy_url = proxy::of(&config.cluster_url, cluster.proxy_url.as_deref(), variable).map_err(Error::Other)?;
    config.headers = vec![(header::USER_AGENT, user_agent())];
    config.root_cert = match authority(&cluster)? {
        None if !config.accept_invalid_certs => trusted(variable).filter(|roots| is_usable(roots)),
        authority => authority,
    };
    let secure = config.cluster_url.scheme_str() == Some("https");
    let plugin = match &user.exec {
        Some(exec) if secure && user.token.is_none() => Some(Plugin::new(exec, &cluster)?),
        _ => None,
    };
    config.auth_info = credentials(user, secure)?;
    Ok((config, plugin))
}

/// The server's address. Without a scheme it is `https` where anything speaks of TLS, as in client-go.
fn address(cluster: &Cluster, certified: bool) -> Result<Uri, Error> {
    let server = cluster.server.as_deref().unwrap_or_default();
    let tls = certified
        || cluster.certificate_authority.is_some()
        || cluster.certificate_authority_data.is_some()
        || cluster.insecure_skip_tls_verify == Some(true);
    let full = match server.contains("://") {
        true => server.to_owned(),
        false => format!("{}://{server}", if tls { "https" } else { "http" }),
    };
    let url: Option<Uri> = full.parse().ok();
    let url = url.filter(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some());
    url.ok_or_else(|| Error::Other(format!("the server's address {server:?} is no URL")))
}

/// What audit logs show: `kubectl-harden/0.1.0 (linux/amd64)`.
fn user_agent() -> HeaderValue {
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let text = format!("kubectl-harden/{} ({}/{machine})", env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("kubectl-harden"))
}

fn authority(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, Error> {
    let what = "certificate-authority";
    let Some(bytes) = bytes(&cluster.certificate_authority_data, &cluster.certificate_authority, what)? else {
        return Ok(None);
    };
    let found = pem::certificates(&String::from_utf8_lossy(&bytes));
    if found.is_empty() {
        return Err(Error::Other("unable to load root certificates: unable to parse bytes as PEM block".to_owned()));
    }
    Ok(Some(found))
}

/// The authorities that the system trusts; `None` leaves it to the list that the program carries.
fn trusted(variable: Variable) -> Option<Vec<Vec<u8>>> {
    let named = variable("SSL_CERT_FILE").filter(|path| !path.is_empty());
    let files = named.iter().map(Path::new).chain(TRUSTED.iter().map(Path::new).filter(|_| named.is_none()));
    let found = files.filter_map(|path| std::fs::read_to_string(path).ok()).map(|text| pem::certificates(&text));
    found.into_iter().find(|certificates| !certificates.is_empty())
}

/// Whether a client takes all of them: the system may trust an authority that it cannot read.
fn is_usable(roots: &[Vec<u8>]) -> bool {
    let mut config = Config::new(Uri::from_static("https://localhost"));
    config.root_cert = Some(roots.to_vec());
    kube::Client::try_from(config).is_ok()
}

/// What stands in the kubeconfig as base64, or in a file it names.
fn bytes(data: &Option<String>, path: &Option<String>, what: &str) -> Result<Option<Vec<u8>>, Error> {
    match (data, path) {
        (Some(data), _) => {
            let decoded = pem::decoded(data).ok_or_else(|| Error::Other(format!("{what}-data is no base64")))?;
            Ok(Some(decoded))
        }
        (None, Some(path)) => {
            let unreadable = |error| Error::Other(format!("unable to read {what} {path}: {error}"));
            std::fs::read(path).map(Some).map_err(unreadable)
        }
        (None, None) => Ok(None),
    }
}

/// Who the user is. Over a connection that anyone can read no credential goes.
fn credentials(user: AuthInfo, secure: bool) -> Result<AuthInfo, Error> {
    let mut kept = AuthInfo {
        impersonate: user.impersonate,
        impersonate_uid: user.impersonate_uid,
        impersonate_groups: user.impersonate_groups,
        impersonate_user_extra: user.impersonate_user_extra,
        ..AuthInfo::default()
    };
    if !secure {
        return Ok(kept);
    }
    if let Some(provider) = &user.auth_provider
        && provider.name != "oidc"
    {
        return Err(Error::Other(format!("no Auth Provider found for name {:?}", provider.name)));
    }
    let certificate = bytes(&user.client_certificate_data, &user.client_certificate, "client-certificate")?;
    if let Some(certificate) = certificate {
        kept.client_certificate_data = Some(pem::encoded(&certificate));
        kept.client_key = user.client_key;
        kept.client_key_data = user.client_key_data;
    }
    kept.token = user.token;
    kept.token_file = user.token_file;
    kept.auth_provider = user.auth_provider;
    if user.exec.is_none() {
        (kept.username, kept.password) = (user.username, user.password);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(server: &str, insecure: bool) -> Result<String, Error> {
        let cluster =
            Cluster { server: Some(server.to_owned()), insecure_skip_tls_verify: Some(insecure), ..Cluster::default() };
        address(&cluster, false).map(|url| url.to_string())
    }

    #[test]
    fn an_address_needs_no_scheme() {
        assert_eq!(url("10.0.0.1:6443", true).unwrap(), "https://10.0.0.1:6443/");
        assert_eq!(url("localhost:8080", false).unwrap(), "http://localhost:8080/");
        assert_eq!(url("https://rancher/k8s/clusters/c-1", false).unwrap(), "https://rancher/k8s/clusters/c-1");
        assert!(url("ftp://x", false).is_err() && url("https://", false).is_err());
    }

    #[test]
    fn no_credential_goes_over_plain_http() {
        let user = || AuthInfo { token: Some("t".into()), impersonate: Some("jane".into()), ..AuthInfo::default() };
        assert!(credentials(user(), true).unwrap().token.is_some());
        let plain = credentials(user(), false).unwrap();
        assert_eq!((plain.token.is_some(), plain.impersonate.as_deref()), (false, Some("jane")));
    }
}
