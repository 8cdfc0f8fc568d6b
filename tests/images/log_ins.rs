//! Whose name is used at a registry, and that nobody ever sees it.

use crate::common::Place;
use crate::registry::base64_of;
use crate::server::{PASSWORD, Registry, USER, log_in_file};
use crate::sources::image;
use serde_json::json;
use std::path::PathBuf;

/// A manifest with this image, and the binary over it.
fn check(place: &Place, host: &str, change: impl FnOnce(&mut assert_cmd::Command)) -> (String, String) {
    let manifest = crate::common::WEB.replace("nginx:1.27", &format!("{host}/app:1"));
    place.write("web.yaml", manifest);
    let mut command = place.harden();
    command.env("HOME", place.path()).args(["check", "-f", "web.yaml", "--inspect-images", "-v"]);
    change(&mut command);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(1), "trouble with an image never ends a run: {err}");
    for canary in [PASSWORD, "canary", &base64_of(&format!("{USER}:{PASSWORD}"))] {
        assert!(!out.contains(canary) && !err.contains(canary), "{canary}: {out}{err}");
    }
    let warnings: Vec<&str> = err.lines().filter(|line| line.starts_with("Warning: the image")).collect();
    (out, warnings.join("\n").replace(&format!("Warning: the image {host}/app:1 "), ""))
}

#[test]
fn log_ins_are_found_where_docker_and_podman_keep_them() {
    let Some(registry) = Registry::start(true) else { return };
    registry.push("app", "1", &image().parts(), true);
    let host = &registry.host;
    let place = Place::new();
    let warning = check(&place, host, |_| {}).1;
    assert_eq!(warning, format!("is not given out by {host}: it needs a log-in"));

    // Places from last to first: each wins over those before it, so each is seen to count.
    let wrong = |path: &PathBuf| log_in_file(path, host, USER, "canary-wrong");
    let right = |path: &PathBuf| log_in_file(path, host, USER, PASSWORD);
    let at = |name: &str| place.path().join(name);
    let mut set: Vec<(&str, PathBuf)> = Vec::new();
    let places = [
        (at(".config/containers/auth.json"), None),
        (at("run/containers/auth.json"), Some(("XDG_RUNTIME_DIR", at("run")))),
        (at("podman.json"), Some(("REGISTRY_AUTH_FILE", at("podman.json")))),
        (at(".docker/config.json"), None),
        (at("docker/config.json"), Some(("DOCKER_CONFIG", at("docker")))),
    ];
    for (path, variable) in places {
        set.extend(variable);
        let go = |command: &mut assert_cmd::Command| {
            command.envs(set.clone());
        };
        wrong(&path);
        let warning = check(&place, host, go).1;
        assert_eq!(warning, format!("is not given out by {host}: it refuses the credentials of {}", path.display()));
        right(&path);
        assert_eq!(check(&place, host, go).1, "", "{}", path.display());
        std::fs::remove_dir_all(at(".cache")).unwrap();
        wrong(&path);
    }
    let given = at("given.json");
    right(&given);
    let go = |command: &mut assert_cmd::Command| {
        command.envs(set.clone()).arg("--registry-config").arg(&given);
    };
    assert_eq!(check(&place, host, go).1, "");
}

#[test]
fn a_registry_config_that_cannot_be_used_is_wrong_use() {
    let place = Place::new();
    place.write("web.yaml", crate::common::WEB);
    place.write("bad.json", "{\n\"auths\": canary-password");
    for name in ["bad.json", "none.json"] {
        let ran = place.run(&format!("check -f web.yaml --inspect-images --registry-config {name}"));
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(name) && !ran.err.contains("canary"), "{}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn helpers_are_asked_and_what_they_print_stays_with_us() {
    use std::os::unix::fs::PermissionsExt;
    let Some(registry) = Registry::start(true) else { return };
    registry.push("app", "1", &image().parts(), true);
    let host = &registry.host;
    let place = Place::new();
    let helper = |script: &str| {
        let path = place.write("bin/docker-credential-test", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let path = format!("{}:{}", place.path().join("bin").display(), std::env::var("PATH").unwrap());
    let go = |command: &mut assert_cmd::Command| {
        command.env("PATH", &path);
    };
    for config in [json!({"credsStore": "test", "auths": {host: {}}}), json!({"credHelpers": {host: "test"}})] {
        place.write(".docker/config.json", config.to_string());
        helper(&format!(
            "[ \"$1\" = get ] && read host && [ \"$host\" = {host} ] && \
             echo '{{\"ServerURL\": \"x\", \"Username\": \"{USER}\", \"Secret\": \"{PASSWORD}\"}}'"
        ));
        assert_eq!(check(&place, host, go).1, "");
        std::fs::remove_dir_all(place.path().join(".cache")).unwrap();
        helper("echo canary-of-a-helper; echo canary-of-a-helper >&2; exit 1");
        let warning = check(&place, host, go).1;
        let why = "it needs a log-in (docker-credential-test gives no answer)";
        assert_eq!(warning, format!("is not given out by {host}: {why}"));
        helper("echo credentials not found in native keychain; exit 1");
        assert_eq!(check(&place, host, go).1, format!("is not given out by {host}: it needs a log-in"));
    }
    place.write(".docker/config.json", json!({"credsStore": "absent"}).to_string());
    let warning = check(&place, host, go).1;
    assert!(warning.contains("docker-credential-absent does not start"), "{warning}");
}
