//! `explain image`: what is known of an image, from the facts and from a profile, as a user reads it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

mod common;
// The builders of the tests that read images.
#[allow(dead_code)]
#[path = "images/build.rs"]
mod build;
#[allow(dead_code)]
#[path = "images/tar.rs"]
mod tar;

use build::Image;
use common::Place;
use serde_json::{Value, json};
use tar::{By, Tar};

const SHA: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A profile that speaks of an own image, of a mirror and of a part of a known one.
const OWN: &str = "\
apiVersion: kubectl-harden.dev/v1alpha1
kind: HardeningProfile
metadata:
  name: own
spec:
  extends: [hardened]
  images:
    - match: [registry.example.com/shop/*]
      user: {uid: 10001}
      writable: [/tmp, {path: /srv/cache, keep: copy, note: pictures}]
    - match: [registry.example.com/mirror/redis]
      like: redis
    - match: [nginx]
      writable: []
";

/// The page with its lines joined: what is said, wherever it is broken.
fn said(place: &Place, words: &str) -> String {
    let ran = place.run(&format!("explain image {words}"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{words}");
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    ran.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn ten_images_are_explained() {
    let place = Place::new();
    for (image, parts) in [
        (
            "nginx:1.27",
            vec![
                "known as nginx [facts: nginx]",
                "states none and starts as root; the program runs as 101:101 (nginx), by its build file",
                "alone does not start (image will run as root); it does with runAsUser: 101",
                "becomes its user by setuid and needs CHOWN, SETGID, SETUID, NET_BIND_SERVICE",
                "/var/cache/nginx",
                "low ports 80, moved in its configuration",
                "nginx/docker-nginx:mainline/debian/Dockerfile",
            ],
        ),
        (
            "postgres:16-alpine",
            vec!["the program runs as 70:70", "any that owns its data", "POSTGRES_PASSWORD", "never both"],
        ),
        ("memcached", vec!["image has non-numeric user", "with runAsUser: 11211", "writes nothing"]),
        (
            "caddy:2",
            vec![
                "/usr/bin/caddy: NET_BIND_SERVICE, without which it is not executed",
                "it does with the number of a user",
            ],
        ),
        ("hashicorp/vault", vec!["set HOME=/home/vault SKIP_CHOWN=true SKIP_SETCAP=true"]),
        ("grafana/grafana:12.0.0", vec!["alone is enough", "the name with __FILE at its end: GF_*"]),
        ("rabbitmq:4", vec!["never set RABBITMQ_DEFAULT_PASS_FILE", "ends with exit code 0"]),
        ("python:3.13", vec!["hangs on the command in the manifest", "has none of its own", "any will do"]),
        (
            "quay.io/calico/node:v3.30.0",
            vec!["on a node network plugin", "it cannot follow run-as-non-root", "writes not known"],
        ),
        ("gitea/gitea:1.24", vec!["as root it must be: its supervisor and its ssh server need root"]),
    ] {
        let page = said(&place, image);
        for part in parts {
            assert!(page.contains(part), "{image}: {part:?} is not in\n{page}");
        }
    }
}

#[test]
fn a_digest_says_that_it_leaves_the_tag_open() {
    let place = Place::new();
    let page = said(&place, &format!("postgres@{SHA}"));
    assert!(page.contains("names no tag: what differs from tag to tag is left open"), "{page}");
    assert!(page.contains("the program's user hangs on the tag"), "{page}");
    assert!(!said(&place, &format!("postgres:17@{SHA}")).contains("left open"));
    assert!(!said(&place, &format!("nginx@{SHA}")).contains("left open"));
}

#[test]
fn an_unknown_image_says_what_would_help() {
    let place = Place::new();
    let image = "registry.example.com/shop/web:1";
    let page = said(&place, image);
    for part in ["nothing is known of registry.example.com/shop/web", "--inspect-images", "--image-source", "oci:DIR"] {
        assert!(page.contains(part), "{part:?} is not in\n{page}");
    }
    // What it offers to paste is a profile's spec that validates and tells of the image.
    let out = place.run(&format!("explain image {image}")).out;
    let spec = &out[out.find("\nspec:\n").unwrap() + 1..];
    place.write(
        "team.yaml",
        format!("apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata:\n  name: team\n{spec}"),
    );
    assert_eq!(place.run("profile validate team.yaml").code, 0, "{}", place.run("profile validate team.yaml").err);
    let page = said(&place, &format!("{image} -p ./team.yaml"));
    assert!(page.contains("the program runs as 10001:10001, by the profile") && page.contains("writes /tmp"), "{page}");
}

#[test]
fn what_an_image_itself_says_stands_below_the_facts() {
    let place = Place::new();
    let config = json!({"User": "web", "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/srv": {}}, "Cmd": ["/bin/web"]});
    let layer = Tar::new().file("bin/web", By(0, 0, 0o4755), "program");
    Image::new(config, [layer]).oci(&place.path().join("images"), Some("registry.example.com/shop/web:1"));
    let page = said(&place, "registry.example.com/shop/web:1 nginx --image-source oci:images");
    for part in [
        "read oci:images, sha256:",
        "USER web; runAsNonRoot alone: image has non-numeric user",
        "VOLUME /srv EXPOSE 80 starts /bin/web",
        "holds setuid: /bin/web",
        "known as nginx [facts: nginx]",
    ] {
        assert!(page.contains(part), "{part:?} is not in\n{page}");
    }
    assert!(!page.contains("nothing is known"), "{page}");
    assert!(said(&place, "nginx --image-facts none").contains("nothing is known of docker.io/library/nginx"));
}

#[test]
fn a_profile_adds_to_the_facts_and_says_so() {
    let place = Place::new();
    place.write("own.yaml", OWN);
    let own = said(&place, "registry.example.com/shop/web:1 -p own.yaml");
    assert!(own.contains("[profile: own.yaml:8:7]") && own.contains("(has content to copy first) pictures"), "{own}");
    let mirror = said(&place, "registry.example.com/mirror/redis:7-alpine -p own.yaml");
    assert!(mirror.contains("known as redis [profile: own.yaml:11:7, facts: redis]"), "{mirror}");
    assert!(mirror.contains("runs as 999:1000") && mirror.contains("docker-library/redis"), "{mirror}");
    let part = said(&place, "nginx -p own.yaml");
    assert!(part.contains("writes nothing") && part.contains("101:101"), "{part}");
    assert!(!said(&place, "nginx").contains("writes nothing"));

    let shown = place.run("profile show own.yaml").out;
    assert!(shown.contains("images:\n  registry.example.com/shop/*: user, writable\n    own.yaml:8:7\n"), "{shown}");
    assert!(shown.contains("registry.example.com/mirror/redis: like redis\n"), "{shown}");

    place.write("wrong.yaml", OWN.replace("like: redis", "like: rediss"));
    let ran = place.run("explain image nginx -p wrong.yaml");
    assert_eq!(ran.code, 2);
    let error = "error: wrong.yaml:12:13: there are no facts named \"rediss\"\n  did you mean \"redis\"?\n";
    assert!(ran.err.starts_with(error), "{}", ran.err);
}

#[test]
fn machines_get_the_facts_as_they_are_written() {
    let place = Place::new();
    let ran = place.run("explain image redis:8-alpine example.org/none -o json");
    let pages: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(pages[0]["image"], "docker.io/library/redis:8-alpine");
    assert_eq!(pages[0]["factsFrom"], "facts: redis");
    assert_eq!(pages[0]["runsAs"], json!({"uid": 999, "gid": 1000}));
    assert_eq!(pages[0]["facts"]["volumes"], json!(["/data"]));
    assert_eq!((&pages[1]["factsFrom"], &pages[1]["facts"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_facts_are_listed_and_nonsense_is_refused() {
    let place = Place::new();
    let list = place.run("explain image").out;
    assert!(list.lines().count() > 150 && list.starts_with("NAME "), "{list}");
    assert!(
        list.lines().any(|line| line.starts_with("php-apache ") && line.contains("library/php:*apache*")),
        "{list}"
    );
    for (image, why) in [("Nginx", "has upper-case letters"), ("${IMAGE}", "a template"), ("nginx:", "is not a tag")] {
        let ran = place.run(&format!("explain image {image}"));
        assert_eq!(ran.code, 2, "{image}");
        assert!(ran.err.contains(why) && ran.err.contains("explain -h"), "{}", ran.err);
    }
    assert!(place.run("explain sysctls image nginx").err.starts_with("error: unexpected word \"sysctls\"\n"));
    let help = place.run("explain image -h").out;
    assert!(help.contains("--profile") && help.contains("IMAGE"), "{help}");
}
