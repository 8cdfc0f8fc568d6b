//! Two sets of policies over the same workloads: what opens and what closes from one to the other.

use super::evaluate::Evaluator;
use super::policy::Direction;
use super::{Connections, IpRange, Peer};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What differs between two sets of policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What may pass afterwards and may not before.
    pub opened: Vec<Flow>,
    /// What may pass before and may not afterwards.
    pub closed: Vec<Flow>,
}

/// Connections between any of some peers and any of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The sources, in order; ranges of addresses are as long as they can be.
    pub from: Vec<Peer>,
    /// The destinations, likewise.
    pub to: Vec<Peer>,
    /// The connections.
    pub connections: Connections,
}

impl Difference {
    /// Whether both sets allow the same.
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.closed.is_empty()
    }
}

/// What differs between `before` and `after`, which are over the same world and the same pods from elsewhere: between its
/// workloads, and between those and all addresses, the ingress controller and the name servers.
pub fn difference(before: &Evaluator<'_>, after: &Evaluator<'_>) -> Difference {
    let groups = workloads(before);
    let (sources, destinations) = (others(before, after, Direction::Ingress), others(before, after, Direction::Egress));
    let rows: Vec<_> =
        groups.par_iter().map(|group| row(before, after, group, &groups, &sources, &destinations)).collect();
    let (mut opened, mut closed) = (Gathering::default(), Gathering::default());
    for (from, to, change) in rows.into_iter().flatten() {
        opened.add(&from, &to, change.0);
        closed.add(&from, &to, change.1);
    }
    Difference { opened: opened.flows(), closed: closed.flows() }
}

/// Workloads that no policy can tell apart.
fn workloads(evaluator: &Evaluator<'_>) -> Vec<Vec<Peer>> {
    let mut groups: BTreeMap<usize, Vec<Peer>> = BTreeMap::new();
    for at in 0..evaluator.world().workloads.len() {
        groups.entry(evaluator.alike(at)).or_default().push(Peer::Workload(at));
    }
    groups.into_values().collect()
}

/// Who else there is: addresses in pieces that no policy of either set cuts, and pods from elsewhere.
fn others(before: &Evaluator<'_>, after: &Evaluator<'_>, direction: Direction) -> Vec<Peer> {
    let (one, two) = (before.pieces(direction), after.pieces(direction));
    // IPv6 counts if one of the sets is about it.
    let whole = if one.iter().chain(&two).any(|piece| piece.family == super::Family::V6) {
        vec![IpRange::ALL_V4, IpRange::ALL_V6]
    } else {
        vec![IpRange::ALL_V4]
    };
    let pieces = whole.iter().flat_map(|whole| whole.pieces(one.iter().chain(&two)));
    let made: &[Peer] = match direction {
        Direction::Ingress => &[Peer::INGRESS_CONTROLLER],
        Direction::Egress => &Peer::DNS,
    };
    made.iter().copied().chain(pieces.map(Peer::Addresses)).collect()
}

type Changed = (Vec<Peer>, Vec<Peer>, (Connections, Connections));

/// What changes for a group of workloads: towards all others, and from outside.
fn row(
    before: &Evaluator<'_>,
    after: &Evaluator<'_>,
    group: &[Peer],
    groups: &[Vec<Peer>],
    sources: &[Peer],
    destinations: &[Peer],
) -> Vec<Changed> {
    let first = group[0];
    let decided = |peer: Peer, direction| before.is_isolated(peer, direction) || after.is_isolated(peer, direction);
    let (egress, ingress) = (decided(first, Direction::Egress), decided(first, Direction::Ingress));
    let mut changed = Vec::new();
    let mut compare = |from: Peer, to: Peer, all_from: Vec<Peer>, all_to: Vec<Peer>| {
        let (old, new) = (before.connections(from, to), after.connections(from, to));
        if old != new {
            changed.push((all_from, all_to, (new.difference(&old), old.difference(&new))));
        }
    };
    for other in groups.iter().filter(|other| egress || decided(other[0], Direction::Ingress)) {
        if other[0] == first {
            // One by one: a workload is no peer of its own.
            for from in group {
                let rest: Vec<Peer> = group.iter().copied().filter(|to| to != from).collect();
                if !rest.is_empty() {
                    compare(first, first, vec![*from], rest);
                }
            }
        } else {
            compare(first, other[0], group.to_vec(), other.clone());
        }
    }
    for to in destinations.iter().filter(|_| egress) {
        compare(first, *to, group.to_vec(), vec![*to]);
    }
    for from in sources.iter().filter(|_| ingress) {
        compare(*from, first, vec![*from], group.to_vec());
    }
    changed
}

/// Pairs of peers, put together where they have the same in common.
#[derive(Default)]
struct Gathering {
    /// The destinations of one source and some connections.
    by_source: BTreeMap<(Peer, Connections), Vec<Peer>>,
}

impl Gathering {
    fn add(&mut self, from: &[Peer], to: &[Peer], connections: Connections) {
        if connections.is_empty() {
            return;
        }
        for source in from {
            self.by_source.entry((*source, connections.clone())).or_default().extend(to);
        }
    }

    fn flows(self) -> Vec<Flow> {
        let mut by_destinations: BTreeMap<(Vec<Peer>, Connections), Vec<Peer>> = BTreeMap::new();
        for ((from, connections), mut to) in self.by_source {
            to.sort_unstable();
            to.dedup();
            by_destinations.entry((to, connections)).or_default().push(from);
        }
        let flow = |((to, connections), from)| Flow { from: joined(from), to: joined(to), connections };
        let mut flows: Vec<Flow> = by_destinations.into_iter().map(flow).collect();
        flows.sort_by(|one, two| (&one.from, &one.to, &one.connections).cmp(&(&two.from, &two.to, &two.connections)));
        flows
    }
}

/// Ranges that follow one another become one.
fn joined(peers: Vec<Peer>) -> Vec<Peer> {
    let mut all: Vec<Peer> = Vec::new();
    for peer in peers {
        match (all.last_mut(), peer) {
            (Some(Peer::Addresses(last)), Peer::Addresses(next))
                if last.family == next.family && last.last.checked_add(1) == Some(next.first) =>
            {
                last.last = next.last;
            }
            _ => all.push(peer),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::MadePod;
    use crate::network::policy::Policies;
    use crate::network::world::tests::world_of;

    const WORKLOADS: &str = "\
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: shop}, spec: {template: {metadata: {labels: {app: db}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: twin, namespace: test}, spec: {template: {metadata: {labels: {app: t}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: twin2, namespace: test}, spec: {template: {metadata: {labels: {app: t}}, spec: {containers: []}}}}
";

    fn policy(namespace: &str, spec: &str) -> String {
        format!(
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, namespace: {namespace}}}, spec: {spec}}}\n"
        )
    }

    /// What opens and closes, as text.
    fn changes(before: &str, after: &str) -> Vec<String> {
        let world = world_of(WORKLOADS);
        let policies = |text: &str| Policies::of(&world_of(&format!("{text}\n---\n{{}}\n")));
        let [old, new] = [before, after].map(|text| Evaluator::with(&world, policies(text), MadePod::usual()));
        let difference = difference(&old, &new);
        let names = |peers: &[Peer]| peers.iter().map(|peer| new.name(*peer)).collect::<Vec<_>>().join(" ");
        let told = |sign: &str, flow: &Flow| {
            format!("{sign} {} > {}: {}", names(&flow.from), names(&flow.to), flow.connections)
        };
        let opened = difference.opened.iter().map(|flow| told("+", flow));
        opened.chain(difference.closed.iter().map(|flow| told("-", flow))).collect()
    }

    const WEB: &str = "shop/web[Deployment]";
    const TWINS: &str = "test/twin[Deployment] test/twin2[Deployment]";

    #[test]
    fn the_same_meaning_in_other_words_is_no_difference() {
        let one =
            policy("shop", "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 80, endPort: 90}]}]}");
        let other = policy(
            "shop",
            "{podSelector: {matchExpressions: [{key: app, operator: In, values: [db]}]}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}, {ports: [{port: 81, endPort: 90}]}]}",
        );
        assert!(changes(&one, &other).is_empty());
        assert!(changes("", "").is_empty());
    }

    #[test]
    fn what_opens_and_what_closes_is_told_by_peers_and_connections() {
        let db =
            |rule: &str| policy("shop", &format!("{{podSelector: {{matchLabels: {{app: db}}}}, ingress: [{rule}]}}"));
        let (web, world) = (
            "{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}",
            "{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}",
        );
        assert_eq!(
            changes(&db(web), &db(world)),
            ["+ 10.0.0.0/8 > shop/db[Deployment]: all".to_owned(), format!("- {WEB} > shop/db[Deployment]: TCP 5432"),]
        );
        let all = format!("{WEB} {TWINS} {{ingress-controller}} 0.0.0.0/0");
        assert_eq!(changes("", &db("")), [format!("- {all} > shop/db[Deployment]: all")]);
        assert_eq!(changes(&db(""), ""), [format!("+ {all} > shop/db[Deployment]: all")]);
    }

    #[test]
    fn a_workload_is_no_peer_of_its_own_and_like_ones_are_peers() {
        let test = policy(
            "test",
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [test]}]}}, {ipBlock: {cidr: 0.0.0.0/0}}]}]}",
        );
        assert_eq!(
            changes("", &test),
            [
                "- test/twin[Deployment] > test/twin2[Deployment]: all",
                "- test/twin2[Deployment] > test/twin[Deployment]: all",
            ]
        );
    }

    #[test]
    fn name_servers_are_among_the_destinations() {
        let out = policy(
            "shop",
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}]}]}",
        );
        assert_eq!(changes("", &out), [format!("- {WEB} > {TWINS} {{dns}} {{openshift-dns}}: all")]);
    }
}
