//! Rules that get into each other's way.

use super::*;

/// Sets `field` of the spec to `value` wherever it is stated otherwise.
fn insist(pod: &Pod<'_>, found: &mut Findings, field: &str, value: bool) {
    let field = pod.field(field);
    if field.as_bool().is_some_and(|stated| stated != value) {
        found.at(&field).because("it is so").set(&field, value, Risk::Safe.because("a test"));
    }
}

static YES: Rule = Rule { id: "yes", check: Check::Pod(|pod, found| insist(pod, found, "hostPID", true)), ..NO };
static NO_RULE: Rule = NO;
const NO: Rule = Rule {
    id: "no",
    title: "a test's rule",
    severity: Severity::Low,
    matter: Matter::Node,
    mends: "",
    risks: &[],
    standards: &[],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(|pod, found| insist(pod, found, "hostPID", false)),
};
static WATCH: Rule = Rule {
    id: "watch",
    check: Check::Pod(|pod, found| {
        let field = pod.field("hostPID");
        if field.as_bool() == Some(true) {
            found.at(&field).because("it cannot mend this itself").decide("settle it");
        }
    }),
    ..NO
};

fn with_rules(rules: &[&'static Rule]) -> Result<Plan, PlanError> {
    let mut profile = profile("  rules: {}\n");
    profile.rules = rules.iter().map(|rule| RuleSetting::of(rule)).collect();
    let stream =
        Stream::read("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {hostPID: true}}".into()).unwrap();
    let (world, _) = World::of(&[&stream], &profile.kinds);
    make(&profile, &world, &[&stream], &Limits { max_risk: Risk::Safe, today: "2026-11-24".into() })
}

#[test]
fn rules_that_undo_each_other_are_an_error() {
    let error = with_rules(&[&NO_RULE, &YES]).unwrap_err().to_string();
    assert!(error.starts_with("Pod p: these rules undo each other: "), "{error}");
    assert!(with_rules(&[&YES]).unwrap().objects[0].findings.is_empty());
}

#[test]
fn what_the_changes_of_others_mend_along_is_mended() {
    let outcomes = |plan: &Plan| -> Vec<(&str, Outcome, usize)> {
        plan.objects[0].findings.iter().map(|one| (one.rule.id, one.outcome.clone(), one.changes.len())).collect()
    };
    assert_eq!(outcomes(&with_rules(&[&WATCH]).unwrap()), [("watch", Outcome::Undecided, 0)]);
    assert_eq!(
        outcomes(&with_rules(&[&NO_RULE, &WATCH]).unwrap()),
        [("no", Outcome::Mended, 1), ("watch", Outcome::Mended, 0)]
    );
}
