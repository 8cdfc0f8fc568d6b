//! A Service as who is asked: the pods behind it, on the port that it leads to.

use super::{MOST, QuestionError, is_kind, listed, whole_name};
use crate::network::endpoints::Slices;
use crate::network::world::{Service, ServicePort, World};
use crate::network::{IpRange, Peer, Protocol};
use std::collections::BTreeSet;

/// Why a Service leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// None is called so.
    #[error("no Service is called {word:?}{}", listed(.known, "\n  there are: "))]
    Unknown {
        /// What was asked for.
        word: String,
        /// Those of the namespace, or all, at most ten.
        known: Vec<String>,
    },
    /// It has no such port.
    #[error("Service {service} has no port {port:?}{}", listed(.ports, "\n  it has: "))]
    Port {
        /// The Service.
        service: String,
        /// What was asked for.
        port: String,
        /// Its ports.
        ports: Vec<String>,
    },
    /// It leads to no pod or address of the input, or its pods have no port of the name.
    #[error("Service {0} leads to no pod and no address that is known")]
    Nowhere(String),
    /// It leads to several.
    #[error(transparent)]
    Several(QuestionError),
}

/// Whom `svc/NAME` or `NAMESPACE/svc/NAME` leads to on a port of the Service, `80` or its name, and the port there; `None` for
/// words that mean no Service. `home` is the namespace that names are of first.
///
/// # Errors
/// What names no Service or port, and Services that lead to nobody or to several.
pub fn behind(
    world: &World,
    home: Option<&str>,
    word: &str,
    port: &str,
) -> Option<Result<(Peer, Protocol, u16), ServiceError>> {
    let parts: Vec<&str> = word.split('/').collect();
    let (namespace, kind, name) = match parts.as_slice() {
        [kind, name] => (home, *kind, *name),
        [namespace, kind, name] => (Some(*namespace), *kind, *name),
        _ => return None,
    };
    let means_service = kind.eq_ignore_ascii_case("svc") || is_kind("Service", kind);
    means_service.then(|| {
        let within: Vec<Service<'_>> = world
            .services()
            .filter(|service| namespace.is_none_or(|namespace| service.namespace() == namespace))
            .collect();
        let named: Vec<&Service<'_>> = within.iter().filter(|service| service.object.name() == name).collect();
        match named.as_slice() {
            [one] => through(world, one, word, port),
            [] => {
                let known = within.iter().take(MOST).map(told).collect();
                Err(ServiceError::Unknown { word: word.to_owned(), known })
            }
            several => {
                let candidates = several.iter().take(MOST).map(|service| told(service)).collect();
                Err(ServiceError::Several(QuestionError::Several { word: word.to_owned(), candidates }))
            }
        }
    })
}

fn told(service: &Service<'_>) -> String {
    format!("{}/svc/{}", service.namespace(), service.object.name())
}

fn through(
    world: &World,
    service: &Service<'_>,
    word: &str,
    port: &str,
) -> Result<(Peer, Protocol, u16), ServiceError> {
    let name = || format!("{}/{}", service.namespace(), service.object.name());
    let ports = service.ports();
    let (wanted, protocol) = port.split_once('/').map_or((port, None), |(port, protocol)| (port, Some(protocol)));
    let is_it = |of: &&ServicePort| {
        let called = of.port.to_string() == wanted || of.name.as_deref() == Some(wanted);
        called && protocol.is_none_or(|protocol| protocol.eq_ignore_ascii_case(of.protocol.name()))
    };
    let Some(found) = ports.iter().find(is_it) else {
        let told = |of: &ServicePort| {
            let number = format!("{}/{}", of.port, of.protocol).to_lowercase();
            of.name.as_ref().map_or(number.clone(), |name| format!("{name} ({number})"))
        };
        let ports = ports.iter().map(told).collect();
        return Err(ServiceError::Port { service: name(), port: port.to_owned(), ports });
    };
    let behind = world.behind(service);
    let outside: BTreeSet<_> =
        Slices::of(world).behind(service).into_iter().flat_map(|endpoints| endpoints.addresses).collect();
    let outside: Vec<_> = outside.into_iter().collect();
    let peer = match (behind.as_slice(), outside.as_slice()) {
        ([at], _) => Peer::Workload(*at),
        ([], [address]) => Peer::Addresses(IpRange::from(*address)),
        ([], []) => return Err(ServiceError::Nowhere(name())),
        (workloads, addresses) => {
            let workloads = workloads.iter().map(|at| whole_name(&world.workloads[*at]));
            let candidates = workloads.chain(addresses.iter().map(ToString::to_string)).take(MOST).collect();
            return Err(ServiceError::Several(QuestionError::Several { word: word.to_owned(), candidates }));
        }
    };
    let number = match (peer, &found.target) {
        (Peer::Workload(at), target) => target.number(&world.workloads[at], found.protocol),
        (_, crate::network::world::Target::Number(number)) => Some(*number),
        _ => None,
    };
    number.map(|number| (peer, found.protocol, number)).ok_or_else(|| ServiceError::Nowhere(name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::world::tests::world;
    use serde_json::{Value, json};

    fn deployment(name: &str) -> Value {
        let container = json!({"name": "c", "ports": [{"name": "http", "containerPort": 8080}]});
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": name},
            "spec": {"template": {"metadata": {"labels": {"app": name, "tier": "all"}}, "spec": {"containers": [container]}}}})
    }

    fn service(namespace: &str, name: &str, spec: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name}, "spec": spec})
    }

    #[test]
    fn a_service_leads_to_its_pods_on_their_port() {
        let ports = json!([{"name": "web", "port": 80, "targetPort": "http"}]);
        let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "endpoints": [{"addresses": ["192.0.2.7"]}],
            "metadata": {"namespace": "shop", "name": "ledger-1", "labels": {"kubernetes.io/service-name": "ledger"}}});
        let world = world(&[
            deployment("web"),
            deployment("api"),
            slice,
            service("shop", "web", json!({"selector": {"app": "web"}, "ports": ports})),
            service("shop", "both", json!({"selector": {"tier": "all"}, "ports": ports})),
            service("shop", "none", json!({"selector": {"app": "none"}, "ports": ports})),
            service("shop", "ledger", json!({"ports": [{"port": 9000}]})),
            service("test", "web", json!({"selector": {"app": "web"}, "ports": ports})),
        ]);
        let found = |word: &str, port: &str| behind(&world, Some("shop"), word, port);
        let web = Some(Ok((Peer::Workload(1), Protocol::Tcp, 8080)));
        for (word, port) in
            [("svc/web", "80"), ("service/web", "web"), ("shop/services/web", "80/tcp"), ("Service/web", "web/TCP")]
        {
            assert_eq!(found(word, port), web, "{word} {port}");
        }
        let ledger = Peer::Addresses("192.0.2.7".parse().unwrap());
        assert_eq!(found("svc/ledger", "9000"), Some(Ok((ledger, Protocol::Tcp, 9000))));
        for word in ["web", "deploy/web", "shop/web", "a/b/c/d"] {
            assert_eq!(found(word, "80"), None, "{word}");
        }
        for (word, port, why) in [
            ("svc/web", "8080", "Service shop/web has no port \"8080\"\n  it has: web (80/tcp)"),
            ("svc/wbe", "80", "no Service is called \"svc/wbe\"\n  there are: shop/svc/both, "),
            ("svc/none", "80", "Service shop/none leads to no pod"),
            ("test/svc/web", "80", "Service test/web leads to no pod"),
            (
                "svc/both",
                "80",
                "\"svc/both\" may be any of several\n  say which: shop/deployment/api, shop/deployment/web",
            ),
        ] {
            let told = found(word, port).unwrap().unwrap_err().to_string();
            assert!(told.starts_with(why), "{told}");
        }
        let told = behind(&world, None, "svc/web", "80").unwrap().unwrap_err().to_string();
        assert_eq!(told, "\"svc/web\" may be any of several\n  say which: shop/svc/web, test/svc/web");
    }
}
