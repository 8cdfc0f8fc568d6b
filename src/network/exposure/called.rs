//! Services that the API server calls: webhooks, conversion of custom resources, aggregated APIs. It dials the pods from a
//! node or through a tunnel, so that no selector names it.

use super::{Caller, Opened};
use crate::network::directory::Directory;
use crate::network::world::{Object, Target, World};
use serde_json::Value;

/// The port of a Service that is meant where none is stated.
const HTTPS: u16 = 443;

/// The references to Services that an object holds.
type Services = fn(&Object) -> Vec<&Value>;

/// The Services that the API server calls.
pub(super) fn opened(world: &World, directory: &Directory<'_>) -> Vec<Opened> {
    let admission = "admissionregistration.k8s.io";
    let kinds: [(&str, &str, Services); 4] = [
        (admission, "ValidatingWebhookConfiguration", webhooks),
        (admission, "MutatingWebhookConfiguration", webhooks),
        ("apiextensions.k8s.io", "CustomResourceDefinition", conversion),
        ("apiregistration.k8s.io", "APIService", |object| object.at("/spec/service").into_iter().collect()),
    ];
    let mut opened = Vec::new();
    for (group, kind, services) in kinds {
        for object in world.of_kind(group, kind) {
            for service in services(object) {
                let text = |key: &str| service.get(key).and_then(Value::as_str).unwrap_or_default();
                let Some(at) = directory.named(text("namespace"), text("name")) else { continue };
                let port = service.get("port").and_then(Target::read).unwrap_or(Target::Number(HTTPS));
                let why = format!("the API server calls it for {kind} {}", object.name());
                opened.push(Opened { service: at, port: Some(port), from: Caller::Anyone, why });
            }
        }
    }
    opened
}

fn webhooks(object: &Object) -> Vec<&Value> {
    object.items("/webhooks").iter().filter_map(|webhook| webhook.pointer("/clientConfig/service")).collect()
}

/// Both spellings: that of v1 and that of the beta versions.
fn conversion(object: &Object) -> Vec<&Value> {
    let places = ["/spec/conversion/webhook/clientConfig/service", "/spec/conversion/webhookClientConfig/service"];
    places.into_iter().filter_map(|place| object.at(place)).collect()
}
