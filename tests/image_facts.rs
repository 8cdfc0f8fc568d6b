//! The facts that come with the program: each entry is whole and true to its form, can be reached, and is found for the
//! names that manifests write.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use kubectl_harden::image::{Basis, Facts, Images, Known, Origin, Reference, builtin};
use kubectl_harden::rules::by_id;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// The capabilities of Linux 6, without `CAP_`: capabilities(7).
const CAPABILITIES: &str = "AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE \
    DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN \
    NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT \
    SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM";

const SHA: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Every entry as it stands in its file, with the file's name.
fn entries() -> Vec<(String, Facts)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/image/facts");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let read: Vec<Facts> = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!read.is_empty(), "{name} is empty");
        all.extend(read.into_iter().map(|entry| (name.clone(), entry)));
    }
    assert!(all.len() >= 91, "only {} entries", all.len());
    all
}

/// A text that a glob is for.
fn sample(glob: &str) -> String {
    let one = match glob.split_once('{') {
        Some((start, rest)) => {
            let (list, end) = rest.split_once('}').unwrap();
            format!("{start}{}{end}", list.split(',').next().unwrap())
        }
        None => glob.to_owned(),
    };
    one.replace('*', "x")
}

fn images() -> Images {
    Images::new(Vec::new(), true, HashMap::new())
}

fn id(known: &Known) -> Option<&'static str> {
    match known.origin {
        Some(Origin::Builtin(id)) => Some(id),
        _ => None,
    }
}

#[test]
fn every_entry_is_whole() {
    let mut seen = BTreeSet::new();
    for (file, entry) in entries() {
        let of = format!("{file}, {}", entry.id);
        assert!(seen.insert(entry.id.clone()), "{of}: the name stands twice");
        assert_eq!(builtin::entry(&entry.id).as_ref(), Some(&entry), "{of}: what the program holds is something else");
        assert!(!entry.repositories.is_empty(), "{of}: matches nothing");
        assert!(!entry.basis.is_empty() && !entry.basis.contains(&Basis::Profile), "{of}: what it rests on");
        assert!(!entry.sources.is_empty() && entry.sources.iter().all(|one| one.len() > 5), "{of}: no sources");
        assert!(
            !entry.traps.iter().any(|trap| trap.ends_with('.') || trap.len() > 120),
            "{of}: a trap is a short clause"
        );
        for repository in &entry.repositories {
            let sample = sample(repository);
            let read = Reference::parse(&sample).unwrap_or_else(|error| panic!("{of}: {sample}: {error}"));
            assert_eq!(read.repository(), sample, "{of}: not normalised");
        }
        for tag in entry.tag.iter().chain(entry.variants.iter().map(|one| &one.tag)) {
            assert!(Reference::parse(&format!("a:{}", sample(tag))).is_ok(), "{of}: {tag:?} fits no tag");
        }
        assert!(entry.user.gid.is_none() || entry.user.uid.is_some(), "{of}: a group without a user");
    }
    assert_eq!(builtin::ids().collect::<BTreeSet<_>>(), seen.iter().map(String::as_str).collect());
}

#[test]
fn paths_capabilities_ports_and_rules_are_real() {
    let capabilities: BTreeSet<&str> = CAPABILITIES.split_whitespace().collect();
    for (file, entry) in entries() {
        let of = format!("{file}, {}", entry.id);
        let writable = entry.writable.iter().flatten();
        let mut paths: Vec<&str> = writable.clone().map(|one| one.path.as_str()).collect();
        assert_eq!(paths.len(), paths.iter().collect::<BTreeSet<_>>().len(), "{of}: a path stands twice");
        paths.extend(writable.filter_map(|one| one.copy_from.as_deref()));
        paths.extend(entry.volumes.iter().map(String::as_str));
        paths.extend(entry.file_caps.iter().map(|one| one.path.as_str()));
        for path in paths {
            let clean = path.len() > 1 && path.split('/').skip(1).all(|part| !matches!(part, "" | "." | ".."));
            assert!(path.starts_with('/') && clean, "{of}: {path:?} is not absolute and clean");
        }
        let caps = entry.file_caps.iter().flat_map(|one| &one.caps);
        for cap in caps.chain(entry.root_start.iter().flat_map(|one| &one.caps)) {
            assert!(capabilities.contains(cap.as_str()), "{of}: there is no capability {cap}");
        }
        for port in &entry.ports {
            assert!((1..1024).contains(&port.port), "{of}: port {} is not a low one", port.port);
            assert!(["config", "env", "arg", "sysctl"].contains(&port.how.as_str()), "{of}: {}", port.how);
        }
        if let Some(root) = &entry.root_start {
            let ways = ["gosu", "su-exec", "setpriv", "setuid", "s6", "chroot", "none"];
            assert!(ways.contains(&root.drops.as_str()), "{of}: {}", root.drops);
        }
        if let Some(node) = &entry.node {
            assert!(!node.what.is_empty() && !node.why.is_empty() && !node.rules.is_empty(), "{of}");
            assert!(!node.what.starts_with(['a', 'e', 'i', 'o', 'u']), "{of}: reads badly after \"a\": {}", node.what);
            for rule in &node.rules {
                assert!(by_id(rule).is_some(), "{of}: there is no rule {rule}");
            }
        }
    }
}

/// An image made from a glob's own text is found under its own entry: nothing stands before it that takes all.
#[test]
fn no_entry_is_out_of_reach() {
    let images = images();
    for (file, entry) in entries() {
        for repository in &entry.repositories {
            let tag = sample(entry.tag.as_deref().unwrap_or("0"));
            let image = format!("{}:{tag}", sample(repository));
            assert_eq!(id(&images.of(&image)), Some(entry.id.as_str()), "{file}: {image}");
        }
        for variant in &entry.variants {
            let tag = sample(&entry.tag.as_deref().unwrap_or("*").replace('*', &sample(&variant.tag)));
            let known = images.of(&format!("{}:{tag}", sample(&entry.repositories[0])));
            assert_eq!(known.user(), Some((variant.uid, Some(variant.gid))), "{file}, {}: {tag}", entry.id);
        }
    }
}

#[test]
fn names_are_found_as_manifests_write_them() {
    let images = images();
    for (image, expected) in [
        ("nginx", "nginx 101:101"),
        ("nginx:1.27-alpine", "nginx 101:101"),
        ("docker.io/library/nginx:1.27@DIGEST", "nginx 101:101"),
        ("public.ecr.aws/docker/library/nginx:stable", "nginx 101:101"),
        ("mirror.gcr.io/library/nginx", "nginx 101:101"),
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cache/quay.io/prometheus/prometheus:v3",
            "prometheus 65534:65534",
        ),
        ("mirror.example.com/docker.io/nginx:1", "nginx 101:101"),
        ("mirror.example.com/public.ecr.aws/docker/library/redis:7", "redis 999:999"),
        ("mcr.microsoft.com/mirror/docker/library/nginx:1.25", "nginx 101:101"),
        ("nginxinc/nginx-unprivileged:1.27", "nginx-unprivileged 101:101"),
        ("bitnami/nginx:1.27", "bitnami-nginx 1001:0"),
        ("bitnamilegacy/redis:7", "bitnami-redis 1001:0"),
        ("public.ecr.aws/bitnami/postgresql:17", "bitnami-postgresql 1001:0"),
        ("registry-1.docker.io/bitnami/kafka", "bitnami-any 1001:0"),
        ("redis:7.2", "redis 999:999"),
        ("redis:7.2-alpine3.20", "redis 999:1000"),
        ("postgres", "postgres 999:999"),
        ("postgres:17-alpine", "postgres-until-17 70:70"),
        ("postgres:9.6", "postgres-until-17 999:999"),
        ("postgres:18.1", "postgres 999:999"),
        ("postgres:alpine", "postgres 70:70"),
        ("rabbitmq:4-management-alpine", "rabbitmq 100:101"),
        ("httpd:2.4", "httpd 33:33"),
        ("httpd:2.4-alpine", "httpd 82:82"),
        ("php:8.3-apache", "php-apache 33:33"),
        ("php:8.3-fpm-alpine", "php-fpm 82:82"),
        ("php:8.3", "php 33:33"),
        ("influxdb:3-core", "influxdb3 1500:1500"),
        ("influxdb:1.11", "influxdb1 1500:1500"),
        ("influxdb", "influxdb2 1000:1000"),
        ("gitea/gitea:1.22-rootless", "gitea-rootless 1000:1000"),
        ("gitea/gitea:1.22", "gitea 1000:1000"),
        ("gcr.io/distroless/static:nonroot", "distroless-nonroot 65532:65532"),
        ("gcr.io/distroless/java21-debian12", "distroless 65532:65532"),
        ("k8s.gcr.io/coredns/coredns:v1.11.1", "coredns 65532:65532"),
        ("envoyproxy/envoy:distroless-v1.31", "envoy-distroless 65532:65532"),
        ("envoyproxy/envoy:v1.31", "envoy -"),
        ("caddy:2", "caddy -"),
        ("python:3.13-slim", "python -"),
        ("busybox", "base-os 65534:65534"),
        // Nothing is known of these, though they look like what is known.
        ("localhost:5000/nginx", "- -"),
        ("registry.example.com/library/nginx", "- -"),
        ("example/nginx", "- -"),
        ("nginx/extra", "- -"),
        ("mirror.example.com/example.org/nginx", "- -"),
        ("Nginx", "- -"),
        ("nginx:${TAG}", "- -"),
        ("", "- -"),
    ] {
        let known = images.of(&image.replace("DIGEST", SHA));
        let user = known.user().map(|(uid, gid)| format!("{uid}:{}", gid.unwrap_or(9)));
        let found = format!("{} {}", id(&known).unwrap_or("-"), user.as_deref().unwrap_or("-"));
        assert_eq!(found, expected, "{image}");
        assert!(!known.open_tag, "{image}");
    }
}

#[test]
fn a_digest_alone_leaves_open_what_hangs_on_the_tag() {
    let images = images();
    let known = |name: &str| images.of(&format!("{name}@{SHA}"));
    let user = |name: &str| (id(&known(name)), known(name).open_tag, known(name).user());
    assert_eq!(user("nginx"), (Some("nginx"), false, Some((101, Some(101)))));
    assert_eq!(user("postgres"), (Some("postgres"), true, None));
    assert_eq!(user("redis"), (Some("redis"), true, Some((999, None))));
    // Entries for some tags only do not count, but are remembered.
    assert_eq!(user("influxdb"), (Some("influxdb2"), true, None));
    assert_eq!(user("gcr.io/distroless/static"), (Some("distroless"), true, Some((65532, Some(65532)))));
}

#[test]
fn the_facts_can_be_left_out() {
    let none = Images::new(Vec::new(), false, HashMap::new()).of("nginx");
    assert!(none.facts.is_none() && none.origin.is_none() && none.user().is_none());
    assert_eq!(images().of("nginx").origin.unwrap().to_string(), "facts: nginx");
}

/// Each repository is spoken of once for the same tags, so that no entry hides behind another by chance.
#[test]
fn no_two_entries_speak_of_the_same() {
    let mut seen = BTreeMap::new();
    for (_, entry) in entries() {
        for repository in &entry.repositories {
            let before = seen.insert((repository.clone(), entry.tag.clone()), entry.id.clone());
            assert_eq!(before, None, "{repository} {:?}", entry.tag);
        }
    }
}
