//! All rules at once on pods that nobody would write: the plan converges, and no run makes a pod that was fine to the
//! API server into one that it refuses, however little of the plan the risk limit and the exceptions let through.

// Tests may panic.
#![allow(clippy::unwrap_used)]

#[path = "../mending/mod.rs"]
mod mending;
mod pods;
mod refusals;

use kubectl_harden::manifest::Stream;
use kubectl_harden::plan::{self, Limits};
use kubectl_harden::profile::{self, Profile, ProfileText};
use kubectl_harden::rules::{Level, Risk};
use kubectl_harden::workload::{Minor, World};
use mending::{BASELINE, RESTRICTED, rules, settle};
use pods::pod;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use refusals::refusals;
use serde_json::{Value, json};

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_converge_and_break_no_pod(
        before in pod(),
        minor in (25u8..=37).prop_map(|minor| Minor::new(minor).unwrap()),
        level in select(vec![BASELINE, RESTRICTED]),
        max_risk in select(vec![Risk::Safe, Risk::Likely, Risk::Unproven, Risk::Breaking]),
        excepted in subsequence(RESTRICTED, 0..=3),
    ) {
        let level: Vec<_> = level.iter().copied().filter(|id| !excepted.contains(id)).collect();
        let was_refused = refusals(&before);
        let mut after = before.clone();
        let (rounds, left) = settle(&rules(&level), &mut after, "", minor, max_risk);
        prop_assert!(rounds <= 3, "{} rounds", rounds);
        let made: Vec<_> = refusals(&after).into_iter().filter(|why| !was_refused.contains(why)).collect();
        prop_assert!(made.is_empty(), "{:?} in {}", made, after);
        // No value mends a volume of the node: a person has to move it.
        let volumes = ["host-path-volumes", "restricted-volumes"];
        let left: Vec<_> = left.into_iter().filter(|(rule, _)| !volumes.contains(rule)).collect();
        if max_risk == Risk::Breaking && excepted.is_empty() {
            prop_assert!(left.is_empty(), "{:#?} in {}", left, after);
        }
    }

    #[test]
    fn the_plan_with_images_breaks_no_pod(
        before in pod(),
        kind in select(KINDS.to_vec()),
        max_risk in select(vec![Risk::Safe, Risk::Likely, Risk::Unproven, Risk::Breaking]),
        excepted in subsequence(RESTRICTED, 0..=2),
        spared in subsequence(RESTRICTED, 0..=2),
    ) {
        let profile = hardened(&excepted, &spared);
        let mut template = before.clone();
        template["metadata"]["labels"] = json!({"app": "x"});
        let object = json!({"apiVersion": kind.0, "kind": kind.1, "metadata": {"name": "x"}, "spec": {"template": template}});
        let (after, (_, passes)) = planned(&profile, &object.to_string(), max_risk)?;
        let pod = &after["spec"]["template"];
        let was_refused = refusals(&object["spec"]["template"]);
        let made: Vec<_> = refusals(pod).into_iter().filter(|why| !was_refused.contains(why)).collect();
        prop_assert!(made.is_empty(), "{:?} in {}", made, after);
        if kind.1 == "Service" && before["spec"]["securityContext"].is_null() {
            prop_assert!(pod["spec"]["securityContext"].is_null(), "a security context of the pod in {}", after);
        }
        let (again, (still, _)) = planned(&profile, &after.to_string(), max_risk)?;
        prop_assert_eq!(&again, &after, "a second run changes more of {}", object);
        prop_assert_eq!(passes, still, "{}", after);
    }
}

/// Kinds with a security context of the pod, and one without.
const KINDS: &[(&str, &str)] =
    &[("apps/v1", "Deployment"), ("apps/v1", "DaemonSet"), ("serving.knative.dev/v1", "Service")];

/// The default profile with exceptions: rules for all, and rules for one container.
fn hardened(excepted: &[&str], spared: &[&str]) -> Profile {
    let mut text = String::from(
        "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {name: p}\nspec:\n  extends: [hardened]\n  exceptions:\n",
    );
    text += "    - {rules: [proc-mount], reason: never used}\n";
    for (list, containers) in [(excepted, ""), (spared, "containers: [main0*], ")] {
        if !list.is_empty() {
            text += &format!("    - {{rules: [{}], {containers}reason: because}}\n", list.join(", "));
        }
    }
    let read = |name: &str, _: Option<&str>| Ok(ProfileText { name: name.to_owned(), text: text.clone() });
    profile::load("./p.yaml", &read).unwrap()
}

/// The value an object gets, and whether it passes `restricted` before and after. The new text must be read as that value.
fn planned(profile: &Profile, text: &str, max_risk: Risk) -> Result<(Value, (bool, bool)), TestCaseError> {
    let stream = Stream::read(text.to_owned()).unwrap();
    let (world, refused) = World::of(&[&stream], &profile.kinds);
    prop_assert!(refused.is_empty());
    let limits = Limits { max_risk, today: "2026-01-01".to_owned() };
    let plan = plan::make(profile, &world, &[&stream], &limits);
    let plan = plan.map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
    let after = plan::after_value(&plan, &world, 0, &stream, 0).unwrap();
    let new = plan::new_text(&plan, &world, 0, &stream);
    let new = new.map_err(|refusal| TestCaseError::fail(format!("{refusal}: {text}")))?;
    let new = Stream::read(new.unwrap_or_else(|| text.to_owned())).unwrap();
    prop_assert_eq!(&new.documents().next().unwrap().value().unwrap(), &after);
    Ok((after, plan.objects[0].verdict.meets(Level::Restricted)))
}
