//! Profiles: what can be said, what is refused and how, and that the published schema agrees.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use kubectl_harden::image::Images;
use kubectl_harden::profile::{BUILTIN, DEFAULT, Profile, ProfileError, ProfileText, level_rules, load, schema};
use kubectl_harden::rules::{Level, REGISTRY, Standard, by_id};
use kubectl_harden::workload::{Identity, Minor};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Read a file as the command does: relative to the file that names it.
fn read(path: &str, from: Option<&str>) -> Result<ProfileText, String> {
    let folder = from.and_then(|from| Path::new(from).parent()).unwrap_or(Path::new(""));
    let name = folder.join(path).display().to_string();
    match std::fs::read_to_string(Path::new(ROOT).join(&name)) {
        Ok(text) => Ok(ProfileText { name, text }),
        Err(_) => Err(format!("there is no file {name:?}")),
    }
}

fn profile(reference: &str) -> Result<Profile, ProfileError> {
    load(reference, &read)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 2, "{folder} is nearly empty");
    files
}

fn object(kind: &str, namespace: &str) -> (Identity, Value) {
    let value = json!({"metadata": {"name": "x", "namespace": namespace}});
    (Identity::of("v1".into(), kind.into(), &value), value)
}

/// The settings for an object, each as `id severity`.
fn settings(profile: &Profile, object: &(Identity, Value)) -> Vec<String> {
    profile.settings_for(&object.0, &object.1).iter().map(|one| format!("{} {}", one.rule.id, one.severity())).collect()
}

fn ids(profile: &Profile) -> Vec<&'static str> {
    profile.rules.iter().map(|setting| setting.rule.id).collect()
}

#[test]
fn the_built_in_profiles_are_exactly_the_standards() {
    let of_level = |level: Level| {
        let serves = move |standard: &Standard| matches!(standard, Standard::Pss(of, _) if *of == level);
        REGISTRY.iter().filter(move |rule| rule.standards.iter().any(serves)).map(|rule| rule.id)
    };
    let mut baseline: Vec<_> = of_level(Level::Baseline).collect();
    baseline.sort_unstable();
    assert_eq!(baseline.len(), 12);
    assert_eq!(ids(&profile("baseline").unwrap()), baseline);

    // Four checks of the baseline are replaced by stricter ones.
    let replaced = ["capabilities-baseline", "host-path-volumes", "proc-mount", "seccomp-profile-baseline"];
    let mut restricted: Vec<_> = baseline.into_iter().filter(|id| !replaced.contains(id)).collect();
    restricted.extend(of_level(Level::Restricted));
    restricted.sort_unstable();
    assert_eq!(restricted.len(), 15);
    assert_eq!(ids(&profile("restricted").unwrap()), restricted);
    assert!(ids(&profile("privileged").unwrap()).is_empty());

    assert_eq!(level_rules(Level::Baseline).len(), 12);
    assert_eq!(level_rules(Level::Restricted).len(), 15);
    let hardened = profile(DEFAULT).unwrap();
    assert!(restricted.iter().all(|id| ids(&hardened).contains(id)));
    for builtin in BUILTIN {
        let read = profile(builtin.name).unwrap();
        assert_eq!(read.name, builtin.name);
        assert!(read.description.ends_with('.') && read.exceptions.is_empty(), "{}", builtin.name);
        assert!(read.rules.iter().all(|setting| setting.enabled && setting.selector.is_none()), "{}", builtin.name);
    }
}

/// A rule that is there twice, for the mild and the strict level: one of them stands in a profile.
const PAIRS: [[&str; 2]; 4] = [
    ["capabilities", "capabilities-baseline"],
    ["host-path-volumes", "restricted-volumes"],
    ["proc-mount", "proc-mount-restricted"],
    ["seccomp-profile", "seccomp-profile-baseline"],
];

#[test]
fn a_profile_that_is_a_standard_has_the_rules_that_cite_it() {
    let mut checked = 0;
    for builtin in BUILTIN {
        let Some(cited) = builtin.cites else { continue };
        let own = ids(&profile(builtin.name).unwrap());
        let pair = |id: &str| PAIRS.iter().find(|pair| pair.contains(&id));
        for id in &own {
            assert!(!cited.of(by_id(id).unwrap()).is_empty(), "{}: {id} cites nothing", builtin.name);
            let twice = pair(id).is_some_and(|pair| pair.iter().all(|id| own.contains(id)));
            assert!(!twice, "{}: {id} is there twice", builtin.name);
        }
        for rule in REGISTRY.iter().filter(|rule| !cited.of(rule).is_empty()) {
            let instead = pair(rule.id).is_some_and(|pair| pair.iter().any(|id| own.contains(id)));
            assert!(own.contains(&rule.id) || instead, "{}: {} cites it and is not there", builtin.name, rule.id);
        }
        checked += 1;
    }
    assert_eq!(checked, 2);
}

/// The paragraphs that there are: section 5 of the CIS Kubernetes Benchmark 1.12, and the chapters of the NSA/CISA guide 1.2 that
/// are about workloads.
#[test]
fn a_rule_cites_paragraphs_that_exist() {
    let sections = [("5.1", 13), ("5.2", 12), ("5.3", 2), ("5.4", 2), ("5.5", 1), ("5.6", 4)];
    let chapters = [
        "Non-root containers and rootless container engines",
        "Immutable container file systems",
        "Building secure container images",
        "Pod security enforcement",
        "Protecting Pod service account tokens",
        "Hardening container environments",
        "Namespaces",
        "Network policies",
        "Resource policies",
        "Secrets",
        "Role-based access control",
        "Upgrading and application security practices",
    ];
    for (rule, standard) in REGISTRY.iter().flat_map(|rule| rule.standards.iter().map(move |one| (rule, one))) {
        let exists = match standard {
            Standard::Cis(section) => sections.iter().any(|(chapter, last)| {
                let number = section.strip_prefix(chapter).and_then(|rest| rest.strip_prefix('.')?.parse::<u32>().ok());
                number.is_some_and(|number| (1..=*last).contains(&number))
            }),
            Standard::Nsa(chapter) => chapters.contains(chapter),
            _ => true,
        };
        assert!(exists, "{}: there is no {standard}", rule.id);
    }
}

#[test]
fn a_profile_says_what_it_says() {
    let team = profile("testdata/profiles/valid/team.yaml").unwrap();
    assert_eq!((team.name.as_str(), team.kubernetes), ("team", Minor::new(30).unwrap()));
    assert_eq!(team.extends, ["restricted", "house"]);
    assert!(team.kinds.knows("example.com", "Gadget") && team.kinds.knows("apps", "Deployment"));

    let [house, own] = team.exceptions.as_slice() else { panic!("{:?}", team.exceptions) };
    assert_eq!(house.origin, "testdata/profiles/valid/./house.yaml:15:7");
    assert_eq!(own.origin, "testdata/profiles/valid/team.yaml:27:7");
    assert_eq!(own.rules, ["restricted-volumes", "host-ports"]);
    assert_eq!(own.expires.as_deref(), Some("2027-01-31"));
    assert_eq!(own.reason, "reads the node's logs");
    assert_eq!(
        own.selector.to_string(),
        "namespaces kube-system; kinds DaemonSet; names log-*; labels app.kubernetes.io/part-of=logging"
    );

    let summary = serde_json::to_value(team.summary()).unwrap();
    assert_eq!(summary["kubernetesVersion"], "1.30");
    let off = summary["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "host-ports").unwrap();
    assert_eq!((&off["enabled"], &off["podSecurity"]), (&json!(false), &json!("hostPorts")));
}

/// User and group, the paths written, and where that is from.
type Said = (Option<(u32, Option<u32>)>, Option<Vec<String>>, String);

/// What is said of an image.
fn said(profile: &Profile, image: &str) -> Said {
    let known = Images::new(profile.images.clone(), true, HashMap::new()).of(image);
    let writable = known.facts.as_ref().and_then(|facts| facts.writable.clone());
    let paths = writable.map(|list| list.into_iter().map(|one| one.path).collect());
    (known.user(), paths, known.origin.map(|origin| origin.to_string()).unwrap_or_default())
}

#[test]
fn a_profile_speaks_of_images_before_the_program_does() {
    let images = profile("testdata/profiles/valid/images.yaml").unwrap();
    let said = |image: &str| said(&images, image);
    let paths = |list: &[&str]| Some(list.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
    let place = "profile: testdata/profiles/valid/images.yaml";
    let base = "profile: testdata/profiles/valid/./images-base.yaml";

    // Like a known one, its variants included.
    let mirror = format!("{place}:9:7, facts: redis");
    let redis = "registry.example.com/mirror/redis";
    assert_eq!(said(&format!("{redis}:7")), (Some((999, Some(999))), paths(&["/data"]), mirror.clone()));
    assert_eq!(said(&format!("{redis}:7-alpine")), (Some((999, Some(1000))), paths(&["/data"]), mirror));
    // All there is to say, for some tags; the base profile for the others.
    let shop = paths(&["/tmp", "/srv/cache"]);
    assert_eq!(said("registry.example.com/shop/web:v2.1"), (Some((10001, Some(0))), shop, format!("{place}:12:7")));
    assert_eq!(said("registry.example.com/shop/web:v1"), (Some((2000, None)), None, format!("{base}:8:7")));
    // Some fields over those of the program: what is not stated stays, a stated user has no variants.
    let own = paths(&["/var/lib/postgresql/data", "/run/postgresql"]);
    assert_eq!(
        said("postgres:17-alpine"),
        (Some((70, Some(70))), own, format!("{place}:28:7, facts: postgres-until-17"))
    );
    let (user, writable, from) = said("nginx:1.27-alpine");
    assert_eq!((user, from), (Some((5000, Some(5000))), format!("{base}:10:7, facts: nginx")));
    assert!(writable.unwrap().contains(&"/var/cache/nginx".to_owned()));
    // Mirrors of what a profile speaks of, and what none speaks of.
    assert_eq!(said("public.ecr.aws/docker/library/nginx").0, Some((5000, Some(5000))));
    assert_eq!(said("redis").2, "facts: redis");

    let known = Images::new(images.images.clone(), false, HashMap::new()).of("registry.example.com/shop/web:v2.1");
    let facts = serde_json::to_value(known.facts.as_deref().unwrap()).unwrap();
    assert_eq!(facts["user"], json!({"name": "shop", "uid": 10001, "gid": 0, "basis": "profile"}));
    assert_eq!(facts["anyUid"], "yes");
    assert_eq!(facts["writable"][1]["copyFrom"], "/srv/cache.orig");
    assert_eq!(facts["ports"], json!([{"port": 80, "how": "sysctl"}, {"port": 443, "how": "env"}]));
    assert_eq!(facts["fileCaps"][0]["effective"], true);
    assert_eq!(facts["rootStart"], json!({"drops": "none", "caps": ["SETUID"]}));
    assert_eq!(facts["setEnv"], json!({"SHOP_HOME": "/tmp"}));
    assert_eq!(facts["fileEnv"]["suffix"], "_FILE");
    assert_eq!(facts["fileEnv"]["vars"], json!(["SHOP_*"]));
    assert_eq!(facts["fileEnv"]["since"], "2.1");
    assert_eq!(facts["noFileEnv"]["fatal"], json!(["SHOP_KEY_FILE"]));
    assert_eq!(facts["node"]["rules"], json!(["host-path-volumes"]));
    assert_eq!(facts["basis"], json!(["profile"]));
}

#[test]
fn the_last_setting_that_selects_an_object_counts() {
    let team = profile("testdata/profiles/valid/team.yaml").unwrap();
    let has = |kind: &str, namespace: &str, setting: &str| {
        settings(&team, &object(kind, namespace)).iter().any(|one| one == setting)
    };
    let runs = |kind: &str, namespace: &str, id: &str| {
        settings(&team, &object(kind, namespace)).iter().any(|one| one.starts_with(&format!("{id} ")))
    };
    // Of the file itself: general, for some, for some of those.
    assert!(has("Pod", "shop", "run-as-non-root low"));
    assert!(!runs("Pod", "batch-etl", "run-as-non-root"));
    assert!(has("Pod", "batch-pay", "run-as-non-root critical"));
    assert!(!runs("Pod", "shop", "host-ports"));
    assert!(runs("Pod", "shop", "host-path-volumes"));
    // Over what it extends: naming the rule turns it on again, its severity holds for every setting of it.
    assert!(has("Pod", "shop", "seccomp-profile high"));
    assert!(!runs("Job", "shop", "seccomp-profile"));

    let house = profile("testdata/profiles/valid/house.yaml").unwrap();
    assert!(house.rules.iter().filter(|one| one.rule.id == "seccomp-profile").all(|one| !one.enabled));
}

#[test]
fn on_and_off_may_stand_in_quotes() {
    let json = profile("testdata/profiles/valid/profile.json").unwrap();
    assert!(!json.rules.iter().any(|one| one.rule.id == "sysctls" && one.enabled));
    assert!(json.rules.iter().any(|one| one.rule.id == "privileged" && one.enabled));
}

#[test]
fn the_command_line_chooses_rules() {
    let mut only = profile("testdata/profiles/valid/team.yaml").unwrap();
    only.only(&["host-ports".into(), "proc-mount".into(), "run-as-non-root".into()]).unwrap();
    let object = object("Pod", "batch-etl");
    let severity = |id: &str| kubectl_harden::rules::by_id(id).unwrap().severity;
    // Off in the profile, not in it at all; a selector still counts.
    assert_eq!(
        settings(&only, &object),
        [format!("host-ports {}", severity("host-ports")), format!("proc-mount {}", severity("proc-mount"))]
    );

    let mut skip = profile("baseline").unwrap();
    skip.skip(&["sysctls".into()]).unwrap();
    assert_eq!(skip.rules.len(), 11);
    let unknown = skip.skip(&["sysctl".into()]).unwrap_err();
    assert_eq!(unknown.to_string(), "unknown rule \"sysctl\"\n  did you mean \"sysctls\"?");
    assert_eq!(skip.only(&["gravity".into()]).unwrap_err().to_string(), "unknown rule \"gravity\"");
    assert_eq!(skip.rules.len(), 11);
}

/// Every file of `invalid/` begins with the errors it should give, as comments.
#[test]
fn what_is_wrong_is_told_with_its_place_and_a_suggestion() {
    for path in files("testdata/profiles/invalid") {
        let name = format!("testdata/profiles/invalid/{}", path.file_name().unwrap().display());
        let text = std::fs::read_to_string(&path).unwrap();
        let expected: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let error = profile(&name).expect_err(&name).to_string();
        let told: Vec<String> = error.lines().map(|line| line.replace(&format!("{name}:"), "")).collect();
        // The words of the YAML parser are its own: only the place is compared.
        let expected_whole = !expected[0].ends_with(':');
        if expected_whole {
            let expected = expected.join("\n").replace(&format!("{name}:"), "");
            assert_eq!(told.join("\n"), expected, "{name}");
        } else {
            assert!(told[0].starts_with(expected[0]), "{name}: {error}");
        }
        assert!(error.starts_with(&format!("{name}:")), "{error}");
    }
}

#[test]
fn a_profile_that_is_not_there_is_told_without_a_place() {
    assert_eq!(
        profile("restrictd").unwrap_err().to_string(),
        "unknown profile \"restrictd\"\n  did you mean \"restricted\"?"
    );
    assert_eq!(profile("./none.yaml").unwrap_err().to_string(), "there is no file \"./none.yaml\"");
}

#[test]
fn a_chain_of_profiles_may_meet_again_but_not_close() {
    let text = |name: &str, extends: &str| ProfileText {
        name: name.to_owned(),
        text: format!(
            "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {{name: {}}}\nspec: {{extends: [{extends}]}}\n",
            name.replace('.', "-"),
        ),
    };
    let loader = |path: &str, from: Option<&str>| match path {
        "top.y" => Ok(text("top.y", "left.y, right.y")),
        "left.y" | "right.y" => Ok(text(path, "bottom.y")),
        "bottom.y" => Ok(text("bottom.y", "baseline")),
        "a.y" => Ok(text("a.y", "b.y")),
        "b.y" => Ok(text("b.y", "a.y")),
        // A path that is spelled differently every time.
        "./d.y" => Ok(text(&format!("{}d/./d.y", from.unwrap_or_default()), "./d.y")),
        _ => Err("none".to_owned()),
    };
    let top = load("top.y", &loader).unwrap();
    assert_eq!(top.extends, ["baseline", "bottom-y", "left-y", "right-y"]);
    let cycle = load("a.y", &loader).unwrap_err().to_string();
    assert_eq!(cycle, "b.y:4:18: the profile extends itself: a.y -> b.y -> a.y");
    assert!(load("./d.y", &loader).unwrap_err().to_string().contains("the profile extends itself"));
}

#[test]
fn the_published_schema_is_up_to_date() {
    let path = Path::new(ROOT).join("docs/profile.schema.json");
    let wanted = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == wanted, "docs/profile.schema.json is out of date: UPDATE=1 cargo test --test profile");
}

#[test]
fn the_schema_agrees_with_the_reader() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let value = |path: &Path| -> Value { serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap() };
    for path in [files("profiles"), files("testdata/profiles/valid")].concat() {
        let errors: Vec<String> = validator.iter_errors(&value(&path)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
    // What a schema cannot say: which other profiles there are, the days of a month, the syntax of a glob.
    let beyond = ["extends.yaml", "cycle.yaml", "two-documents.yaml", "no-yaml.yaml"];
    for path in files("testdata/profiles/invalid") {
        if !beyond.iter().any(|name| path.ends_with(name)) {
            assert!(!validator.is_valid(&value(&path)), "{} passes", path.display());
        }
    }
}
