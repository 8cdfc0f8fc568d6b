//! LimitRanges: what they add to a pod, and what they refuse. They look at pods, not at what makes them: a Deployment that
//! breaks one is accepted, and its pods never come.

use super::{Amount, Amounts, Quantity, Requirements, Resource};
use crate::workload::{Neighbour, Neighbours};
use serde_json::Value;

/// The LimitRanges of a namespace.
#[derive(Debug)]
pub struct Ranges<'n>(Vec<Item<'n>>);

/// One item of a LimitRange.
#[derive(Debug)]
struct Item<'n> {
    range: &'n Neighbour,
    /// Whether it bounds the sum of a pod's containers; otherwise each container.
    of_pod: bool,
    min: Amounts,
    max: Amounts,
    default: Amounts,
    default_request: Amounts,
    ratio: Amounts,
}

/// What a new value has to keep to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The least request.
    pub min: Option<Quantity>,
    /// The most that the limit may be.
    pub max: Option<Quantity>,
    /// How many hundredths of the request the limit may be.
    pub ratio: Option<u64>,
    /// The LimitRanges they are from.
    pub names: Vec<String>,
}

impl<'n> Ranges<'n> {
    /// Those of a namespace.
    pub fn of(neighbours: &'n Neighbours, namespace: Option<&'n str>) -> Self {
        let items =
            |range: &'n Neighbour| range.list("/spec/limits").iter().filter_map(move |item| Item::read(range, item));
        Self(neighbours.beside("LimitRange", namespace).flat_map(items).collect())
    }

    /// What a container gets that states `own`: what the API server adds, then what LimitRanges add.
    pub fn effective(&self, own: Requirements) -> Requirements {
        let mut all = own.defaulted();
        for item in self.of_containers() {
            for resource in Resource::ALL {
                all.limits.set(resource, all.limits.get(resource).or(item.default.get(resource)));
                all.requests.set(resource, all.requests.get(resource).or(item.default_request.get(resource)));
            }
        }
        all
    }

    /// What new values of a container's resource have to keep to; those about the whole pod do not count here.
    pub fn bounds(&self, resource: Resource) -> Bounds {
        Bounds::of(self.of_containers(), resource)
    }

    /// What the sums over a pod's containers have to keep to.
    pub fn pod_bounds(&self, resource: Resource) -> Bounds {
        Bounds::of(self.0.iter().filter(|item| item.of_pod), resource)
    }

    /// The LimitRange that refuses pods without a limit of a resource.
    pub fn demands(&self, resource: Resource) -> Option<String> {
        let stated = |amounts: &Amounts| amounts.get(resource).is_stated();
        let demanding = |item: &&Item<'_>| stated(&item.ratio) || (item.of_pod && stated(&item.max));
        self.0.iter().find(demanding).map(Item::name)
    }

    /// Why a container that gets these amounts is refused, a clause; `None` where it is not.
    pub fn refusal(&self, effective: &Requirements, resource: Resource) -> Option<String> {
        let (request, limit) = (effective.requests.get(resource).known(), effective.limits.get(resource).known());
        self.of_containers().find_map(|item| {
            let bound = |amounts: &Amounts| amounts.get(resource).known();
            let over = |what: &str, amount: Option<Quantity>| {
                let (amount, max) = (amount?, bound(&item.max)?);
                let name = item.name();
                (amount > max).then(|| format!("its {resource} {what} of {amount} is above the {max} that {name} allows"))
            };
            let under = |what: &str, amount: Option<Quantity>| {
                let (amount, min) = (amount?, bound(&item.min)?);
                let name = item.name();
                (amount < min).then(|| format!("its {resource} {what} of {amount} is below the {min} that {name} demands"))
            };
            let apart = || {
                let ratio = bound(&item.ratio)?;
                let (request, limit, name) = (request?, limit?, item.name());
                let most = request.percent(ratio.hundredths());
                (limit > most).then(|| {
                    format!("its {resource} limit of {limit} is more than {ratio} times its request of {request}, which {name} forbids")
                })
            };
            let limit_over = over("limit", limit).or_else(|| over("request", request));
            limit_over.or_else(|| under("request", request)).or_else(|| under("limit", limit)).or_else(apart)
        })
    }

    /// The LimitRange whose default limit is below what a container asks for, with that default.
    pub fn low_default(&self, own: &Requirements, resource: Resource) -> Option<(String, Quantity)> {
        if own.limits.get(resource).is_stated() {
            return None;
        }
        let request = own.requests.get(resource).known()?;
        let item = self.of_containers().find(|item| item.default.get(resource).is_stated())?;
        let default = item.default.get(resource).known().filter(|default| *default < request)?;
        Some((item.name(), default))
    }

    fn of_containers(&self) -> impl Iterator<Item = &Item<'n>> {
        self.0.iter().filter(|item| !item.of_pod)
    }
}

impl<'n> Item<'n> {
    /// With the defaults that the API server gives the item itself: the limit that is the most, the request that is the
    /// limit or the least.
    fn read(range: &'n Neighbour, item: &Value) -> Option<Self> {
        let of_pod = match item["type"].as_str()? {
            "Pod" => true,
            "Container" => false,
            _ => return None,
        };
        let amounts = |key: &str| Amounts::of(item.get(key));
        let (min, max, ratio) = (amounts("min"), amounts("max"), amounts("maxLimitRequestRatio"));
        let (mut default, mut default_request) = (Amounts::default(), Amounts::default());
        if !of_pod {
            (default, default_request) = (amounts("default"), amounts("defaultRequest"));
            for resource in Resource::ALL {
                default.set(resource, default.get(resource).or(max.get(resource)));
                let request = default_request.get(resource).or(default.get(resource)).or(min.get(resource));
                default_request.set(resource, request);
            }
        }
        Some(Self { range, of_pod, min, max, default, default_request, ratio })
    }

    fn name(&self) -> String {
        self.range.identity.to_string()
    }
}

impl Bounds {
    fn of<'i, 'n: 'i>(items: impl Iterator<Item = &'i Item<'n>>, resource: Resource) -> Self {
        let mut all = Self::default();
        for item in items {
            let [min, max, ratio] = [&item.min, &item.max, &item.ratio].map(|amounts| amounts.get(resource));
            if [min, max, ratio].iter().any(|amount| *amount != Amount::Absent) {
                all.names.push(item.name());
            }
            all.min = all.min.max(min.known());
            all.max = [all.max, max.known()].into_iter().flatten().min();
            all.ratio = [all.ratio, ratio.known().map(Quantity::hundredths)].into_iter().flatten().min();
        }
        all.names.dedup();
        all
    }

    /// A request and a limit that keep to them. A request that may not change stays.
    pub fn fit(&self, resource: Resource, request: Quantity, fixed: bool, limit: Quantity) -> (Quantity, Quantity) {
        let least = self.min.unwrap_or(Quantity::ZERO);
        let mut limit = limit.max(least).min(self.max.unwrap_or(limit.max(least)));
        let mut request = if fixed { request } else { request.max(least).min(limit) };
        if let Some(ratio) = self.ratio.filter(|ratio| limit > request.percent(*ratio)) {
            if fixed {
                limit = request.percent(ratio);
            } else {
                request = resource.round_up(limit.part(ratio)).min(limit);
            }
        }
        (request, limit)
    }
}
