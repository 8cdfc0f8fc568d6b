//! Requests and limits through the binary: the sources of `--limits-from`, what stands beside a workload, what is refused.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::{Place, Ran};
use serde_json::{Value, json};

/// A Deployment of which only its image is stated.
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: web
          image: registry.example/web
";

/// What krr prints of it, for this many hours.
fn krr(memory: Value, hours: u32) -> String {
    let amount = |value: Value| json!({"value": value, "severity": "WARNING"});
    json!({
        "scans": [{
            "object": {"cluster": null, "namespace": "shop", "kind": "Deployment", "name": "web", "container": "web"},
            "recommended": {
                "requests": {"cpu": amount(json!(0.0437)), "memory": amount(memory.clone())},
                "limits": {"cpu": amount(json!(null)), "memory": amount(memory)},
                "info": {"cpu": null, "memory": null},
            },
        }],
        "strategy": {"name": "simple", "settings": {
            "history_duration": hours, "cpu_percentile": 95, "memory_buffer_percentage": 15}},
    })
    .to_string()
}

const VPA: &str = "\
apiVersion: v1
kind: List
items:
  - apiVersion: autoscaling.k8s.io/v1
    kind: VerticalPodAutoscaler
    metadata: {name: web, namespace: shop}
    spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, updatePolicy: {updateMode: \"Off\"}}
    status:
      recommendation:
        containerRecommendations:
          - containerName: web
            target: {cpu: 25m, memory: 262144k}
            upperBound: {cpu: 211m, memory: 400M}
";

/// The changes that a run makes, each `pointer = value (evidence)`.
fn changes(place: &Place, line: &str) -> Vec<String> {
    let ran = place.run(&format!("check --only limits -o json {line}"));
    assert_ne!(ran.code, 2, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let workloads = report["workloads"].as_array().unwrap();
    let findings = workloads.iter().flat_map(|workload| workload["findings"].as_array().unwrap());
    let mended = findings.filter(|finding| finding["outcome"] == "mended");
    let changes = mended.flat_map(|finding| finding["changes"].as_array().unwrap());
    let text = |change: &Value, key: &str| change[key].as_str().unwrap_or_default().to_owned();
    let short = |change: &Value| {
        let pointer = text(change, "pointer");
        let (_, field) = pointer.split_once("/resources/").unwrap();
        format!("{field} = {} ({}: {})", text(change, "after"), text(change, "risk"), text(change, "evidence"))
    };
    changes.map(short).collect()
}

fn decisions(ran: &Ran) -> Vec<&str> {
    ran.out.lines().filter(|line| line.contains("= a person must decide: ")).collect()
}

#[test]
fn each_value_says_where_it_is_from() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write("krr.json", krr(json!(314_572_801.0), 336));
    place.write("vpa.yaml", VPA);
    place.write("limits.yaml", "shop/Deployment/*/web:\n  requests: {memory: 200Mi}\n  limits: {memory: 250Mi}\n");
    let default = "(likely: the profile's default; it only says what the scheduler sets aside)";
    let storage = format!("requests/ephemeral-storage = 64Mi {default}");
    assert_eq!(
        changes(&place, "-f web.yaml --limits-from krr=krr.json"),
        [
            storage.as_str(),
            "requests/memory = 304Mi (likely: krr: max over 14 d plus 15 %)",
            "limits/memory = 304Mi (likely: krr: max over 14 d plus 15 %)",
            "requests/cpu = 50m (likely: krr: p95 over 14 d)",
        ]
    );
    assert_eq!(
        changes(&place, "-f web.yaml --limits-from vpa=vpa.yaml --memory-headroom 10%"),
        [
            storage.as_str(),
            "requests/memory = 256Mi (likely: vpa/web target p90 + 15 %)",
            "limits/memory = 432Mi (likely: vpa/web upperBound p95 + 15 %, and 10 % head-room)",
            "requests/cpu = 30m (likely: vpa/web target p90 + 15 %)",
        ]
    );
    // The first that knows the container counts; what it does not say is the profile's.
    assert_eq!(
        changes(&place, "-f web.yaml --limits-from file=limits.yaml --limits-from krr=krr.json --limits-from defaults"),
        [
            storage.as_str(),
            "requests/memory = 200Mi (likely: limits.yaml: shop/Deployment/*/web)",
            "limits/memory = 250Mi (likely: limits.yaml: shop/Deployment/*/web)",
            &format!("requests/cpu = 50m {default}"),
        ]
    );
    assert_eq!(
        changes(&place, "-f web.yaml"),
        [storage.as_str(), &format!("requests/memory = 128Mi {default}"), &format!("requests/cpu = 50m {default}")]
    );
}

#[test]
fn a_manifest_without_a_namespace_is_known_where_one_only_can_be_meant() {
    let place = Place::new();
    place.write("web.yaml", WEB.replace(", namespace: shop", ""));
    place.write("one.yaml", "shop/Deployment/web/web:\n  limits: {memory: 250Mi}\n");
    let memory = |line: &str| changes(&place, line).into_iter().find(|change| change.starts_with("limits/memory"));
    assert!(memory("-f web.yaml --limits-from file=one.yaml").unwrap().contains("250Mi"));
    let two = format!("{}test/Deployment/web/web:\n  limits: {{memory: 350Mi}}\n", place.read("one.yaml"));
    place.write("two.yaml", two);
    assert_eq!(memory("-f web.yaml --limits-from file=two.yaml"), None);
}

#[test]
fn a_limit_below_what_was_measured_is_raised_and_never_lowered() {
    let place = Place::new();
    let stated = |memory: &str| {
        format!(
            "{WEB}          resources: {{requests: {{cpu: 1}}, limits: {{memory: {memory}, ephemeral-storage: 1Gi}}}}\n"
        )
    };
    place.write("krr.json", krr(json!(314_572_800.0), 336));
    place.write("web.yaml", stated("64Mi"));
    let ran = place.run("check --only limits -f web.yaml --limits-from krr=krr.json");
    let words = ran.out.split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ");
    let reason = "its memory limit of 64Mi is below the 304Mi that it needs (krr: max over 14 d plus 15 %): it is killed \
                  when it needs them";
    assert!(words.contains(reason), "{}", ran.out);
    assert_eq!(place.run("rewrite --only limits web.yaml --limits-from krr=krr.json").code, 0);
    let after = stated("304Mi").replace("{cpu: 1}", "{cpu: 1, memory: 64Mi}");
    assert_eq!(place.read("web.yaml"), after);
    assert_eq!(place.run("check --only limits -f web.yaml --limits-from krr=krr.json").code, 0);

    place.write("web.yaml", stated("4Gi"));
    assert_eq!(place.run("check --only limits -f web.yaml --limits-from krr=krr.json").code, 0);
}

#[test]
fn bad_sources_are_named_with_their_place_and_nothing_is_written() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write("text.yaml", "shop/Deployment/web/web:\n  limits:\n    memory: plenty\n");
    place.write("broken.json", "{\"scans\": [");
    for (flags, wanted) in [
        (
            "--limits-from file=text.yaml",
            "error: text.yaml:3:5: expected a quantity such as 250m or 128Mi, found \"plenty\"\n",
        ),
        ("--limits-from krr=text.yaml", "error: text.yaml:1:1: expected the output of `krr simple -f json`"),
        ("--limits-from vpa=web.yaml", "error: web.yaml:1:1: expected VerticalPodAutoscalers"),
        ("--limits-from krr=broken.json", "error: broken.json:1:"),
        ("--limits-from krr=lost.json", "error: cannot read the source of limits \"lost.json\"\n"),
        (
            "--limits-from metrics",
            "error: --limits-from metrics asks a cluster, which manifests have none of: take krr=FILE",
        ),
        ("--limits-from krr=", "error: invalid value \"krr=\" for --limits-from"),
        (
            "--limits-from defaults --limits-from krr=k",
            "error: --limits-from defaults knows every container: the source behind",
        ),
        ("--memory-headroom much", "error: invalid value \"much\" for --memory-headroom: expected a percentage"),
        ("--cpu-limit maybe", "error: invalid value \"maybe\" for --cpu-limit"),
    ] {
        let ran = place.run(&format!("rewrite web.yaml {flags}"));
        assert_eq!(ran.code, 2, "{flags}: {ran:?}");
        assert!(ran.err.starts_with(wanted), "{flags}: {}", ran.err);
    }
    assert_eq!(place.read("web.yaml"), WEB);
}

#[test]
fn amounts_and_words_in_a_profile_are_checked() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    let profile = |parameters: &str| {
        let head = "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {name: own}\nspec:\n";
        place.write("own.yaml", format!("{head}  rules:\n    limits:\n      parameters: {parameters}\n"));
        place.run("-f web.yaml -p ./own.yaml")
    };
    let ran = profile("{memoryLimit: lots}");
    assert!(ran.code == 2 && ran.err.contains("own.yaml:7:33: expected a quantity such as 250m or 128Mi"), "{ran:?}");
    let ran = profile("{cpuLimit: sometimes}");
    assert!(ran.code == 2 && ran.err.contains("expected one of: never, auto, always"), "{ran:?}");
    let ran = profile("{cpuRequest: 1, cpuLimit: always}");
    assert!(ran.code == 1 && ran.out.contains("+              cpu: \"1\"\n"), "{ran:?}");
}

#[test]
fn doubtful_sources_are_told_and_strictness_refuses_them() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write("short.json", krr(json!(314_572_800.0), 2));
    place.write("unknown.json", krr(json!("?"), 336));
    place.write(
        "low.yaml",
        VPA.replace("status:\n", "status:\n      conditions: [{type: LowConfidence, status: \"True\"}]\n"),
    );
    for (source, doubt) in [
        ("krr=short.json", "short.json: shop/Deployment/web/web: krr looked at 2 h only"),
        ("krr=unknown.json", "unknown.json: shop/Deployment/web/web: krr has no answer for its memory"),
        ("vpa=low.yaml", "low.yaml: shop/Deployment/web/web: vpa/web has low confidence: too little data"),
    ] {
        let ran = place.run(&format!("-f web.yaml --strict-limits --limits-from {source}"));
        assert_eq!(ran.code, 2, "{source}");
        assert!(ran.err.starts_with(&format!("error: {doubt}\n")), "{}", ran.err);
        let lenient = changes(&place, &format!("-f web.yaml --limits-from {source} --max-risk unproven"));
        let (_, why) = doubt.split_once("web/web: ").unwrap();
        let cpu = lenient.iter().find(|change| change.starts_with("requests/cpu")).unwrap();
        assert!(cpu.contains("(unproven: ") && cpu.contains(why), "{cpu}");
    }
    place.write("krr.json", krr(json!(314_572_800.0), 336));
    assert_eq!(place.run("-f web.yaml --strict-limits --limits-from krr=krr.json").code, 1);
}

#[test]
fn a_deployment_an_hpa_and_a_vpa_of_one_target() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write(
        "hpa.yaml",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: busy, namespace: shop}\nspec:\n  \
         scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  maxReplicas: 4\n  metrics:\n    - {type: \
         Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}\n",
    );
    let ran = place.run("check --only limits -f .");
    assert_eq!(decisions(&ran).len(), 1, "{}", ran.out);
    assert!(ran.out.contains("HorizontalPodAutoscaler busy measures cpu"), "{}", ran.out);
    assert!(!place.run("--only limits -f .").out.contains("cpu:"));

    let vpa = "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: size, namespace: shop}\nspec:\n  \
               targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  resourcePolicy: {containerPolicies: [{containerName: \
               '*', controlledResources: [memory]}]}\n";
    place.write("vpa.yaml", vpa);
    let ran = place.run("check --only limits -f .");
    // The processors are the HPA's, the memory is the VPA's; nobody has the disk.
    assert!(decisions(&ran).len() == 1 && !ran.out.contains("memory limit"), "{}", ran.out);
    assert!(ran.out.contains("ephemeral storage"));
    place.write("vpa.yaml", vpa.replace(", controlledResources: [memory]", ""));
    let ran = place.run("check --only limits -f .");
    assert!(decisions(&ran).is_empty() && ran.out.contains("ephemeral storage"), "{}", ran.out);
}

#[test]
fn a_limit_range_that_would_refuse_the_new_limits_is_kept_to() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write(
        "range.yaml",
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: r, namespace: shop}\nspec:\n  limits:\n    - {type: Pod, max: \
         {memory: 200Mi}}\n    - {type: Container, min: {cpu: 100m, ephemeral-storage: 100Mi}}\n",
    );
    let after = place.run("render --only limits --max-risk unproven -f web.yaml -f range.yaml").out;
    for wanted in ["memory: 192Mi", "memory: 128Mi", "ephemeral-storage: 100Mi"] {
        assert!(after.contains(wanted), "{wanted}: {after}");
    }
    // The least is the default.
    assert!(!after.contains("cpu: 50m"), "{after}");
    place.write("after.yaml", after);
    assert_eq!(place.run("check --only limits -f after.yaml").code, 0);
}

#[test]
fn a_quota_demands_limits_and_counts_pods() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    let quota = |hard: &str| {
        let head = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: shop}\nspec:\n";
        place.write("quota.yaml", format!("{head}  hard: {{{hard}}}\n"));
        place.run("check --only limits -f .")
    };
    let ran = quota("limits.cpu: 4");
    assert!(ran.out.contains("ResourceQuota shop/q refuses pods"), "{}", ran.out);
    assert!(ran.out.contains("--cpu-limit=auto"), "{}", ran.out);
    let after = place.run("render --only limits --cpu-limit auto -f .").out;
    assert!(after.contains("cpu: 500m"), "{after}");

    // Two pods and one that a rollout adds, 128Mi each.
    assert!(decisions(&quota("requests.memory: 384Mi")).is_empty());
    let ran = quota("requests.memory: 300Mi");
    assert!(decisions(&ran).len() == 1 && ran.out.contains("at least 384Mi"), "{}", ran.out);
    place.write("b.yaml", WEB.replace("name: web,", "name: other,"));
    let ran = quota("requests.memory: 384Mi");
    assert_eq!(decisions(&ran).len(), 1, "only the one that no longer fits: {}", ran.out);
}

#[test]
fn what_an_init_container_fills_is_counted_and_a_second_run_changes_nothing() {
    let place = Place::new();
    place.write("db.yaml", WEB.replace("registry.example/web", "postgres:16"));
    assert_eq!(place.run("rewrite --max-risk unproven db.yaml").code, 0);
    let after = place.read("db.yaml");
    let value: Value = serde_yaml::from_str(&after).unwrap();
    let spec = &value["spec"]["template"]["spec"];
    let init = &spec["initContainers"][0]["resources"];
    assert_eq!(init["requests"], spec["containers"][0]["resources"]["requests"], "{after}");
    assert_eq!(init["limits"]["memory"], "512Mi", "{after}");
    let storage = spec["containers"][0]["resources"]["limits"]["ephemeral-storage"].as_str().unwrap();
    assert!(storage == "11Gi", "room for the emptyDir of 10Gi: {after}");
    assert_eq!(place.run("rewrite --max-risk unproven db.yaml").code, 0);
    assert_eq!(place.read("db.yaml"), after);
}

#[test]
fn a_source_for_a_rule_that_does_not_run_is_told() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write("limits.yaml", "a/b/c/d: {limits: {memory: 1Gi}}\n");
    let ran = place.run("-f web.yaml -p restricted --limits-from file=limits.yaml");
    assert!(ran.err.contains("Warning: --limits-from changes nothing: rule \"limits\" does not run\n"), "{}", ran.err);
    let ran = place.run("-f web.yaml -p restricted --cpu-limit auto --own-service-accounts");
    for (flag, rule) in [("cpu-limit", "limits"), ("own-service-accounts", "service-account")] {
        let told = format!("Warning: --{flag} changes nothing: rule {rule:?} does not run\n");
        assert!(ran.err.contains(&told), "{}", ran.err);
    }
}

/// What is pasted does what the diff showed.
#[test]
fn the_next_command_has_the_flags() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write("limits.yaml", "'*/*/*/*': {limits: {memory: 1Gi}}\n");
    let flags =
        "--limits-from file=limits.yaml --limits-from defaults --cpu-limit always --memory-headroom 20 --strict-limits";
    let ran = place.run(&format!("-f web.yaml {flags}"));
    let line = ran.err.lines().find_map(|line| line.strip_prefix("write them:    kubectl harden ")).unwrap();
    assert_eq!(line, format!("rewrite web.yaml {flags}"));
}
