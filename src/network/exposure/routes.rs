//! Services that routes lead to, of every kind that is in use.

use super::{Caller, Opened};
use crate::network::directory::{Directory, Place};
use crate::network::known::Controllers;
use crate::network::world::{Object, Target, World};
use serde_json::Value;

/// A Service as a route names it.
struct Backend<'v> {
    namespace: Option<&'v str>,
    name: &'v str,
    port: Option<Target>,
}

/// Where the routes of a kind name their Services.
type Reader = for<'v> fn(&'v Object) -> Vec<Backend<'v>>;

const KINDS: [(&str, &str, Reader); 13] = [
    ("networking.k8s.io", "Ingress", ingress),
    ("route.openshift.io", "Route", openshift),
    ("gateway.networking.k8s.io", "HTTPRoute", gateway),
    ("gateway.networking.k8s.io", "GRPCRoute", gateway),
    ("gateway.networking.k8s.io", "TCPRoute", gateway),
    ("gateway.networking.k8s.io", "TLSRoute", gateway),
    ("gateway.networking.k8s.io", "UDPRoute", gateway),
    ("traefik.io", "IngressRoute", traefik),
    ("traefik.io", "IngressRouteTCP", traefik),
    ("traefik.io", "IngressRouteUDP", traefik),
    ("traefik.io", "TraefikService", traefik_service),
    ("projectcontour.io", "HTTPProxy", contour),
    ("networking.istio.io", "VirtualService", istio),
];

/// The Services that some route leads to.
pub(super) fn opened(world: &World, directory: &Directory<'_>, controllers: &Controllers) -> Vec<Opened> {
    let mut opened = Vec::new();
    for (group, kind, read) in KINDS {
        for object in world.of_kind(group, kind) {
            let own = object.namespace.as_deref().unwrap_or_default();
            let takers = controllers.of_route(object);
            for backend in read(object) {
                let namespace = backend.namespace.unwrap_or(own);
                // Istio names a host, the others a Service.
                let Place::Service(service) = directory.resolve(&backend.name.to_ascii_lowercase(), namespace) else {
                    continue;
                };
                let why = format!("{kind} {own}/{}", object.name());
                let from = Caller::Controller { route: why.clone(), takers: takers.clone() };
                opened.push(Opened { service, port: backend.port, from, why });
            }
        }
    }
    opened
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A reference with `name`, `namespace` and `port`.
fn plain(value: &Value) -> Option<Backend<'_>> {
    let name = text(value, "name")?;
    Some(Backend { namespace: text(value, "namespace"), name, port: value.get("port").and_then(Target::read) })
}

/// Both spellings: `backend.service.name` of today and `backend.serviceName` of the beta versions.
fn ingress(object: &Object) -> Vec<Backend<'_>> {
    fn backend(value: &Value) -> Option<Backend<'_>> {
        match value.get("service") {
            Some(service) => {
                let port = service.get("port");
                let port = port.and_then(|port| port.get("number").or_else(|| port.get("name")));
                Some(Backend { namespace: None, name: text(service, "name")?, port: port.and_then(Target::read) })
            }
            None => {
                let port = value.get("servicePort").and_then(Target::read);
                Some(Backend { namespace: None, name: text(value, "serviceName")?, port })
            }
        }
    }
    let paths = object.items("/spec/rules").iter().filter_map(|rule| rule.get("http"));
    let paths = paths.flat_map(|http| list(http, "paths")).filter_map(|path| path.get("backend"));
    let defaults = ["/spec/defaultBackend", "/spec/backend"].into_iter().filter_map(|pointer| object.at(pointer));
    paths.chain(defaults).filter_map(backend).collect()
}

/// Without `spec.port` the router takes every port of the Service.
fn openshift(object: &Object) -> Vec<Backend<'_>> {
    let port = || object.at("/spec/port/targetPort").and_then(Target::read);
    let to = object.at("/spec/to").into_iter().chain(object.items("/spec/alternateBackends"));
    let services = to.filter(|to| text(to, "kind").is_none_or(|kind| kind == "Service"));
    services.filter_map(|to| Some(Backend { namespace: None, name: text(to, "name")?, port: port() })).collect()
}

fn gateway(object: &Object) -> Vec<Backend<'_>> {
    let is_service =
        |one: &&Value| text(one, "group").is_none() && text(one, "kind").is_none_or(|kind| kind == "Service");
    let mut backends = Vec::new();
    for rule in object.items("/spec/rules") {
        let references = list(rule, "backendRefs");
        let nested = list(rule, "backendRefs").flat_map(|one| list(one, "filters"));
        let filters = list(rule, "filters").chain(nested);
        let mirrored = filters.filter_map(|filter| filter.get("requestMirror")?.get("backendRef"));
        backends.extend(references.chain(mirrored).filter(is_service).filter_map(plain));
    }
    backends
}

fn traefik(object: &Object) -> Vec<Backend<'_>> {
    let services = object.items("/spec/routes").iter().flat_map(|route| list(route, "services"));
    services.filter(|one| text(one, "kind").is_none_or(|kind| kind == "Service")).filter_map(plain).collect()
}

fn traefik_service(object: &Object) -> Vec<Backend<'_>> {
    let mirroring = object.at("/spec/mirroring");
    let mirrors = mirroring.into_iter().flat_map(|mirroring| list(mirroring, "mirrors"));
    object.items("/spec/weighted/services").iter().chain(mirroring).chain(mirrors).filter_map(plain).collect()
}

fn contour(object: &Object) -> Vec<Backend<'_>> {
    let routes = object.items("/spec/routes").iter().flat_map(|route| list(route, "services"));
    routes.chain(object.items("/spec/tcpproxy/services")).filter_map(plain).collect()
}

/// Only what a gateway leads to: without `gateways`, or for `mesh` alone, it is about traffic within the mesh.
fn istio(object: &Object) -> Vec<Backend<'_>> {
    if !object.items("/spec/gateways").iter().filter_map(Value::as_str).any(|gateway| gateway != "mesh") {
        return Vec::new();
    }
    let rules = ["/spec/http", "/spec/tcp", "/spec/tls"].into_iter().flat_map(|pointer| object.items(pointer));
    let mut backends = Vec::new();
    for rule in rules {
        let mirrors = rule.get("mirror").into_iter().chain(list(rule, "mirrors"));
        let destinations = list(rule, "route").filter_map(|route| route.get("destination")).chain(mirrors);
        backends.extend(destinations.filter_map(|to| {
            let port = to.pointer("/port/number").and_then(Target::read);
            Some(Backend { namespace: None, name: text(to, "host")?, port })
        }));
    }
    backends
}
