//! ResourceQuotas: what they demand of a pod, and how much room they leave.

use super::{Amounts, Quantity, Resource};
use crate::workload::{Neighbour, Neighbours, Pod};
use serde_json::Value;

/// A ResourceQuota that counts the pods of a workload.
#[derive(Debug)]
pub struct Quota<'n> {
    object: &'n Neighbour,
    requests: Amounts,
    limits: Amounts,
    /// Whether it counts some pods of its namespace only.
    pub is_scoped: bool,
    /// Whether it counts no pods that ask for nothing.
    pub counts_asking_only: bool,
}

/// Which of a container's amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `requests`.
    Requests,
    /// `limits`.
    Limits,
}

impl Part {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Requests, Self::Limits];

    /// Its key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Limits => "limits",
        }
    }
}

impl<'n> Quota<'n> {
    /// Those of a namespace that count a pod once it asks for anything.
    pub fn of(neighbours: &'n Neighbours, namespace: Option<&'n str>, pod: &Pod<'_>) -> Vec<Self> {
        let quotas = neighbours.beside("ResourceQuota", namespace).filter(|quota| counts(quota, pod));
        quotas.map(Self::read).collect()
    }

    fn read(object: &'n Neighbour) -> Self {
        let hard = object.at("/spec/hard");
        let part = |key: &str| {
            let entries = hard.and_then(Value::as_object).into_iter().flatten();
            let named = entries.filter_map(|(name, value)| Some((name.strip_prefix(key)?.to_owned(), value.clone())));
            Amounts::of(Some(&Value::Object(named.collect())))
        };
        // Without a prefix it is the request.
        let (mut requests, plain) = (part("requests."), part(""));
        for resource in Resource::ALL {
            requests.set(resource, requests.get(resource).or(plain.get(resource)));
        }
        let is_scoped = !object.list("/spec/scopes").is_empty() || object.at("/spec/scopeSelector").is_some();
        let scopes = object.list("/spec/scopes").iter();
        let expressions = object.list("/spec/scopeSelector/matchExpressions").iter().map(|one| &one["scopeName"]);
        let counts_asking_only = scopes.chain(expressions).any(|scope| scope == "NotBestEffort");
        Self { object, requests, limits: part("limits."), is_scoped, counts_asking_only }
    }

    /// What the object is called for people.
    pub fn name(&self) -> String {
        self.object.identity.to_string()
    }

    /// How much of a resource there is for all pods together.
    pub fn hard(&self, part: Part, resource: Resource) -> Option<Quantity> {
        match part {
            Part::Requests => self.requests.get(resource).known(),
            Part::Limits => self.limits.get(resource).known(),
        }
    }

    /// Whether it refuses pods of which a container states nothing here. It never does for storage.
    pub fn demands(&self, part: Part, resource: Resource) -> bool {
        resource != Resource::EphemeralStorage && self.hard(part, resource).is_some()
    }
}

/// Whether a quota counts a pod, as far as its scopes say.
fn counts(quota: &Neighbour, pod: &Pod<'_>) -> bool {
    let scopes = quota.list("/spec/scopes").iter().filter_map(Value::as_str).map(|scope| (scope, "Exists", &[][..]));
    let expressions = quota.list("/spec/scopeSelector/matchExpressions").iter().filter_map(|one| {
        let values = one["values"].as_array().map(Vec::as_slice).unwrap_or_default();
        Some((one["scopeName"].as_str()?, one["operator"].as_str()?, values))
    });
    let class = pod.field("priorityClassName").as_str();
    let ends = pod.field("activeDeadlineSeconds").is_stated();
    scopes.chain(expressions).all(|(scope, operator, values)| match scope {
        "BestEffort" => false,
        "Terminating" => ends,
        "NotTerminating" => !ends,
        "PriorityClass" => {
            let listed = class.is_some_and(|class| values.iter().any(|value| value == class));
            match operator {
                "In" => listed,
                "NotIn" => !listed,
                "DoesNotExist" => class.is_none(),
                _ => class.is_some(),
            }
        }
        "CrossNamespacePodAffinity" => false,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Stream;
    use crate::workload::{KindTable, Minor, World};
    use serde_json::json;

    fn demands(spec: Value, pod: Value) -> Vec<String> {
        let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": spec});
        let stream = Stream::read(quota.to_string()).unwrap();
        let (world, _) = World::of(&[&stream], &KindTable::builtin());
        let template = json!({"spec": pod});
        let pod = Pod::new(&template, "", Minor::NEWEST);
        let all = Part::ALL.into_iter().flat_map(|part| Resource::ALL.map(|resource| (part, resource)));
        let quotas = Quota::of(&world.neighbours, None, &pod);
        let demanded = all.filter(|(part, resource)| quotas.iter().any(|quota| quota.demands(*part, *resource)));
        demanded.map(|(part, resource)| format!("{}.{resource}", part.key())).collect()
    }

    #[test]
    fn a_quota_demands_what_it_counts_but_storage() {
        let hard = json!({"limits.cpu": "4", "memory": "1Gi", "pods": 3, "requests.ephemeral-storage": "1Gi"});
        assert_eq!(demands(json!({"hard": hard}), json!({})), ["requests.memory", "limits.cpu"]);
    }

    #[test]
    fn scopes_say_which_pods_count() {
        let scoped = |scope: &str| json!({"hard": {"limits.cpu": 4}, "scopes": [scope]});
        let ends = json!({"activeDeadlineSeconds": 5});
        for (scope, pod, counts) in [
            ("BestEffort", json!({}), false),
            ("NotBestEffort", json!({}), true),
            ("Terminating", json!({}), false),
            ("Terminating", ends.clone(), true),
            ("NotTerminating", ends, false),
        ] {
            assert_eq!(!demands(scoped(scope), pod).is_empty(), counts, "{scope}");
        }
        let class = |operator: &str| {
            json!({"hard": {"limits.cpu": 4}, "scopeSelector": {"matchExpressions": [
                {"scopeName": "PriorityClass", "operator": operator, "values": ["high"]}]}})
        };
        let pod = |class: &str| json!({"priorityClassName": class});
        assert!(!demands(class("In"), pod("high")).is_empty() && demands(class("In"), pod("low")).is_empty());
        assert!(demands(class("NotIn"), pod("high")).is_empty() && !demands(class("NotIn"), json!({})).is_empty());
    }
}
