//! The grammar of references, by example.

use super::*;

const SHA: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Text; in full; familiar; registry; tag that counts.
const GOOD: &[(&str, &str, &str, &str, &str)] = &[
    ("nginx", "docker.io/library/nginx", "nginx", "docker.io", "latest"),
    ("nginx:latest", "docker.io/library/nginx:latest", "nginx:latest", "docker.io", "latest"),
    ("nginx:1.27-alpine", "docker.io/library/nginx:1.27-alpine", "nginx:1.27-alpine", "docker.io", "1.27-alpine"),
    ("library/nginx", "docker.io/library/nginx", "nginx", "docker.io", "latest"),
    ("docker.io/nginx:1", "docker.io/library/nginx:1", "nginx:1", "docker.io", "1"),
    ("docker.io/library/nginx", "docker.io/library/nginx", "nginx", "docker.io", "latest"),
    ("index.docker.io/nginx", "docker.io/library/nginx", "nginx", "docker.io", "latest"),
    ("registry-1.docker.io/bitnami/redis", "docker.io/bitnami/redis", "bitnami/redis", "docker.io", "latest"),
    ("registry.hub.docker.com/library/redis", "docker.io/library/redis", "redis", "docker.io", "latest"),
    ("bitnami/redis:7.2", "docker.io/bitnami/redis:7.2", "bitnami/redis:7.2", "docker.io", "7.2"),
    ("library/a/b", "docker.io/library/a/b", "library/a/b", "docker.io", "latest"),
    (
        "quay.io/prometheus/prometheus:v3.0.0",
        "quay.io/prometheus/prometheus:v3.0.0",
        "quay.io/prometheus/prometheus:v3.0.0",
        "quay.io",
        "v3.0.0",
    ),
    (
        "registry.k8s.io/pause:3.10",
        "registry.k8s.io/pause:3.10",
        "registry.k8s.io/pause:3.10",
        "registry.k8s.io",
        "3.10",
    ),
    ("localhost/app", "localhost/app", "localhost/app", "localhost", "latest"),
    ("localhost:5000/app", "localhost:5000/app", "localhost:5000/app", "localhost:5000", "latest"),
    ("localhost:5000/app:2", "localhost:5000/app:2", "localhost:5000/app:2", "localhost:5000", "2"),
    ("host:443/app", "host:443/app", "host:443/app", "host:443", "latest"),
    ("host/app", "docker.io/host/app", "host/app", "docker.io", "latest"),
    ("Host/app", "Host/app", "Host/app", "Host", "latest"),
    (
        "REGISTRY.example.com/app",
        "REGISTRY.example.com/app",
        "REGISTRY.example.com/app",
        "REGISTRY.example.com",
        "latest",
    ),
    ("10.0.0.1:30500/shop/web", "10.0.0.1:30500/shop/web", "10.0.0.1:30500/shop/web", "10.0.0.1:30500", "latest"),
    ("[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000", "1"),
    ("[::1]/app", "[::1]/app", "[::1]/app", "[::1]", "latest"),
    (
        "example.com/a/b/c/d_e__f.g--h",
        "example.com/a/b/c/d_e__f.g--h",
        "example.com/a/b/c/d_e__f.g--h",
        "example.com",
        "latest",
    ),
    ("a:_tag.with-all_1", "docker.io/library/a:_tag.with-all_1", "a:_tag.with-all_1", "docker.io", "_tag.with-all_1"),
    ("app:80", "docker.io/library/app:80", "app:80", "docker.io", "80"),
];

#[test]
fn references_are_read_as_runtimes_read_them() {
    for (text, full, familiar, registry, tag) in GOOD {
        let read = Reference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.to_string(), *full, "{text}");
        assert_eq!(read.familiar(), *familiar, "{text}");
        assert_eq!(read.registry(), *registry, "{text}");
        assert_eq!(format!("{}/{}", read.registry(), read.path()), read.repository(), "{text}");
        assert_eq!(read.tag(), Some(*tag), "{text}");
        for again in [read.to_string(), read.familiar()] {
            assert_eq!(Reference::parse(&again).as_ref(), Ok(&read), "{text}: {again} is another image");
        }
    }
}

#[test]
fn a_stated_tag_is_told_from_the_default_and_from_a_digest() {
    let stated = |text: &str| Reference::parse(text).unwrap().stated_tag().map(str::to_owned);
    assert_eq!(stated("nginx"), None);
    assert_eq!(stated("nginx:latest"), Some("latest".into()));

    let digest = Reference::parse(&format!("nginx@{SHA}")).unwrap();
    assert_eq!((digest.tag(), digest.digest()), (None, Some(SHA)));
    assert_eq!(digest.to_string(), format!("docker.io/library/nginx@{SHA}"));

    let both = Reference::parse(&format!("localhost:5000/nginx:1.27@{SHA}")).unwrap();
    assert_eq!((both.tag(), both.digest()), (Some("1.27"), Some(SHA)));
    assert_eq!(both.familiar(), format!("localhost:5000/nginx:1.27@{SHA}"));
    assert!(Reference::parse(&format!("nginx@sha512:{}", "0a".repeat(64))).is_ok());
    assert!(Reference::parse(&"ab/".repeat(85)[..254]).is_ok());
    assert!(Reference::parse(&format!("nginx:{}", "t".repeat(128))).is_ok());
}

#[test]
fn what_is_no_reference_says_why() {
    let long_tag = format!("nginx:{}", "t".repeat(129));
    let long_path = format!("example.com/{}", "a".repeat(256));
    let upper_digest = format!("nginx@{}", SHA.to_uppercase().replace("SHA256", "sha256"));
    let id = &SHA["sha256:".len()..];
    for (text, why) in [
        ("", "it is empty"),
        ("${IMAGE}", "template"),
        ("nginx:${TAG}", "template"),
        ("$(REGISTRY)/nginx", "template"),
        ("{{ .Values.image }}", "template"),
        ("nginx latest", "blank"),
        ("nginx\n", "blank"),
        ("Nginx", "the repository \"Nginx\" has upper-case letters"),
        ("docker.io/Library/nginx", "upper-case"),
        ("nginx:", "\"\" is not a tag"),
        ("nginx:-1", "\"-1\" is not a tag"),
        ("nginx:a+b", "is not a tag"),
        (&long_tag, "is not a tag"),
        ("nginx@", "\"\" is not a digest"),
        ("nginx@sha256:abc", "is not a digest"),
        ("nginx@md5:0123456789abcdef0123456789abcdef", "is not a digest"),
        (&upper_digest, "is not a digest"),
        (id, "the id of an image"),
        (":1.27", "\"\" is not a repository"),
        ("/nginx", "is not a repository"),
        ("nginx/", "is not a repository"),
        ("a//b", "is not a repository"),
        ("a..b", "is not a repository"),
        ("a___b", "is not a repository"),
        ("a._b", "is not a repository"),
        ("-nginx", "is not a repository"),
        ("nginx-", "is not a repository"),
        ("nginx\u{e9}", "is not a repository"),
        ("https://example.com/nginx", "\"https:\" is not a registry"),
        ("example.com:port/nginx", "is not a registry"),
        ("-example.com/nginx", "is not a registry"),
        ("[::1/nginx", "is not a registry"),
        ("[]:5000/nginx", "is not a registry"),
        (&long_path, "longer than 255"),
    ] {
        let error = Reference::parse(text).expect_err(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}
