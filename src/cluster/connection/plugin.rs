//! A credential plugin: a command of the kubeconfig that prints a token or a client certificate
//! (`client.authentication.k8s.io/v1`).
//!
//! What it prints never reaches a message: it may hold a token. Where a person can answer it, it talks to the terminal as
//! under kubectl: some show a code to type in elsewhere.

use super::super::Error;
use super::pem;
use jiff::{SignedDuration, Timestamp};
use kube::Config;
use kube::config::{Cluster, ExecConfig, ExecInteractiveMode};
use serde_json::{Value, json};
use std::io::{ErrorKind, IsTerminal};
use std::process::{Command, Stdio};

const GROUP: &str = "client.authentication.k8s.io/";

/// Credentials that end so soon are renewed before a request.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A plugin, ready to run.
pub(in crate::cluster) struct Plugin {
    exec: ExecConfig,
    command: String,
    version: String,
    /// What it may know of the cluster.
    cluster: Option<Value>,
}

impl Plugin {
    /// The plugin that a user's entry names.
    pub(super) fn new(exec: &ExecConfig, cluster: &Cluster) -> Result<Self, Error> {
        let command = exec.command.clone().unwrap_or_default();
        let version = exec.api_version.clone().unwrap_or_default();
        if command.is_empty() {
            return Err(Error::Other("command must be specified to use exec authentication plugin".to_owned()));
        }
        if ![format!("{GROUP}v1"), format!("{GROUP}v1beta1")].contains(&version) {
            return Err(Error::Other(format!("exec plugin: invalid apiVersion {version:?}")));
        }
        let cluster = exec.provide_cluster_info.then(|| described(cluster));
        Ok(Self { exec: exec.clone(), command, version, cluster })
    }

    /// Run it, and put what it gives into a configuration. When the credentials end, if they do.
    pub(super) fn log_in(&self, config: &mut Config) -> Result<Option<Timestamp>, Error> {
        let answer = self.run()?;
        let text = |field: &str| answer.get(field).and_then(Value::as_str).map(str::to_owned);
        let user = &mut config.auth_info;
        user.token = text("token").map(|token| token.trim().into());
        if let (Some(certificate), Some(key)) = (text("clientCertificateData"), text("clientKeyData")) {
            user.client_certificate_data = Some(pem::encoded(certificate.as_bytes()));
            user.client_key_data = Some(pem::encoded(key.as_bytes()).into());
        } else if user.token.is_none() {
            return Err(self.failed("returned neither a token nor a certificate with its key"));
        }
        text("expirationTimestamp")
            .map(|ends| ends.parse().map_err(|_| self.failed("returned an expirationTimestamp that is no time")))
            .transpose()
    }

    /// The `status` of what it prints.
    fn run(&self) -> Result<Value, Error> {
        let mode = self.exec.interactive_mode.as_ref().unwrap_or(&ExecInteractiveMode::IfAvailable);
        let person = std::io::stdin().is_terminal();
        let interactive = match mode {
            ExecInteractiveMode::Never => false,
            ExecInteractiveMode::IfAvailable => person,
            ExecInteractiveMode::Always if person => true,
            ExecInteractiveMode::Always => return Err(self.failed("needs a terminal, and standard input is none")),
        };
        let mut spec = json!({"interactive": interactive});
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = cluster.clone();
        }
        let asked = json!({"apiVersion": self.version, "kind": "ExecCredential", "spec": spec});
        let mut command = Command::new(&self.command);
        command.args(self.exec.args.iter().flatten()).env("KUBERNETES_EXEC_INFO", asked.to_string());
        for variable in self.exec.env.iter().flatten() {
            if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
                command.env(name, value);
            }
        }
        command.stdin(if interactive { Stdio::inherit() } else { Stdio::null() });
        command.stderr(if std::io::stderr().is_terminal() { Stdio::inherit() } else { Stdio::null() });
        let output = command.stdout(Stdio::piped()).output().map_err(|error| self.not_started(&error))?;
        if !output.status.success() {
            return Err(self.failed(&match output.status.code() {
                Some(code) => format!("failed with exit code {code}"),
                None => "was ended by a signal".to_owned(),
            }));
        }
        let unreadable = || self.failed("printed something that is no ExecCredential");
        let printed: Value = serde_yaml::from_slice(&output.stdout).map_err(|_| unreadable())?;
        if printed.get("apiVersion").and_then(Value::as_str) != Some(&self.version) {
            return Err(self.failed(&format!("answers in another API version than {}", self.version)));
        }
        printed.get("status").filter(|status| status.is_object()).cloned().ok_or_else(unreadable)
    }

    fn not_started(&self, error: &std::io::Error) -> Error {
        let hint = self.exec.install_hint.as_deref().unwrap_or_default();
        match error.kind() {
            ErrorKind::NotFound if hint.is_empty() => self.failed("not found"),
            ErrorKind::NotFound => self.failed(&format!("not found\n\n{hint}")),
            _ => self.failed(&format!("did not start: {error}")),
        }
    }

    fn failed(&self, why: &str) -> Error {
        Error::Other(format!("getting credentials: exec: executable {} {why}", self.command))
    }
}

/// Whether credentials that end then have to be renewed.
pub(super) fn ends_soon(ends: Option<Timestamp>) -> bool {
    ends.is_some_and(|ends| Timestamp::now() + MARGIN >= ends)
}

/// The cluster as plugins are told of it.
fn described(cluster: &Cluster) -> Value {
    let mut told = json!({});
    let authority = cluster.certificate_authority_data.clone().or_else(|| {
        let path = cluster.certificate_authority.as_ref()?;
        std::fs::read(path).ok().map(|bytes| pem::encoded(&bytes))
    });
    let extensions = cluster.extensions.iter().flatten();
    let config = extensions.into_iter().find(|named| named.name == format!("{GROUP}exec"));
    let fields = [
        ("server", cluster.server.clone().map(Value::from)),
        ("tls-server-name", cluster.tls_server_name.clone().map(Value::from)),
        ("insecure-skip-tls-verify", cluster.insecure_skip_tls_verify.filter(|on| *on).map(Value::from)),
        ("certificate-authority-data", authority.map(Value::from)),
        ("proxy-url", cluster.proxy_url.clone().map(Value::from)),
        ("disable-compression", cluster.disable_compression.filter(|on| *on).map(Value::from)),
        ("config", config.map(|named| named.extension.clone())),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            told[name] = value;
        }
    }
    told
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)] // Clippy knows `cfg(test)` alone.
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn plugin(script: &str) -> (tempfile::TempDir, Plugin) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("login");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let exec = json!({
            "apiVersion": "client.authentication.k8s.io/v1", "command": path, "args": ["hunter2"],
            "env": [{"name": "WHO", "value": "jane"}], "interactiveMode": "Never", "provideClusterInfo": true,
        });
        let cluster = Cluster { server: Some("https://k".to_owned()), ..Cluster::default() };
        (folder, Plugin::new(&serde_json::from_value(exec).unwrap(), &cluster).ok().unwrap())
    }

    fn config() -> Config {
        Config::new("https://k".parse().unwrap())
    }

    const HEAD: &str = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":"#;

    #[test]
    fn it_is_told_of_the_cluster_and_gives_a_token_that_ends() {
        let script = format!(
            "echo \"$KUBERNETES_EXEC_INFO\" | grep -q '\"server\":\"https://k\"' || exit 9\n\
             echo '{HEAD}{{\"token\":\"'$WHO$1'\",\"expirationTimestamp\":\"2026-11-30T01:00:00Z\"}}}}'"
        );
        let (_folder, plugin) = plugin(&script);
        let mut config = config();
        let ends = plugin.log_in(&mut config).unwrap();
        assert!(config.auth_info.token.is_some() && ends.is_some());
        assert!(ends_soon(Some("2020-01-01T00:00:00Z".parse().unwrap())) && !ends_soon(None));
    }

    #[test]
    fn it_may_give_a_certificate() {
        let (_folder, plugin) =
            plugin(&format!("echo '{HEAD}{{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\"}}}}'"));
        let mut config = config();
        assert_eq!(plugin.log_in(&mut config).unwrap(), None);
        assert_eq!(config.auth_info.client_certificate_data.as_deref(), Some("Yw=="));
    }

    #[test]
    fn no_error_shows_what_it_printed() {
        let cases = [
            ("echo hunter2; echo hunter2 >&2; exit 3", "failed with exit code 3"),
            ("echo '{\"token\": \"hunter2\"}'", "answers in another API version"),
            ("echo '{ hunter2'", "no ExecCredential"),
            (&format!("echo '{HEAD}{{\"toke\":\"hunter2\"}}}}'"), "neither a token nor a certificate"),
            (&format!("echo '{HEAD}\"hunter2\"}}'"), "no ExecCredential"),
            ("kill -9 $$", "ended by a signal"),
        ];
        for (script, says) in cases {
            let (_folder, plugin) = plugin(script);
            let error = plugin.log_in(&mut config()).unwrap_err().to_string();
            assert!(
                error.contains(says) && error.contains("/login ") && !error.contains("hunter2"),
                "{script}: {error}"
            );
        }
    }

    #[test]
    fn one_that_is_not_there_says_how_to_get_it() {
        let (folder, mut plugin) = plugin("");
        drop(folder);
        plugin.exec.install_hint = Some("install it".to_owned());
        let error = plugin.log_in(&mut config()).unwrap_err().to_string();
        assert!(error.ends_with("not found\n\ninstall it"), "{error}");
    }
}
