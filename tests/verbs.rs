//! The verbs beside diff, check and rewrite; and the report for machines against its published schema.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::{FINE, Place, WEB};
use serde_json::Value;

#[test]
fn render_prints_every_document_in_its_order() {
    let place = Place::new();
    let service = "# front door\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
    place.write("b.yaml", service);
    place.write("a.yaml", WEB);
    let ran = place.run("render -f b.yaml -f a.yaml -q");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    place.run("rewrite a.yaml");
    assert_eq!(ran.out, format!("{service}---\n{}", place.read("a.yaml")));
    assert_eq!(place.run_with("render -f -", service).out, service, "what needs nothing is not touched");
    let ran = place.run_with("render -f - --network-policies=false", &WEB.replace('\n', "\r\n"));
    assert_eq!(ran.out, place.read("a.yaml").replace('\n', "\r\n"));
    assert!(ran.err.contains("1 file, 1 workload: 1 changed"), "{}", ran.err);
}

#[test]
fn render_hands_on_nothing_that_it_could_not_read_without_an_error() {
    let ran = Place::new().run_with("render -f -", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .x }}\n");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.starts_with("error: <stdin>: a Go template (Helm)"), "{}", ran.err);
    assert!(ran.err.contains("; it is not part of the output\n"), "{}", ran.err);
}

#[test]
fn json_reports_keep_the_published_schema() {
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write("fine.yaml", FINE);
    place.write("broken.yaml", "a: b: c\n");
    place.write("chart.yaml", "kind: {{ .x }}\n");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostNetwork: true\n  volumes:\n  - hostPath: {path: /}\n    name: v\n";
    place.write("list.yaml", format!("apiVersion: v1\nkind: List\nitems:\n- {}", pod.trim_end().replace('\n', "\n  ")));
    for line in ["check -f . -o json", "diff -f . -o json", "rewrite . --check -o json", "check -f fine.yaml -o json"] {
        let report: Value = serde_json::from_str(&place.run(line).out).unwrap();
        let faults: Vec<String> = validator.iter_errors(&report).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{line}: {faults:?}");
    }
    let report: Value = serde_json::from_str(&place.run("diff -f . -o json -p restricted").out).unwrap();
    assert_eq!(report["refused"][0]["name"], "broken.yaml");
    assert_eq!(report["refused"][0]["line"], 1);
    assert!(report["skipped"][0]["reason"].as_str().unwrap().contains("Helm"));
    let pod = report["workloads"].as_array().unwrap().iter().find(|one| one["kind"] == "Pod").unwrap();
    assert_eq!((&pod["file"], &pod["pointer"]), (&"list.yaml".into(), &"/items/0".into()));
    assert!(pod["findings"].as_array().unwrap().iter().any(|one| one["outcome"] == "undecided"));
    assert_eq!(report["summary"]["workloads"], 3);
    assert_eq!(report["summary"]["restricted"]["before"], 1);
    // check plans the same as diff, and says so in the same place.
    for verb in ["check", "diff"] {
        let report: Value =
            serde_json::from_str(&place.run(&format!("{verb} -f web.yaml -f fine.yaml -o json")).out).unwrap();
        assert_eq!(report["summary"]["changing"], 1, "{verb}");
        let changed = report["files"].as_array().unwrap().iter().map(|file| file["changed"] == true);
        assert_eq!(changed.collect::<Vec<_>>(), [true, false], "{verb}");
    }
}

#[test]
fn explain_knows_every_rule_and_the_way_out_of_templates() {
    let place = Place::new();
    let list = place.run("explain").out;
    let rules: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    assert!(rules.len() >= 19, "{list}");
    for rule in rules {
        let ran = place.run(&format!("explain {rule}"));
        assert!(ran.code == 0 && ran.out.contains("What can break"), "{rule}");
    }
    assert!(place.run("explain helm").out.contains("kubectl harden render -f -"));
}

#[test]
fn profiles_are_listed_shown_and_validated() {
    let place = Place::new();
    let list = place.run("profile list").out;
    for name in ["privileged", "baseline", "restricted", "hardened (default)"] {
        assert!(list.lines().any(|line| line.starts_with(name)), "{list}");
    }
    for name in ["baseline", "restricted", "cis", "nsa", "hardened"] {
        let shown = place.run(&format!("profile show {name}")).out;
        assert!(shown.starts_with(&format!("{name}: ")) && shown.contains("\n  privileged "), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80) && shown.lines().count() <= 60, "{shown}");
    }
    let row = |profile: &str, rule: &str| {
        let shown = place.run(&format!("profile show {profile}")).out;
        let row = shown.lines().find(|line| line.trim_start().starts_with(&format!("{rule} "))).map(str::to_owned);
        row.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("restricted", "run-as-non-root"), "run-as-non-root medium + sets a user that fits, runAsNonRoot");
    assert_eq!(row("cis", "host-namespaces"), "host-namespaces 5.2.3-5 ! sets hostNetwork: false and the like");
    assert_eq!(row("nsa", "image-secrets"), "image-secrets high - a layer of the image holds a private ke…");
    for format in ["json", "yaml"] {
        let shown = place.run(&format!("profile show cis -o {format}")).out;
        let value: serde_json::Value = serde_yaml::from_str(&shown).unwrap();
        let rule = value["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "privileged").unwrap();
        assert_eq!((&rule["cites"], &rule["risks"]), (&serde_json::json!(["5.2.2"]), &serde_json::json!(["breaking"])));
    }

    let head = "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata:\n  name: team\nspec:\n";
    place.write("team.yaml", format!("{head}  extends: [restricted]\n"));
    let ran = place.run("profile validate team.yaml");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    place.write("wrong.yaml", format!("{head}  extends: [./team.yaml]\n  rules:\n    run-as-nonroot: on\n"));
    let ran = place.run("profile validate team.yaml wrong.yaml");
    assert_eq!(ran.code, 2);
    assert!(ran.err.starts_with("error: wrong.yaml:8:5: unknown rule \"run-as-nonroot\"\n"), "{}", ran.err);
    assert!(ran.err.contains("did you mean \"run-as-non-root\"?"), "{}", ran.err);

    place.write("web.yaml", WEB);
    place.write("sub/mine.yaml", format!("{head}  extends: [../team.yaml]\n"));
    assert_eq!(place.run("check -f web.yaml -p sub/mine.yaml").code, 1);
}

#[test]
fn an_api_version_is_exchanged_and_nothing_beside_it() {
    let place = Place::new();
    let old = "# nightly\napiVersion: batch/v1beta1 # since 1.8\nkind: CronJob\nmetadata: { name: 'nightly' }\nspec:\n  \
               schedule: \"0 3 * * *\"\n  jobTemplate:\n    spec:\n      template: {spec: {containers: [{name: a, image: b}]}}\n\
               ---\nkind: ClusterRole\napiVersion: 'rbac.authorization.k8s.io/v1beta1'\nmetadata:\n  name: web\nrules: []\n";
    place.write("old.yaml", old);
    let ran = place.run("rewrite old.yaml --only removed-api-version");
    assert!(ran.code == 0 && ran.err.contains("changes: 2 safe"), "{ran:?}");
    let new = old.replace("batch/v1beta1 #", "batch/v1 #").replace("k8s.io/v1beta1'", "k8s.io/v1'");
    assert_eq!(place.read("old.yaml"), new);
    assert_eq!(place.run("rewrite --check old.yaml --only removed-api-version").code, 0);

    // The version of Kubernetes decides, and what cannot be exchanged is named with its fields.
    place.write("new.yaml", "apiVersion: networking.k8s.io/v1beta1\nkind: IPAddress\nmetadata:\n  name: 10.0.0.1\n");
    assert_eq!(place.run("check -f new.yaml --only removed-api-version --kubernetes-version 1.33").code, 0);
    let ran = place.run("check -f new.yaml --only removed-api-version --kubernetes-version 1.35");
    assert!(ran.code == 1 && ran.out.contains("low[removed-api-version]"), "{ran:?}");
    place.write("ingress.yaml", "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata:\n  name: web\n");
    let ran = place.run("check -f ingress.yaml");
    assert!(ran.code == 1 && ran.out.contains("service.port.number"), "{ran:?}");
}

#[test]
fn an_exception_that_excuses_nothing_is_a_warning() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write(
        "team.yaml",
        "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata:\n  name: team\nspec:\n  \
         extends: [restricted]\n  exceptions:\n    - rules: [seccomp-profile]\n      reason: it traces\n      \
         expires: 2020-01-31\n",
    );
    let ran = place.run("check -f web.yaml -p team.yaml --only seccomp-profile");
    assert_eq!(ran.code, 1, "an expired exception excuses nothing: {ran:?}");
    assert!(ran.err.starts_with("Warning: team.yaml:8:"), "{}", ran.err);
    assert!(
        ran.err.contains(
            ": the exception for seccomp-profile excuses nothing: it expired on 2020-01-31; renew it or take it out\n"
        ),
        "{}",
        ran.err
    );
    // An annotation is found where it stands, on the object or on its pod template.
    let on_both = WEB
        .replace(
            "  namespace: shop\n",
            "  namespace: shop\n  annotations:\n    kubectl-harden.dev/skip.privileged: \"\"\n",
        )
        .replace(
            "template:\n",
            "template:\n    metadata:\n      annotations: {kubectl-harden.dev/skip.host-portz: x}\n",
        );
    place.write("web.yaml", on_both);
    let ran = place.run("check -f web.yaml -o name");
    let at = "Deployment shop/web: the annotation kubectl-harden.dev/skip";
    assert!(
        ran.err.contains(&format!(
            "Warning: web.yaml:8:5: {at}.privileged excuses nothing: it gives no reason; write the reason as its value\n"
        )),
        "{}",
        ran.err
    );
    let unknown = "excuses nothing: unknown rule \"host-portz\"\n  did you mean \"host-ports\"?\n";
    assert!(ran.err.contains(&format!("Warning: web.yaml:12:21: {at}.host-portz {unknown}")), "{}", ran.err);
}

#[test]
fn a_kustomization_is_read_through_kubectl() {
    let place = Place::new();
    place.write("base/web.yaml", WEB);
    place.write("base/kustomization.yaml", "resources: [web.yaml]\nnamePrefix: my-\n");
    if place.tool("kubectl", &["version", "--client"], b"").is_none() {
        return;
    }
    let ran = place.run("-k base");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.starts_with("--- a/base/kustomize\n"), "{}", ran.out);
    assert!(ran.out.contains(" Deployment shop/my-web\n"), "{}", ran.out);
    assert!(ran.err.contains("write them:    kubectl harden render -k base\n"), "{}", ran.err);
    assert!(place.run("render -k base").out.contains("allowPrivilegeEscalation: false"));

    place.write("lost/kustomization.yaml", "resources: [nothing.yaml]\n");
    let ran = place.run("-k lost");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.starts_with("error: kustomize lost: could not be built: accumulating resources"), "{}", ran.err);
    assert!(ran.err.ends_with("0 files, 0 workloads\n  1 kustomization could not be built\n"), "{}", ran.err);
}

#[test]
fn completion_scripts_are_for_their_shells() {
    let place = Place::new();
    for (shell, args) in [("bash", vec!["-n"]), ("zsh", vec!["-n"]), ("fish", vec!["--no-execute"])] {
        let ran = place.run(&format!("completion {shell}"));
        assert!(ran.code == 0 && ran.out.contains("max-risk"), "{shell}");
        place.write("script", &ran.out);
        let words: Vec<&str> = args.into_iter().chain(["script"]).collect();
        if let Some(ran) = place.tool(shell, &words, b"") {
            assert_eq!(ran.code, 0, "{shell}: {}", ran.err);
        }
    }
    assert!(place.run("completion powershell").out.contains("Register-ArgumentCompleter"));
}

#[cfg(unix)]
#[test]
fn kubectl_completes_through_the_shim() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let shim = place.write("bin/kubectl_complete-harden", place.run("completion kubectl").out);
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
    let binary = assert_cmd::cargo::cargo_bin!("kubectl-harden");
    std::os::unix::fs::symlink(binary, place.path().join("bin/kubectl-harden")).unwrap();
    let path = format!("{}:{}", place.path().join("bin").display(), std::env::var("PATH").unwrap());
    let ask = |words: &[&str]| {
        let output = std::process::Command::new("kubectl_complete-harden").args(words).env("PATH", &path).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(ask(&["che"]).starts_with("check\t") && ask(&["che"]).ends_with(":4\n"), "{}", ask(&["che"]));

    // The real kubectl, where there is one: its own hidden verb asks plugins.
    let kubectl = std::process::Command::new("kubectl")
        .args(["__complete", "harden", "explain", "sysc"])
        .env("PATH", &path)
        .output();
    match kubectl {
        Ok(output) => {
            let out = String::from_utf8(output.stdout).unwrap();
            assert!(out.starts_with("sysctls"), "{out}");
        }
        Err(_) => eprintln!("skipped: there is no kubectl on this machine"),
    }
}

#[cfg(unix)]
#[test]
fn kubectl_starts_the_plugin_and_hands_on_its_exit_code() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    std::fs::create_dir(place.path().join("bin")).unwrap();
    let binary = assert_cmd::cargo::cargo_bin!("kubectl-harden");
    std::os::unix::fs::symlink(binary, place.path().join("bin/kubectl-harden")).unwrap();
    let path = format!("{}:{}", place.path().join("bin").display(), std::env::var("PATH").unwrap());
    let kubectl = std::process::Command::new("kubectl")
        .args(["harden", "-f", "web.yaml"])
        .current_dir(place.path())
        .env("PATH", &path)
        .output();
    let Ok(output) = kubectl else { return eprintln!("skipped: there is no kubectl on this machine") };
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("kubectl harden rewrite web.yaml"));
}

/// Hooks name their files one by one; what the ignore file names is left alone all the same.
#[test]
fn rewrite_minds_the_ignore_file_for_files_that_are_named() {
    let place = Place::new();
    place.write(".kubectl-hardenignore", "vendor/\n*.tmpl.yaml\n");
    for name in ["vendor/a.yaml", "b.tmpl.yaml", "c.yaml"] {
        place.write(name, WEB);
    }
    let ran = place.run("rewrite vendor/a.yaml b.tmpl.yaml c.yaml");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!((place.read("vendor/a.yaml"), place.read("b.tmpl.yaml")), (WEB.to_owned(), WEB.to_owned()));
    assert_ne!(place.read("c.yaml"), WEB);
    let ran = place.run("rewrite vendor/a.yaml");
    assert_eq!(ran.code, 0, "{}", ran.err);
    // Asking to see it is asking to see it.
    assert_eq!(place.run("diff -f vendor/a.yaml").code, 1);
}
