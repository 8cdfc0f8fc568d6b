//! Services: who sends traffic to a pod.

use super::{Neighbour, Neighbours};
use serde_json::Value;

/// A Service, as far as it says something about the pods behind it.
#[derive(Debug)]
pub struct Service<'n> {
    /// The object.
    pub neighbour: &'n Neighbour,
    /// The numbers among its target ports (the port itself where none is stated).
    pub target_ports: Vec<u16>,
}

impl Neighbours {
    /// The Services that send traffic to pods with these labels in this namespace.
    pub fn services_of<'n>(
        &'n self,
        namespace: Option<&'n str>,
        labels: &'n Value,
    ) -> impl Iterator<Item = Service<'n>> {
        let kind = self.by_kind.get("Service");
        let labels_of_pods = labels.as_object().into_iter().flatten();
        let likely = |(key, value): (&String, &Value)| kind?.by_pair.get(&pair(key, value.as_str()?));
        let mut places: Vec<usize> = labels_of_pods.filter_map(likely).flatten().copied().collect();
        places.sort_unstable();
        let selecting = places.into_iter().filter_map(move |at| kind?.all.get(at));
        let selecting = selecting.filter(move |service| service.is_in(namespace) && selects(service, labels));
        selecting.map(|neighbour| {
            let target = |port: &Value| {
                let stated = port.get("targetPort").filter(|target| !target.is_null()).or_else(|| port.get("port"))?;
                u16::try_from(stated.as_u64()?).ok()
            };
            Service { neighbour, target_ports: neighbour.list("/spec/ports").iter().filter_map(target).collect() }
        })
    }
}

/// A pair of label and value that a Service selects by: the first one, so that it is looked at for few pods; `None` for one
/// that selects none.
pub(super) fn selector_pair(service: &Neighbour) -> Option<String> {
    let (key, value) = service.at("/spec/selector")?.as_object()?.iter().next()?;
    Some(pair(key, value.as_str()?))
}

fn pair(key: &str, value: &str) -> String {
    format!("{key}={value}")
}

fn selects(service: &Neighbour, labels: &Value) -> bool {
    let selector = service.at("/spec/selector").and_then(Value::as_object).filter(|selector| !selector.is_empty());
    selector.is_some_and(|selector| {
        selector.iter().all(|(key, value)| value.is_string() && labels.get(key).is_some_and(|label| label == value))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::neighbours;
    use serde_json::{Value, json};

    #[test]
    fn a_service_is_found_by_the_labels_that_it_selects() {
        let service = |namespace: Value, selector: Value| {
            json!({"kind": "Service", "metadata": {"name": "s", "namespace": namespace}, "spec": {"selector": selector,
                "ports": [{"port": 443, "targetPort": 80}, {"port": 81}, {"port": 82, "targetPort": "http"}]}})
        };
        let all = neighbours(&[
            service(json!(null), json!({"app": "web"})),
            service(json!("shop"), json!({"app": "web", "tier": "front"})),
            service(json!("other"), json!({"app": "web"})),
            service(json!(null), json!({})),
        ]);
        let labels = json!({"app": "web", "tier": "front"});
        let found: Vec<_> = all.services_of(Some("shop"), &labels).collect();
        let names: Vec<_> = found.iter().map(|it| it.neighbour.identity.to_string()).collect();
        assert_eq!(names, ["Service s", "Service shop/s"]);
        assert_eq!(found[0].target_ports, [80, 81]);
        assert_eq!(all.services_of(None, &json!({})).count(), 0);
    }
}
