//! Requests and limits, as a container states them and as its pod gets them.

use super::Quantity;
use serde_json::Value;
use std::fmt;

/// A resource that pods ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Processor time.
    Cpu,
    /// Memory.
    Memory,
    /// The disk of the node: writable layers, logs, emptyDirs.
    EphemeralStorage,
}

/// What is stated of an amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Amount {
    /// Nothing.
    #[default]
    Absent,
    /// Something that is no quantity, such as the placeholder of a template.
    Unclear,
    /// This much.
    Of(Quantity),
}

/// An amount of each resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts([Amount; 3]);

/// The `resources` of a container or pod.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requirements {
    /// What the scheduler sets aside.
    pub requests: Amounts,
    /// What it may take at most.
    pub limits: Amounts,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Memory, Self::EphemeralStorage];

    /// Its name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::EphemeralStorage => "ephemeral-storage",
        }
    }

    /// The resource of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.name() == name)
    }

    /// The next amount that people would write: measured ones have odd bytes.
    pub fn round_up(self, amount: Quantity) -> Quantity {
        amount.up_to(self.step(amount))
    }

    /// The last amount that people would write; the amount itself where that is nothing.
    pub fn round_down(self, amount: Quantity) -> Quantity {
        let down = amount.down_to(self.step(amount));
        if down == Quantity::ZERO { amount } else { down }
    }

    fn step(self, amount: Quantity) -> Quantity {
        match self {
            Self::Cpu if amount > Quantity::milli(1000) => Quantity::milli(100),
            Self::Cpu => Quantity::milli(10),
            _ if amount > Quantity::mebi(1024) => Quantity::mebi(64),
            _ => Quantity::mebi(16),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl Amount {
    /// How much, where that is known.
    pub fn known(self) -> Option<Quantity> {
        match self {
            Self::Of(quantity) => Some(quantity),
            Self::Absent | Self::Unclear => None,
        }
    }

    /// Whether anything is stated.
    pub fn is_stated(self) -> bool {
        self != Self::Absent
    }

    /// It or, where nothing is stated, the other.
    pub fn or(self, other: Self) -> Self {
        if self.is_stated() { self } else { other }
    }
}

impl Amounts {
    /// The amounts in a mapping by the names of resources; others in it do not count.
    pub fn of(value: Option<&Value>) -> Self {
        let amount = |resource: Resource| match value.and_then(|value| value.get(resource.name())) {
            None | Some(Value::Null) => Amount::Absent,
            Some(stated) => Quantity::of(stated).map_or(Amount::Unclear, Amount::Of),
        };
        Self(Resource::ALL.map(amount))
    }

    /// That of a resource.
    pub fn get(&self, resource: Resource) -> Amount {
        self.0[resource as usize]
    }

    /// Say how much of a resource it is.
    pub fn set(&mut self, resource: Resource, amount: Amount) {
        self.0[resource as usize] = amount;
    }
}

impl Requirements {
    /// What a `resources` mapping states.
    pub fn of(resources: Option<&Value>) -> Self {
        let part = |key: &str| Amounts::of(resources.and_then(|resources| resources.get(key)));
        Self { requests: part("requests"), limits: part("limits") }
    }

    /// Whether it says anything of a resource.
    pub fn mentions(&self, resource: Resource) -> bool {
        self.requests.get(resource).is_stated() || self.limits.get(resource).is_stated()
    }

    /// Whether something is stated of a resource that cannot be understood.
    pub fn is_unclear(&self, resource: Resource) -> bool {
        [self.requests, self.limits].iter().any(|amounts| amounts.get(resource) == Amount::Unclear)
    }

    /// With what the API server adds by itself: a limit without a request is the request, too.
    pub fn defaulted(mut self) -> Self {
        for resource in Resource::ALL {
            self.requests.set(resource, self.requests.get(resource).or(self.limits.get(resource)));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_stated_absent_or_unclear_is_told_apart() {
        let stated = Requirements::of(Some(&json!({
            "requests": {"cpu": 1, "memory": "{{ .memory }}", "example.com/gpu": 1},
            "limits": {"cpu": null, "ephemeral-storage": "1Gi"},
        })));
        assert_eq!(stated.requests.get(Resource::Cpu), Amount::Of(Quantity::milli(1000)));
        assert_eq!(stated.limits.get(Resource::Cpu), Amount::Absent);
        assert!(stated.is_unclear(Resource::Memory) && !stated.is_unclear(Resource::Cpu));
        let defaulted = stated.defaulted();
        assert_eq!(defaulted.requests.get(Resource::EphemeralStorage), Amount::Of(Quantity::mebi(1024)));
        assert_eq!(defaulted.limits.get(Resource::Cpu), Amount::Absent);
    }

    #[test]
    fn measured_amounts_become_those_that_people_write() {
        let up = |resource: Resource, text| resource.round_up(Quantity::parse(text).unwrap()).to_string();
        assert_eq!(up(Resource::Cpu, "0.0437"), "50m");
        assert_eq!(up(Resource::Cpu, "1.01"), "1100m");
        assert_eq!(up(Resource::Memory, "104857601"), "112Mi");
        assert_eq!(up(Resource::Memory, "1100Mi"), "1152Mi");
        assert_eq!(Resource::Memory.round_down(Quantity::mebi(10)), Quantity::mebi(10));
    }
}
