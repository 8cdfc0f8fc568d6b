//! `network policies` through the binary: what is let through, what stays shut, and what is said about it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

#[path = "../common/mod.rs"]
mod common;
mod evidence;
mod exposure;
mod hidden;
mod names;
mod node;
mod selection;

use common::{Place, Ran};
use serde_json::Value;

/// A Deployment with one container, whose `more` stands at the container's level.
fn deployment(namespace: &str, name: &str, more: &str) -> String {
    workload("apps/v1, kind: Deployment", namespace, name, "", more)
}

/// A workload of a kind; `spec` stands beside the template.
fn workload(kind: &str, namespace: &str, name: &str, spec: &str, more: &str) -> String {
    let (version, kind) = kind.split_once(", kind: ").unwrap();
    let namespace = if namespace.is_empty() { String::new() } else { format!(", namespace: {namespace}") };
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\nspec:\n{}  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - name: main\n        image: shop/{name}:1\n{}---\n",
        indented(spec, 2),
        indented(more, 8)
    )
}

fn service(namespace: &str, name: &str, spec: &str) -> String {
    let namespace = if namespace.is_empty() { String::new() } else { format!(", namespace: {namespace}") };
    format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}{namespace}}}\nspec: {{{spec}}}\n---\n")
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{:by$}{line}\n", "")).collect()
}

fn env(name: &str, value: &str) -> String {
    format!("env: [{{name: {name}, value: \"{value}\"}}]\n")
}

fn ports(port: u16) -> String {
    format!("ports: [{{name: main, containerPort: {port}}}]\n")
}

/// A database, its Service, and a front end that names it in this variable.
fn shop(variable: &str, value: &str) -> String {
    deployment("shop", "web", &(env(variable, value) + &ports(8080)))
        + &deployment("shop", "db", &ports(5432))
        + &service("shop", "db", "selector: {app: db}, ports: [{port: 5432}]")
        + &service("shop", "web", "type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: main}]")
}

/// What was made of some manifests.
struct Made {
    place: Place,
    report: Value,
    ran: Ran,
}

/// Run with these flags, and lay the policies beside the manifests.
fn made(manifests: &str, flags: &str) -> Made {
    let place = Place::new();
    place.write("in/all.yaml", manifests);
    let ran = place.run(&format!("network policies -f in/ -o json {flags}"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let yaml = place.run(&format!("network policies -q -f in/ {flags}"));
    assert_eq!((yaml.code, yaml.err.as_str()), (0, ""), "{yaml:?}");
    let report = serde_json::from_str(&ran.out).unwrap();
    place.write("in/networkpolicies.yaml", &yaml.out);
    Made { place, report, ran }
}

impl Made {
    /// Whether a connection may pass, by the verb that judges policies.
    fn can(&self, from: &str, to: &str, port: &str) -> bool {
        let ran = self.place.run(&format!("network can {from} {to} {port} -f in/"));
        assert!(ran.code < 2, "{ran:?}");
        ran.code == 0
    }

    fn policy(&self, name: &str) -> &Value {
        let policies = self.report["policies"].as_array().unwrap();
        policies.iter().find(|policy| policy["metadata"]["name"] == name).unwrap_or(&Value::Null)
    }

    fn names(&self) -> Vec<&str> {
        let policies = self.report["policies"].as_array().unwrap();
        policies.iter().map(|policy| policy["metadata"]["name"].as_str().unwrap()).collect()
    }

    /// The lines of an annotation of a policy.
    fn told(&self, name: &str, annotation: &str) -> Vec<&str> {
        let text = &self.policy(name)["metadata"]["annotations"][format!("kubectl-harden.dev/{annotation}")];
        text.as_str().unwrap_or_default().lines().collect()
    }

    fn notes(&self) -> String {
        self.report["notes"].as_array().unwrap().iter().map(|note| format!("{}\n", note.as_str().unwrap())).collect()
    }
}

/// A Deployment `db` with its Service, and `api`, which names it.
fn known_store() -> String {
    deployment("shop", "db", "").replace("shop/db:1", "postgres:16")
        + &service("shop", "db", "selector: {app: db}, ports: [{port: 5432}]")
        + &deployment("shop", "api", &env("DB_HOST", "db"))
}
