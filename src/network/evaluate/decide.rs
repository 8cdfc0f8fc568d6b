//! One way of the traffic between two ends, decided.

use super::{Cause, Evaluator, Reason, Spot};
use crate::network::Connections;
use crate::network::policy::{Action, Direction, PeerRule, PolicyId, Tier};

type Notes<'n> = Option<&'n mut Vec<Reason>>;

impl Evaluator<'_> {
    /// The connections between `subject` and `other` that policies over the subject let pass this way. The reasons are noted
    /// where there is a list for them.
    pub(super) fn decide(&self, direction: Direction, subject: Spot, other: Spot, mut notes: Notes<'_>) -> Connections {
        let all = Connections::all();
        let Some(class) = self.bound(subject) else {
            note(&mut notes, direction, &all, Cause::Unbound);
            return all;
        };
        let ends = Ends { direction, class, subject, other };
        let (mut allowed, undecided) = self.tier(Tier::Admin, all, &ends, &mut notes);
        if undecided.is_empty() {
            return allowed;
        }
        let way = self.compiled.way(direction);
        if way.network[class].is_empty() {
            let (accepted, open) = self.tier(Tier::Baseline, undecided, &ends, &mut notes);
            note(&mut notes, direction, &open, Cause::Open);
            allowed.add(&accepted);
            allowed.add(&open);
            return allowed;
        }
        let mut granted = Connections::none();
        for at in &way.network[class] {
            let policy = &self.policies.network[*at];
            for (index, rule) in policy.rules(direction).unwrap_or_default().iter().enumerate() {
                let ready = &way.network_rules[*at][index];
                if !ready.is_about(rule, &policy.namespace, other, &self.classes) {
                    continue;
                }
                let ports = ready.ports(rule, ends.destination(), &self.classes).intersection(&undecided);
                let cause = || Cause::Rule { policy: PolicyId::Network(*at), rule: index, action: Action::Accept };
                note_with(&mut notes, direction, &ports, cause);
                granted.add(&ports);
            }
        }
        let isolated = || Cause::Isolated(way.network[class].iter().copied().map(PolicyId::Network).collect());
        if notes.is_some() {
            note_with(&mut notes, direction, &undecided.difference(&granted), isolated);
        }
        allowed.add(&granted);
        allowed
    }

    /// The class of an end that policies hold for.
    fn bound(&self, subject: Spot) -> Option<usize> {
        match subject {
            Spot::Pod(class) if !self.classes.all[class].host_network => Some(class),
            _ => None,
        }
    }

    /// What one tier of the whole cluster's policies accepts, and what it leaves to the next one.
    fn tier(&self, tier: Tier, open: Connections, ends: &Ends, notes: &mut Notes<'_>) -> (Connections, Connections) {
        let way = self.compiled.way(ends.direction);
        let (mut left, mut accepted, mut passed) = (open, Connections::none(), Connections::none());
        for at in &way.tiers[ends.class] {
            let policy = &self.policies.tiers[*at];
            if policy.tier != tier {
                continue;
            }
            for (index, rule) in policy.rules(ends.direction).iter().enumerate() {
                let ready = &way.tier_rules[*at][index];
                let unread = rule.rule.peers.contains(&PeerRule::Unread);
                let (action, matched) = match (unread, rule.action) {
                    (true, Action::Accept) => continue,
                    (true, _) => (Action::Deny, Connections::all()),
                    (false, _) if !ready.is_about(&rule.rule, "", ends.other, &self.classes) => continue,
                    (false, action) => (action, ready.ports(&rule.rule, ends.destination(), &self.classes)),
                };
                let matched = matched.intersection(&left);
                if matched.is_empty() {
                    continue;
                }
                left = left.difference(&matched);
                let cause = || Cause::Rule { policy: PolicyId::Tier(*at), rule: index, action };
                note_with(notes, ends.direction, &matched, cause);
                match action {
                    Action::Accept => accepted.add(&matched),
                    Action::Pass => passed.add(&matched),
                    Action::Deny => {}
                }
            }
        }
        left.add(&passed);
        (accepted, left)
    }
}

struct Ends {
    direction: Direction,
    class: usize,
    subject: Spot,
    other: Spot,
}

impl Ends {
    /// The end whose ports rules are about.
    fn destination(&self) -> Spot {
        match self.direction {
            Direction::Ingress => self.subject,
            Direction::Egress => self.other,
        }
    }
}

fn note(notes: &mut Notes<'_>, direction: Direction, connections: &Connections, cause: Cause) {
    note_with(notes, direction, connections, || cause);
}

fn note_with(notes: &mut Notes<'_>, direction: Direction, connections: &Connections, cause: impl FnOnce() -> Cause) {
    if let Some(notes) = notes.as_deref_mut().filter(|_| !connections.is_empty()) {
        notes.push(Reason { direction, connections: connections.clone(), cause: cause(), range: None });
    }
}
