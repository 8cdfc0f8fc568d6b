//! Context, cluster and user: what the kubeconfig says with the flags laid over it.

use super::super::Error;
use crate::cli::Connection;
use kube::config::{AuthInfo, Cluster, Kubeconfig};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What a connection is made of.
pub(super) struct Choice {
    /// Which cluster; `server` is there.
    pub(super) cluster: Cluster,
    /// As whom.
    pub(super) user: AuthInfo,
    /// The namespace that a flag or the context names.
    pub(super) namespace: Option<String>,
}

/// Choose, in the order of client-go: names by flag, then those of the context; a name that only the context gives and
/// nobody knows counts as empty.
pub(super) fn choose(config: &Kubeconfig, flags: &Connection) -> Result<Choice, Error> {
    let context_name = flags.context.as_ref().or(config.current_context.as_ref());
    let context = context_name.and_then(|name| {
        let named = config.contexts.iter().find(|context| context.name == *name)?;
        Some(named.context.clone().unwrap_or_default())
    });
    if let (None, Some(name)) = (&context, &flags.context) {
        return Err(Error::Other(format!("context {name:?} does not exist")));
    }
    let lost = context_name.filter(|_| context.is_none());
    let context = context.unwrap_or_default();
    let user_name = flags.user.clone().or(context.user).unwrap_or_default();
    let cluster_name = flags.cluster.clone().unwrap_or(context.cluster);
    let user = config.auth_infos.iter().find(|named| named.name == user_name);
    if user.is_none() && flags.user.is_some() {
        return Err(Error::Other(format!("auth info {user_name:?} does not exist")));
    }
    let cluster = config.clusters.iter().find(|named| named.name == cluster_name);
    if cluster.is_none() && flags.cluster.is_some() {
        return Err(Error::Other(format!("cluster {cluster_name:?} does not exist")));
    }
    let mut user = user.and_then(|named| named.auth_info.clone()).unwrap_or_default();
    let mut cluster = cluster.and_then(|named| named.cluster.clone()).unwrap_or_default();
    lay_over_user(&mut user, flags);
    lay_over_cluster(&mut cluster, flags);
    let mut wrong: Vec<String> = Vec::new();
    wrong.extend(lost.map(|name| format!("context was not found for specified context: {name}")));
    wrong.extend(faults_of_user(&user, &user_name));
    wrong.extend(faults_of_cluster(&cluster, &cluster_name));
    match wrong.as_slice() {
        [] => Ok(Choice { cluster, user, namespace: namespace(flags.namespace.clone(), context.namespace)? }),
        [only] if only == NO_SERVER => Err(Error::Other(NO_CLUSTER.to_owned())),
        [only] => Err(Error::Other(format!("Error in configuration: {only}"))),
        many => {
            let lines: String = many.iter().map(|line| format!("\n* {line}")).collect();
            Err(Error::Other(format!("Error in configuration: {lines}")))
        }
    }
}

/// The namespace of the flag, else that of the context; an empty one counts as none. Its name goes into addresses.
fn namespace(flag: Option<String>, context: Option<String>) -> Result<Option<String>, Error> {
    let stated = |name: Option<String>| name.filter(|name| !name.is_empty());
    let name = stated(flag).or(stated(context));
    let refused = |name: &String| match name.as_str() {
        "." | ".." => Some(format!("may not be '{name}'")),
        _ => ['/', '%'].into_iter().find(|sign| name.contains(*sign)).map(|sign| format!("may not contain '{sign}'")),
    };
    match name.as_ref().and_then(|name| Some((name, refused(name)?))) {
        Some((name, why)) => Err(Error::Other(format!("invalid namespace {name:?}: [{why}]"))),
        None => Ok(name),
    }
}

const NO_SERVER: &str = "cluster has no server defined";
const NO_CLUSTER: &str = "no cluster is configured: there is no kubeconfig that names one\n  \
    name a file with --kubeconfig or KUBECONFIG, or a server with --server";

fn text(path: &Option<PathBuf>) -> Option<String> {
    path.as_ref().map(|path| path.to_string_lossy().into_owned())
}

fn lay_over_user(user: &mut AuthInfo, flags: &Connection) {
    if let Some(token) = &flags.token {
        (user.token, user.token_file) = (Some(token.expose().into()), None);
    }
    if flags.client_certificate.is_some() {
        (user.client_certificate, user.client_certificate_data) = (text(&flags.client_certificate), None);
    }
    if flags.client_key.is_some() {
        (user.client_key, user.client_key_data) = (text(&flags.client_key), None);
    }
    user.impersonate = flags.impersonate.clone().or(user.impersonate.take());
    user.impersonate_uid = flags.as_uid.clone().or(user.impersonate_uid.take());
    if !flags.as_group.is_empty() {
        user.impersonate_groups = Some(flags.as_group.clone());
    }
    if !flags.as_user_extra.is_empty() {
        let mut extra: HashMap<String, Vec<String>> = HashMap::new();
        for (key, value) in &flags.as_user_extra {
            extra.entry(key.clone()).or_default().push(value.clone());
        }
        user.impersonate_user_extra = Some(extra);
    }
}

fn lay_over_cluster(cluster: &mut Cluster, flags: &Connection) {
    cluster.server = flags.server.clone().or(cluster.server.take());
    cluster.proxy_url = flags.proxy_url.clone().or(cluster.proxy_url.take());
    cluster.disable_compression = flags.disable_compression.filter(|on| *on).or(cluster.disable_compression);
    let insecure = flags.insecure_skip_tls_verify == Some(true);
    if insecure || flags.certificate_authority.is_some() {
        cluster.insecure_skip_tls_verify = Some(insecure);
        cluster.certificate_authority = text(&flags.certificate_authority);
        cluster.certificate_authority_data = None;
    }
    // The name goes with the server: another server has another name.
    if flags.tls_server_name.is_some() || flags.server.is_some() {
        cluster.tls_server_name = flags.tls_server_name.clone();
    }
}

fn unreadable(what: &str, path: &Option<String>, whose: &str) -> Option<String> {
    let path = path.as_ref()?;
    let error = std::fs::File::open(Path::new(path)).err()?;
    Some(format!("unable to read {what} {path} for {whose} due to open {path}: {error}"))
}

fn faults_of_cluster(cluster: &Cluster, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if cluster.server.is_none() {
        wrong.push(match name {
            "" => NO_SERVER.to_owned(),
            name => format!("no server found for cluster {name:?}"),
        });
        return wrong;
    }
    if cluster.certificate_authority.is_some() && cluster.certificate_authority_data.is_some() {
        wrong.push(format!(
            "certificate-authority-data and certificate-authority are both specified for {name}. \
             certificate-authority-data will override."
        ));
    }
    let has_authority = cluster.certificate_authority.is_some() || cluster.certificate_authority_data.is_some();
    if has_authority && cluster.insecure_skip_tls_verify == Some(true) {
        wrong.push("specifying a root certificates file with the insecure flag is not allowed".to_owned());
    }
    wrong.extend(unreadable("certificate-authority", &cluster.certificate_authority, name));
    wrong
}

fn faults_of_user(user: &AuthInfo, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let (file, data) = (user.client_certificate.is_some(), user.client_certificate_data.is_some());
    let (key_file, key_data) = (user.client_key.is_some(), user.client_key_data.is_some());
    if file || data {
        if file && data {
            wrong.push(format!(
                "client-cert-data and client-cert are both specified for {name}. client-cert-data will override."
            ));
        }
        if key_file && key_data {
            wrong.push(format!(
                "client-key-data and client-key are both specified for {name}; client-key-data will override"
            ));
        }
        if !key_file && !key_data {
            wrong.push(format!(
                "client-key-data or client-key must be specified for {name} to use the clientCert authentication method."
            ));
        }
        wrong.extend(unreadable("client-cert", &user.client_certificate, name));
        wrong.extend(unreadable("client-key", &user.client_key, name));
    }
    if user.token.is_some() && (user.username.is_some() || user.password.is_some()) {
        wrong.push(format!(
            "more than one authentication method found for {name}; found [token basicAuth], only one is allowed"
        ));
    }
    let extra = user.impersonate_uid.is_some()
        || user.impersonate_groups.as_ref().is_some_and(|groups| !groups.is_empty())
        || user.impersonate_user_extra.as_ref().is_some_and(|extra| !extra.is_empty());
    if extra && user.impersonate.is_none() {
        wrong.push(format!("requesting uid, groups or user-extra for {name} without impersonating a user"));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config() -> Kubeconfig {
        serde_json::from_value(json!({
            "current-context": "c",
            "contexts": [
                {"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "shop"}},
                {"name": "lost", "context": {"cluster": "gone", "user": "gone"}},
            ],
            "clusters": [
                {"name": "k", "cluster": {"server": "https://k", "tls-server-name": "k", "certificate-authority-data": "x"}},
                {"name": "l", "cluster": {"server": "https://l"}},
            ],
            "users": [{"name": "u", "user": {"tokenFile": "/t"}}, {"name": "v", "user": {"client-certificate-data": "x"}}],
        }))
        .unwrap()
    }

    fn refused(flags: Connection) -> String {
        choose(&config(), &flags).err().unwrap().to_string()
    }

    #[test]
    fn flags_lie_over_the_context() {
        let plain = choose(&config(), &Connection::default()).ok().unwrap();
        assert_eq!((plain.cluster.server.as_deref(), plain.namespace.as_deref()), (Some("https://k"), Some("shop")));
        let flags = Connection {
            server: Some("https://other".into()),
            token: Some("t".into()),
            insecure_skip_tls_verify: Some(true),
            impersonate: Some("jane".into()),
            as_group: vec!["a".into(), "b".into()],
            as_user_extra: vec![("k".into(), "1".into()), ("k".into(), "2".into())],
            namespace: Some("test".into()),
            ..Connection::default()
        };
        let Choice { cluster, user, namespace } = choose(&config(), &flags).ok().unwrap();
        assert_eq!((cluster.server.as_deref(), cluster.tls_server_name), (Some("https://other"), None));
        assert_eq!(cluster.certificate_authority_data, None, "an insecure connection has no authority");
        assert_eq!((user.token.is_some(), user.token_file, namespace.as_deref()), (true, None, Some("test")));
        assert_eq!(user.impersonate_user_extra.unwrap()["k"], ["1", "2"]);
    }

    #[test]
    fn what_is_wrong_is_said_as_kubectl_says_it() {
        let name = |name: &str| Some(name.to_owned());
        let flags = Connection::default;
        let cases = [
            (Connection { context: name("x"), ..flags() }, "context \"x\" does not exist"),
            (Connection { user: name("x"), ..flags() }, "auth info \"x\" does not exist"),
            (Connection { cluster: name("x"), ..flags() }, "cluster \"x\" does not exist"),
            (
                Connection { context: name("lost"), ..flags() },
                "Error in configuration: no server found for cluster \"gone\"",
            ),
            (
                Connection { user: name("v"), as_uid: name("1"), ..flags() },
                "Error in configuration: \n* client-key-data or client-key must be specified for v to use the clientCert \
                 authentication method.\n* requesting uid, groups or user-extra for v without impersonating a user",
            ),
        ];
        for (flags, says) in cases {
            assert_eq!(refused(flags), says);
        }
        let lost = Kubeconfig { current_context: name("x"), ..config() };
        let says = choose(&lost, &flags()).err().unwrap().to_string();
        assert!(says.contains("context was not found for specified context: x"), "{says}");
        let none = choose(&Kubeconfig::default(), &flags()).err().unwrap().to_string();
        assert!(none.starts_with("no cluster is configured"), "{none}");
    }

    #[test]
    fn a_server_alone_is_enough() {
        let flags = Connection { server: Some("https://s".into()), ..Connection::default() };
        let choice = choose(&Kubeconfig::default(), &flags).ok().unwrap();
        assert_eq!((choice.cluster.server.as_deref(), choice.namespace), (Some("https://s"), None));
    }

    #[test]
    fn a_namespace_goes_into_addresses() {
        let of = |flag: &str| {
            namespace(Some(flag.to_owned()), Some("shop".to_owned()))
                .map(Option::unwrap)
                .map_err(|error| error.to_string())
        };
        assert_eq!(of(""), Ok("shop".to_owned()));
        assert_eq!(of("test"), Ok("test".to_owned()));
        assert_eq!(of("a/b"), Err("invalid namespace \"a/b\": [may not contain '/']".to_owned()));
        assert_eq!(of(".."), Err("invalid namespace \"..\": [may not be '..']".to_owned()));
        assert_eq!(namespace(None, Some(String::new())).ok().unwrap(), None);
    }
}
