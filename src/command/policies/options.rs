//! From the parameters of the rule to what is asked of the synthesis.

use super::RULE;
use crate::network::IpRange;
use crate::network::synthesis::{Options, PodsOf};
use crate::profile::Profile;
use serde_json::Value;

/// What a profile asks for; what it says was checked when it was read.
pub(super) fn of(profile: &Profile) -> Options {
    let parameter = |name: &str| parameter(profile, name);
    let texts = |name: &str| -> Vec<String> {
        let items = parameter(name).as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let is_set = |name: &str| parameter(name) == &Value::Bool(true);
    Options {
        strict: is_set("strict"),
        dns_any: parameter("dns") == "any",
        node_cidrs: texts("nodeCIDRs").iter().filter_map(|text| IpRange::cidr(text).ok()).collect(),
        compat_service_port: is_set("compatServicePort"),
        ingress_controllers: texts("ingressControllers")
            .iter()
            .filter_map(|text| text.parse::<PodsOf>().ok())
            .collect(),
        cluster_domain: text(profile, "clusterDomain").unwrap_or(Options::CLUSTER_DOMAIN).to_owned(),
        ..Options::default()
    }
}

/// The name that the profile gives the file of policies.
pub(super) fn file(profile: &Profile) -> Option<&str> {
    text(profile, "file")
}

fn text<'p>(profile: &'p Profile, name: &str) -> Option<&'p str> {
    parameter(profile, name).as_str().filter(|text| !text.is_empty())
}

/// That of the setting for all objects.
fn parameter<'p>(profile: &'p Profile, name: &str) -> &'p Value {
    let setting = profile.rules.iter().find(|setting| setting.rule.id == RULE);
    setting.and_then(|setting| setting.parameters.get(name)).unwrap_or(&Value::Null)
}
