//! From kubectl's connection flags, the kubeconfig and the environment to the way that leads to a server.
//!
//! ```text
//! kubeconfig   the files, merged; or the account of the pod that the program runs in
//! choice       context, cluster and user, with the flags laid over them, and what is wrong with them
//! way          certificates, proxy and credentials: the client's configuration
//! plugin       a command that hands out credentials
//! line         the client; it renews credentials that end
//! ```
//!
//! The rules are those of client-go 0.37 (`tools/clientcmd`), and so are the sentences. Nothing here shows a credential:
//! errors name files, commands and fields, never what stands in them.

mod choice;
mod kubeconfig;
mod line;
mod pem;
mod plugin;
mod proxy;
mod way;

pub(super) use line::Line;

use super::Error;
use super::failure::Route;
use crate::cli::Connection;
use http::Uri;
use std::ffi::OsString;

/// A variable of the environment.
type Variable<'v> = &'v dyn Fn(&str) -> Option<OsString>;

/// Where the flags lead, and the namespace there.
pub(super) struct Destination {
    pub(super) line: Line,
    pub(super) route: Route,
    /// The server's address, as the user wrote it.
    pub(super) address: String,
    /// The namespace where none is named.
    pub(super) namespace: String,
}

/// Find the way. Reads the kubeconfig and certificates, runs a credential plugin; asks the server nothing.
pub(super) fn find(flags: &Connection) -> Result<Destination, Error> {
    let variable: Variable = &|name| std::env::var_os(name);
    let config = kubeconfig::load(flags, variable)?;
    let choice = choice::choose(&config, flags)?;
    let namespace = choice.namespace.clone().unwrap_or_else(|| "default".to_owned());
    let address = choice.cluster.server.clone().unwrap_or_default();
    let (config, plugin) = way::of(choice, variable)?;
    let host = |url: &Uri| format!("{}:{}", url.host().unwrap_or_default(), port(url));
    let name = config.tls_server_name.as_deref().or(config.cluster_url.host()).unwrap_or_default().to_owned();
    let route = Route { host: host(&config.cluster_url), name, proxy: config.proxy_url.as_ref().map(host) };
    Ok(Destination { line: Line::new(config, plugin)?, route, address, namespace })
}

/// The names of the contexts, clusters or users (`what`, as its flag is called) that the kubeconfig knows, in its order.
pub fn known(flags: &Connection, what: &str) -> Result<Vec<String>, Error> {
    let config = kubeconfig::load(flags, &|name| std::env::var_os(name))?;
    Ok(match what {
        "context" => config.contexts.into_iter().map(|named| named.name).collect(),
        "cluster" => config.clusters.into_iter().map(|named| named.name).collect(),
        "user" => config.auth_infos.into_iter().map(|named| named.name).collect(),
        _ => Vec::new(),
    })
}

fn port(url: &Uri) -> u16 {
    url.port_u16().unwrap_or(match url.scheme_str() {
        Some("http") => 80,
        Some("socks5") => 1080,
        _ => 443,
    })
}
