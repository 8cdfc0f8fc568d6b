//! An API server for tests: it serves the objects that it is given, and lists nothing that is forbidden.

// The test that uses it is a program, not a library.
#![allow(unreachable_pub)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Kinds without a namespace.
const OF_CLUSTER: [&str; 10] = [
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "IngressClass",
    "GatewayClass",
    "CustomResourceDefinition",
    "ValidatingWebhookConfiguration",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "ClusterNetworkPolicy",
];
/// Kinds that are served whether there is an object or not.
const ALWAYS: [(&str, &str); 9] = [
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("v1", "Namespace"),
    ("apps/v1", "Deployment"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
];

/// A running server.
pub struct ApiServer {
    port: u16,
    /// The paths and queries that were asked for.
    pub asked: Arc<Mutex<Vec<String>>>,
}

/// What it serves.
struct Served {
    objects: Vec<Value>,
    is_forbidden: Box<dyn Fn(&str) -> bool + Send + Sync>,
}

impl ApiServer {
    /// Serve these objects, each with its `apiVersion` and `kind`. `is_forbidden` says of a path that nobody may read it.
    pub fn new(objects: Vec<Value>, is_forbidden: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (heard, served) = (Arc::clone(&asked), Arc::new(Served { objects, is_forbidden: Box::new(is_forbidden) }));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (heard, served) = (Arc::clone(&heard), Arc::clone(&served));
                std::thread::spawn(move || talk(stream.unwrap(), &heard, &served));
            }
        });
        Self { port, asked }
    }

    /// The flags that lead to it, whatever kubeconfig the machine has.
    pub fn flags(&self) -> String {
        format!("--kubeconfig=/dev/null --server=http://127.0.0.1:{}", self.port)
    }
}

fn talk(stream: TcpStream, heard: &Mutex<Vec<String>>, served: &Served) {
    let mut reader = BufReader::new(stream);
    while let Some(path) = path(&mut reader) {
        heard.lock().unwrap().push(path.clone());
        let (code, body) = served.answer(path.split('?').next().unwrap());
        let text = body.to_string();
        let head =
            format!("HTTP/1.1 {code} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", text.len());
        reader.get_mut().write_all((head + &text).as_bytes()).unwrap();
    }
}

/// The path and query of the next request; `None` at the end.
fn path(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (reader.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    Some(head.split_whitespace().nth(1)?.to_owned())
}

impl Served {
    fn answer(&self, path: &str) -> (u16, Value) {
        match path {
            "/version" => (200, json!({"major": "1", "minor": "36", "gitVersion": "v1.36.2"})),
            "/api" => (200, self.discovery(true)),
            "/apis" => (200, self.discovery(false)),
            path if (self.is_forbidden)(path) => {
                let what = path.rsplit('/').next().unwrap();
                let message = format!("{what} is forbidden: User \"jane\" cannot list resource {what:?}");
                (403, json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": message}))
            }
            path => self.objects_at(path),
        }
    }

    /// A list, or one object.
    fn objects_at(&self, path: &str) -> (u16, Value) {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (version, rest) = match parts[0] {
            "api" => (parts[1].to_owned(), &parts[2..]),
            _ => (format!("{}/{}", parts[1], parts[2]), &parts[3..]),
        };
        let (namespace, plural_, name) = match rest {
            ["namespaces", namespace, plural, name @ ..] => (Some(*namespace), *plural, name.first()),
            [plural, name @ ..] => (None, *plural, name.first()),
            [] => unreachable!("{path}"),
        };
        let wanted = |object: &&Value| {
            object["apiVersion"] == version.as_str()
                && plural(object["kind"].as_str().unwrap()) == plural_
                && namespace.is_none_or(|namespace| object["metadata"]["namespace"] == namespace)
                && name.is_none_or(|name| object["metadata"]["name"] == *name)
        };
        let found: Vec<&Value> = self.objects.iter().filter(wanted).collect();
        match (name, found.first()) {
            (None, _) => (200, json!({"kind": "List", "apiVersion": version, "metadata": {}, "items": found})),
            (Some(_), Some(one)) => (200, (*one).clone()),
            (Some(_), None) => (404, json!({"kind": "Status", "code": 404, "reason": "NotFound", "message": path})),
        }
    }

    fn discovery(&self, core: bool) -> Value {
        let stated =
            self.objects.iter().map(|one| (one["apiVersion"].as_str().unwrap(), one["kind"].as_str().unwrap()));
        let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
        let mut kinds: Vec<(&str, &str)> = ALWAYS.into_iter().chain(stated).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for (api_version, kind) in kinds {
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            let scope = if OF_CLUSTER.contains(&kind) { "Cluster" } else { "Namespaced" };
            let resource = json!({"resource": plural(kind), "responseKind": {"kind": kind}, "scope": scope,
                "singularResource": kind.to_lowercase(), "verbs": ["get", "list"]});
            groups.entry(group).or_default().entry(version).or_default().push(resource);
        }
        let version = |(version, resources): (&&str, &Vec<Value>)| json!({"version": version, "freshness": "Current", "resources": resources});
        let groups = groups.iter().filter(|(name, _)| name.is_empty() == core).map(|(name, versions)| {
            json!({"metadata": {"name": name}, "versions": versions.iter().map(version).collect::<Vec<_>>()})
        });
        json!({"kind": "APIGroupDiscoveryList", "items": groups.collect::<Vec<_>>()})
    }
}

fn plural(kind: &str) -> String {
    let name = kind.to_lowercase();
    match name.as_str() {
        "endpoints" => name,
        _ if name.ends_with('y') => format!("{}ies", &name[..name.len() - 1]),
        _ if name.ends_with('s') => format!("{name}es"),
        _ => format!("{name}s"),
    }
}
