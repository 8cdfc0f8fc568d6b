//! Whether an object may be changed, given who manages it.

use crate::cluster::Target;
use crate::cluster::owner::{Effect, Fate, Ownership};
use std::collections::BTreeSet;

/// What the user allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    /// Change what somebody manages elsewhere, by additions: `--allow-managed`.
    pub managed: bool,
    /// Override values that others set: `--force-conflicts`.
    pub overrides: bool,
}

/// What may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permit {
    /// All of it.
    Go,
    /// It, without what these rules want: they override values of the manager.
    Without(BTreeSet<&'static str>),
    /// Nothing: it is managed elsewhere.
    Managed,
    /// Nothing: another applier's next apply would fail on it.
    Blocks,
}

/// What may be done to an object with these effects.
pub fn permit(ownership: &Ownership, effects: &[Effect], target: &Target, consent: Consent) -> Permit {
    if !ownership.managed {
        let blocks = effects.iter().any(|effect| effect.fate == Fate::Blocks);
        return if blocks && !consent.overrides { Permit::Blocks } else { Permit::Go };
    }
    if !consent.managed {
        return Permit::Managed;
    }
    let overriding: Vec<&Effect> = effects.iter().filter(|effect| effect.overrides.is_some()).collect();
    if consent.overrides || overriding.is_empty() {
        return Permit::Go;
    }
    let rules: Option<BTreeSet<&'static str>> =
        overriding.iter().map(|effect| Some(target.rule_at(&effect.pointer)?.rule)).collect();
    // A change that nobody asked for cannot be left out by a rule.
    rules.map_or(Permit::Managed, Permit::Without)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Live, Reason, Resource};
    use crate::rules::Risk;
    use serde_json::json;
    use std::sync::Arc;

    fn verdict(managed: bool, overrides: Option<&str>, consent: Consent) -> Permit {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        let reason = Reason { pointer: "/spec/a".to_owned(), rule: "run-as-user", risk: Risk::Safe };
        let live = Live::new(&resource, json!({}));
        let target = Target { live, after: json!({}), templates: Vec::new(), reasons: vec![reason] };
        let ownership = Ownership { managed, ..Ownership::default() };
        let fate = match overrides {
            Some("applier") => Fate::Blocks,
            _ => Fate::Stays,
        };
        let overrides = overrides.map(str::to_owned);
        let effects = [Effect { pointer: "/spec/a".to_owned(), overrides, removes: false, fate, when: String::new() }];
        permit(&ownership, &effects, &target, consent)
    }

    #[test]
    fn what_is_managed_elsewhere_takes_consent() {
        let managed = Consent { managed: true, overrides: false };
        let all = Consent { managed: true, overrides: true };
        assert_eq!(verdict(false, Some("kubectl"), Consent::default()), Permit::Go);
        assert_eq!(verdict(true, None, Consent::default()), Permit::Managed);
        assert_eq!(verdict(false, Some("applier"), Consent::default()), Permit::Blocks);
        assert_eq!(verdict(false, Some("applier"), all), Permit::Go);
        assert_eq!(verdict(true, None, managed), Permit::Go);
        assert_eq!(verdict(true, Some("helm"), managed), Permit::Without(BTreeSet::from(["run-as-user"])));
        assert_eq!(verdict(true, Some("helm"), all), Permit::Go);
    }
}
