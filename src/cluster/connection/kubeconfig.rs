//! The kubeconfig: which files, and what they say together.

use super::super::Error;
use super::Variable;
use crate::cli::Connection;
use crate::manifest::{Position, Stream};
use kube::config::{Kubeconfig, NamedAuthInfo, NamedCluster};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where a pod finds the account it runs as.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What the files say: the one that a flag names; else those of `KUBECONFIG`, of which the first that says something wins;
/// else the one in the home directory. Where there is none at all, and no flag that says where to, the account of the pod
/// that the program runs in.
pub(super) fn load(flags: &Connection, variable: Variable) -> Result<Kubeconfig, Error> {
    let (paths, must_exist) = match &flags.kubeconfig {
        Some(path) => (vec![path.clone()], true),
        None => (paths(variable), false),
    };
    let mut merged: Option<Kubeconfig> = None;
    for path in paths {
        let Some(config) = read(&path, must_exist)? else { continue };
        merged = Some(match merged {
            Some(before) => before.merge(config).map_err(|error| wrong(&path, &error.to_string()))?,
            None => config,
        });
    }
    let steered = flags.server.is_some() || flags.context.is_some() || flags.cluster.is_some() || flags.user.is_some();
    match merged {
        Some(config) => Ok(config),
        None if steered => Ok(Kubeconfig::default()),
        None => Ok(of_pod(variable, Path::new(ACCOUNT)).unwrap_or_default()),
    }
}

fn paths(variable: Variable) -> Vec<PathBuf> {
    let named = variable("KUBECONFIG").filter(|list| !list.is_empty());
    if let Some(list) = named {
        return std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect();
    }
    let home = variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
    home.map(|home| Path::new(&home).join(".kube").join("config")).into_iter().collect()
}

/// One file; `None` where there is none and need not be.
fn read(path: &Path, must_exist: bool) -> Result<Option<Kubeconfig>, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::Other(format!("stat {}: no such file or directory", path.display())));
        }
        Err(error) => return Err(wrong(path, &error.to_string())),
    };
    let mut config = parse(&text).map_err(|why| wrong(path, &why))?;
    let base = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let base = base.parent().unwrap_or(Path::new(""));
    config.clusters.iter_mut().for_each(|named| resolve_cluster(named, base));
    config.auth_infos.iter_mut().for_each(|named| resolve_user(named, base));
    Ok(Some(config))
}

fn wrong(path: &Path, why: &str) -> Error {
    Error::Other(format!("error loading config file {path:?}: {why}"))
}

/// What a file says. An error never quotes it: credentials stand there.
fn parse(text: &str) -> Result<Kubeconfig, String> {
    let no_yaml = |position: Position| format!("line {}, column {}: no valid YAML", position.line, position.column);
    let stream = Stream::read(text.to_owned()).map_err(|error| no_yaml(error.position))?;
    let Some(document) = stream.documents().next() else { return Ok(Kubeconfig::default()) };
    let mut value = document.value().map_err(|refusal| no_yaml(refusal.position))?;
    prune(&mut value);
    // `kubectl config set-context` writes contexts without a cluster.
    for context in value.get_mut("contexts").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(context) = context.get_mut("context").and_then(Value::as_object_mut) {
            context.entry("cluster").or_insert_with(|| "".into());
        }
    }
    if value.is_null() {
        return Ok(Kubeconfig::default());
    }
    serde_json::from_value(value).map_err(|_| "it does not have the shape of a kubeconfig".to_owned())
}

/// Take away what says nothing: to Go an empty text is the same as none.
fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(prune);
            fields.retain(|_, field| !field.is_null() && field.as_str() != Some(""));
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

fn resolve_cluster(named: &mut NamedCluster, base: &Path) {
    let Some(cluster) = &mut named.cluster else { return };
    resolve(&mut cluster.certificate_authority, base);
}

fn resolve_user(named: &mut NamedAuthInfo, base: &Path) {
    let Some(user) = &mut named.auth_info else { return };
    for path in [&mut user.client_certificate, &mut user.client_key, &mut user.token_file] {
        resolve(path, base);
    }
    // A bare word is looked for on PATH.
    if let Some(exec) = &mut user.exec
        && exec.command.as_ref().is_some_and(|command| command.contains(std::path::is_separator))
    {
        resolve(&mut exec.command, base);
    }
}

/// A path in a file is seen from that file.
fn resolve(path: &mut Option<String>, base: &Path) {
    if let Some(path) = path {
        *path = base.join(&*path).to_string_lossy().into_owned();
    }
}

/// The account of the pod that the program runs in; `None` outside of one.
fn of_pod(variable: Variable, account: &Path) -> Option<Kubeconfig> {
    let text = |name| variable(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
    let (host, port) = (text("KUBERNETES_SERVICE_HOST")?, text("KUBERNETES_SERVICE_PORT")?);
    let token = account.join("token");
    if !token.is_file() {
        return None;
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let namespace = std::fs::read_to_string(account.join("namespace")).unwrap_or_default();
    let mut config = json!({
        "clusters": [{"name": "pod", "cluster": {
            "server": format!("https://{host}:{port}"), "certificate-authority": account.join("ca.crt"),
        }}],
        "users": [{"name": "pod", "user": {"tokenFile": token}}],
        "contexts": [{"name": "pod", "context": {"cluster": "pod", "user": "pod", "namespace": namespace.trim()}}],
        "current-context": "pod",
    });
    prune(&mut config);
    serde_json::from_value(config).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "{clusters: [{name: a, cluster: {server: 'https://first', certificate-authority: ca.crt}}],
        users: [{name: u, user: {token: first, exec: {command: ./login}}}], current-context: ''}";
    const SECOND: &str =
        "clusters:\n- name: a\n  cluster: {server: https://second}\n- name: b\n  cluster: {server: https://b}
users: [{name: v, user: {client-key: /keys/v, exec: {command: aws}}}]\ncurrent-context: second\n";

    #[test]
    fn the_first_file_wins_name_by_name_and_paths_are_seen_from_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("one"), folder.path().join("two"));
        std::fs::write(&first, FIRST).unwrap();
        std::fs::write(&second, SECOND).unwrap();
        let list = std::env::join_paths([&first, &folder.path().join("missing"), &second]).unwrap();
        let variable = |name: &str| (name == "KUBECONFIG").then(|| list.clone());
        let config = load(&Connection::default(), &variable).unwrap();
        let servers: Vec<_> =
            config.clusters.iter().map(|named| named.cluster.clone().unwrap().server.unwrap()).collect();
        assert_eq!(servers, ["https://first", "https://b"]);
        assert_eq!(config.current_context.as_deref(), Some("second"), "an empty text says nothing");
        let authority = config.clusters[0].cluster.clone().unwrap().certificate_authority.unwrap();
        assert_eq!(Path::new(&authority), folder.path().join("ca.crt"));
        let commands =
            config.auth_infos.iter().map(|user| user.auth_info.clone().unwrap().exec.unwrap().command.unwrap());
        assert_eq!(commands.collect::<Vec<_>>(), [folder.path().join("./login").to_string_lossy(), "aws".into()]);
    }

    #[test]
    fn a_file_that_a_flag_names_must_be_there_and_no_error_quotes_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let flags = Connection { kubeconfig: Some(path.clone()), ..Connection::default() };
        let says = || load(&flags, &|_| None).unwrap_err().to_string();
        assert_eq!(says(), format!("stat {}: no such file or directory", path.display()));
        for text in ["users: hunter2", "users:\n- name: a\n  user: {token: [hunter2]}", "a: b: hunter2", "\"hunter2"] {
            std::fs::write(&path, text).unwrap();
            assert!(!says().contains("hunter2"), "{}", says());
        }
        std::fs::write(&path, "").unwrap();
        assert!(load(&flags, &|_| None).unwrap().clusters.is_empty());
    }

    #[test]
    fn a_pod_knows_its_server_unless_a_flag_names_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "t").unwrap();
        std::fs::write(folder.path().join("namespace"), "shop\n").unwrap();
        let variable = |name: &str| match name {
            "KUBERNETES_SERVICE_HOST" => Some("fd00::1".into()),
            "KUBERNETES_SERVICE_PORT" => Some("443".into()),
            _ => None,
        };
        let config = of_pod(&variable, folder.path()).unwrap();
        assert_eq!(config.clusters[0].cluster.clone().unwrap().server.unwrap(), "https://[fd00::1]:443");
        assert_eq!(config.contexts[0].context.clone().unwrap().namespace.unwrap(), "shop");
        assert!(of_pod(&|_| None, folder.path()).is_none());
    }
}
