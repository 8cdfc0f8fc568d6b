//! Who takes the traffic of routes: from the class that a route names to the pods of its controller.

use super::programs::{runs, words};
use crate::network::world::{Labels, Object, Workload, World, labels_at};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

const GATEWAY_API: &str = "gateway.networking.k8s.io";
const ISTIO: &str = "networking.istio.io";
/// The label of what a controller deploys for a Gateway: <https://gateway-api.sigs.k8s.io/geps/gep-1762/>.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// The annotation that names a class since before there were any.
const OLD_CLASS: &str = "kubernetes.io/ingress.class";
const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";

/// A row of `controllers.yaml`, which describes the fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    controllers: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    labels: Labels,
    elsewhere: Option<String>,
}

fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        // The file is part of the program; a test proves that it reads.
        serde_yaml::from_str(include_str!("controllers.yaml")).unwrap_or_default()
    });
    &ROWS
}

/// Who takes the traffic of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Takers {
    /// These workloads, by their places in the world.
    Pods(Vec<usize>),
    /// Nobody whom a selector names, and why: a clause.
    Elsewhere(String),
}

/// Who takes the traffic of which routes; by default nothing is known.
#[derive(Debug, Clone, Default)]
pub struct Controllers {
    /// By the names of IngressClasses.
    classes: HashMap<String, Takers>,
    /// The IngressClass of those that name none.
    default_class: Option<String>,
    /// By the API group, namespaces and names of Gateways: those of the Gateway API and of Istio.
    gateways: HashMap<(String, String, String), Takers>,
    /// By the kinds of routes that one program alone serves.
    kinds: BTreeMap<&'static str, Takers>,
    /// Whether a cluster was looked at: else there is nothing to say of routes whose takers are not known.
    looked: bool,
}

impl Controllers {
    /// Those of a live cluster.
    pub fn of(world: &World) -> Self {
        let mut known = Self { looked: true, ..Self::default() };
        let mut by_name: HashMap<String, Option<Takers>> = HashMap::new();
        let mut named = |name: &str| by_name.entry(name.to_owned()).or_insert_with(|| called(world, name)).clone();
        for class in world.of_kind("networking.k8s.io", "IngressClass") {
            let takers = class.text("/spec/controller").and_then(&mut named);
            known.classes.extend(takers.map(|takers| (class.name().to_owned(), takers)));
            let annotation = class.at("/metadata/annotations").and_then(|all| all.get(DEFAULT_CLASS)?.as_str());
            if annotation == Some("true") {
                known.default_class = Some(class.name().to_owned());
            }
        }
        for gateway in world.of_kind(GATEWAY_API, "Gateway") {
            let own = own_pods(world, gateway);
            let class = gateway.text("/spec/gatewayClassName").unwrap_or_default();
            let class = world.find(None, GATEWAY_API, "GatewayClass", class);
            let by_class = || named(class?.text("/spec/controllerName")?);
            known.gateways.extend(own.or_else(by_class).map(|takers| (key(gateway), takers)));
        }
        for gateway in world.of_kind(ISTIO, "Gateway") {
            let labels = labels_at(&gateway.value, "/spec/selector");
            known.gateways.extend(pods(world, |one| has(one, &labels)).map(|takers| (key(gateway), takers)));
        }
        for row in rows().iter().filter(|row| !row.kinds.is_empty()) {
            let takers = of_row(world, row);
            known.kinds.extend(row.kinds.iter().filter_map(|kind| Some((kind.as_str(), takers.clone()?))));
        }
        known
    }

    /// Who takes the traffic of a route; `None` where that is not known.
    pub(in crate::network) fn of_route(&self, route: &Object) -> Option<Takers> {
        match (route.group(), route.kind()) {
            ("networking.k8s.io", "Ingress") => {
                let annotation = route.at("/metadata/annotations").and_then(|all| all.get(OLD_CLASS)?.as_str());
                let class = route.text("/spec/ingressClassName").or(annotation).or(self.default_class.as_deref())?;
                self.classes.get(class).cloned()
            }
            (GATEWAY_API, _) => {
                let parents = route.items("/spec/parentRefs").iter();
                let name = |parent: &Value| {
                    let text = |key: &str| parent.get(key).and_then(Value::as_str);
                    Some((text("namespace").map(str::to_owned), text("name")?.to_owned()))
                };
                self.of_gateways(GATEWAY_API, route, parents.filter_map(name))
            }
            (ISTIO, "VirtualService") => {
                let gateways = route.items("/spec/gateways").iter().filter_map(Value::as_str);
                let name = |text: &str| match text.split_once('/') {
                    Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
                    None => (None, text.to_owned()),
                };
                self.of_gateways(ISTIO, route, gateways.filter(|name| *name != "mesh").map(name))
            }
            (_, kind) => self.kinds.get(kind).cloned(),
        }
    }

    /// Whether it is worth a note that nothing is known of a route.
    pub(in crate::network) fn looked(&self) -> bool {
        self.looked
    }

    /// The takers of all of some gateways; `None` where those of one are not known.
    fn of_gateways(
        &self,
        group: &str,
        route: &Object,
        names: impl Iterator<Item = (Option<String>, String)>,
    ) -> Option<Takers> {
        let own = route.namespace.clone().unwrap_or_default();
        let mut all: Option<Takers> = None;
        for (namespace, name) in names {
            let key = (group.to_owned(), namespace.unwrap_or_else(|| own.clone()), name);
            let one = self.gateways.get(&key)?.clone();
            all = Some(match (all, one) {
                (Some(Takers::Pods(mut before)), Takers::Pods(more)) => {
                    before.extend(more);
                    before.sort_unstable();
                    before.dedup();
                    Takers::Pods(before)
                }
                (Some(elsewhere @ Takers::Elsewhere(_)), _) | (_, elsewhere @ Takers::Elsewhere(_)) => elsewhere,
                (None, one) => one,
            });
        }
        all
    }
}

fn key(gateway: &Object) -> (String, String, String) {
    let namespace = gateway.namespace.clone().unwrap_or_default();
    (gateway.group().to_owned(), namespace, gateway.name().to_owned())
}

/// The workloads that a controller of this name is: those that are started with it, else those of its row.
fn called(world: &World, name: &str) -> Option<Takers> {
    let row = rows().iter().find(|row| row.controllers.iter().any(|controller| controller == name));
    if let Some(why) = row.and_then(|row| row.elsewhere.clone()) {
        return Some(Takers::Elsewhere(why));
    }
    let is_told = |word: &str| word.split_once('=').map_or(word, |(_, value)| value) == name;
    let told = |one: &Workload| words(world, one).any(is_told) && row.is_none_or(|row| row.matches(world, one));
    pods(world, told).or_else(|| of_row(world, row?))
}

fn of_row(world: &World, row: &Row) -> Option<Takers> {
    match &row.elsewhere {
        Some(why) => Some(Takers::Elsewhere(why.clone())),
        None => pods(world, |one| row.matches(world, one)),
    }
}

impl Row {
    fn matches(&self, world: &World, workload: &Workload) -> bool {
        runs(world, workload, &self.images) || has(workload, &self.labels)
    }
}

/// What a controller has deployed for a Gateway, beside it.
fn own_pods(world: &World, gateway: &Object) -> Option<Takers> {
    let labels = Labels::from([(GATEWAY_NAME.to_owned(), gateway.name().to_owned())]);
    pods(world, |one| Some(&one.namespace) == gateway.namespace.as_ref() && has(one, &labels))
}

/// The workloads that are wanted; `None` where there is none.
fn pods(world: &World, wanted: impl Fn(&Workload) -> bool) -> Option<Takers> {
    let places: Vec<usize> = (0..world.workloads.len()).filter(|at| wanted(&world.workloads[*at])).collect();
    let on_node = places.iter().map(|at| &world.workloads[*at]).find(|workload| workload.host_network);
    match on_node {
        Some(workload) => {
            let Workload { kind, namespace, name, .. } = workload;
            Some(Takers::Elsewhere(format!("{kind} {namespace}/{name} uses the network of its node")))
        }
        None => (!places.is_empty()).then_some(Takers::Pods(places)),
    }
}

/// Whether a workload has all of some labels, of which there are any.
fn has(workload: &Workload, labels: &Labels) -> bool {
    !labels.is_empty() && labels.iter().all(|(key, value)| workload.labels.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_every_row_leads_somewhere() {
        let rows: Vec<Row> = serde_yaml::from_str(include_str!("controllers.yaml")).unwrap();
        assert!(rows.len() > 10);
        let mut names: Vec<&String> = rows.iter().flat_map(|row| &row.controllers).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "a controller stands in one row");
        for row in &rows {
            let pods = !row.images.is_empty() || !row.labels.is_empty();
            assert!(pods != row.elsewhere.is_some(), "{row:?}");
        }
    }
}
