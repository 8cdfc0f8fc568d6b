//! Registries: a real one, and one that misbehaves.

use crate::build::{Image, Parts, sha256};
use crate::common::Place;
use crate::fake::{Answer, Asked, Fake};
use crate::server::{Registry, log_in_file};
use crate::sources::image;
use crate::tar::{By, Tar};
use kubectl_harden::image::Contents;
use kubectl_harden::image::read::{Inspected, Options, Settings, inspect};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

fn settings() -> Settings {
    Settings {
        credentials: None,
        plain_http: Vec::new(),
        certificates: None,
        patience: Duration::from_secs(5),
        time: Duration::from_secs(20),
    }
}

fn ask(reference: &str, cache: Option<PathBuf>, settings: Settings) -> Inspected {
    let options = Options { registries: Some(settings), cache, ..Options::default() };
    inspect(&BTreeSet::from([reference]), &options).unwrap()
}

/// What was read, or the warning.
fn pull(reference: &str) -> Result<Arc<Contents>, String> {
    let inspected = ask(reference, None, settings());
    inspected.contents.get(reference).cloned().ok_or_else(|| inspected.warnings.join("\n"))
}

/// A registry that holds one image as `app:1`.
fn fake(parts: Parts, twist: impl Fn(&Asked, &Parts) -> Option<Answer> + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked| {
        if let Some(answer) = twist(asked, &parts) {
            return answer;
        }
        let path = asked.line.strip_prefix("GET /v2/app/").unwrap_or_default();
        if path == "manifests/1" || path == format!("manifests/{}", sha256(&parts.manifest)) {
            return Answer::ok(parts.manifest.clone());
        }
        let blob = parts.blobs.iter().find(|blob| path == format!("blobs/{}", sha256(blob)));
        blob.map_or(Answer::status(404), |blob| Answer::ok(blob.clone()))
    })
}

#[test]
fn a_registry_and_a_layout_say_the_same() {
    let Some(registry) = Registry::start(false) else { return };
    let digest = registry.push("shop/app", "1", &image().parts(), false);
    let reference = format!("{}/shop/app:1", registry.host);
    let pulled = pull(&reference).unwrap();
    assert_eq!((&pulled.origin, &pulled.digest), (&registry.host, &digest));
    let read = crate::layers::read(&image()).unwrap();
    assert_eq!((&pulled.config, &pulled.files, &pulled.digest), (&read.config, &read.files, &read.digest));
    assert_eq!(pull(&format!("{}/shop/app@{digest}", registry.host)).unwrap(), pulled);
    let missing = pull(&format!("{}/shop/app:2", registry.host)).unwrap_err();
    assert_eq!(missing, format!("the image {0}/shop/app:2 does not exist in {0}", registry.host));
}

#[test]
fn the_image_for_the_platform_is_chosen() {
    let Some(registry) = Registry::start(false) else { return };
    let other = Image::new(json!({"User": "other"}), [Tar::new()]);
    let entries = [(&other, "arm64"), (&image(), "amd64")].map(|(image, architecture)| {
        let parts = image.parts();
        let digest = registry.push("app", architecture, &parts, false);
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": parts.manifest.len(),
            "platform": {"os": "linux", "architecture": architecture}})
    });
    let kind = "application/vnd.oci.image.index.v1+json";
    let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).to_string();
    registry.put_manifest("app", "1", kind, index.as_bytes(), false);
    let reference = format!("{}/app:1", registry.host);
    assert_eq!(pull(&reference).unwrap().config.user, "7");
    let on = |platform: &str| {
        let options =
            Options { registries: Some(settings()), platform: platform.parse().unwrap(), ..Options::default() };
        inspect(&BTreeSet::from([reference.as_str()]), &options).unwrap()
    };
    assert_eq!(on("linux/arm64/v8").contents[&reference].config.user, "other");
    assert_eq!(
        on("linux/s390x").warnings,
        [format!("the image {reference} is not read: it is not there for linux/s390x")]
    );
}

pub(crate) fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::prelude::BASE64_STANDARD.encode(text)
}

/// A registry that wants a token of its token server, which wants `log_in`.
fn with_tokens(log_in: &'static str) -> Fake {
    fake(image().parts(), move |asked, _| {
        if asked.line.starts_with("GET /token?") || asked.line == "POST /token" {
            let known = match log_in {
                "" => true,
                "identity" => {
                    asked.body.contains("refresh_token=canary-identity")
                        && asked.body.contains("grant_type=refresh_token")
                }
                _ => asked.authorization == Some(format!("Basic {}", base64_of(log_in))),
            };
            let right = asked.line.contains("scope=repository:app:pull") || asked.body.contains("repository");
            return Some(match known && right {
                true => Answer::ok(r#"{"token": "canary-token"}"#),
                false => Answer::status(401),
            });
        }
        match asked.authorization.as_deref() {
            Some("Bearer canary-token") => None,
            _ => {
                let realm = format!("http://{}/token", asked.host);
                let bearer = format!("Bearer realm=\"{realm}\",service=\"s\",scope=\"repository:app:pull\"");
                Some(Answer::status(401).header("WWW-Authenticate", bearer))
            }
        }
    })
}

#[test]
fn tokens_are_fetched_once_for_a_repository() {
    let registry = with_tokens("");
    let reference = format!("{}/app:1", registry.host);
    pull(&reference).unwrap();
    let lines: Vec<String> = registry.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(lines.iter().filter(|line| line.contains("/token")).count(), 1, "{lines:?}");
}

#[test]
fn a_token_server_may_want_a_password_or_an_identity_token() {
    let place = TempDir::new().unwrap();
    for (log_in, entry) in [
        ("a:b", json!({"auth": base64_of("a:b")})),
        ("identity", json!({"auth": base64_of("a:b"), "identitytoken": "canary-identity"})),
    ] {
        let registry = with_tokens(log_in);
        let reference = format!("{}/app:1", registry.host);
        let file = place.path().join("auth.json");
        let with = || Settings { credentials: Some(file.clone()), ..settings() };
        std::fs::write(&file, json!({"auths": {&registry.host: entry}}).to_string()).unwrap();
        assert_eq!(ask(&reference, None, with()).warnings, [""; 0]);
        std::fs::write(&file, json!({"auths": {&registry.host: {"auth": base64_of("a:canary")}}}).to_string()).unwrap();
        let warnings = ask(&reference, None, with()).warnings.join("");
        assert!(warnings.contains("refuses the credentials of") && !warnings.contains("canary"), "{warnings}");
    }
}

#[test]
fn a_redirect_gets_no_secret() {
    let parts = image().parts();
    let blobs = parts.blobs.clone();
    let store = Fake::start(move |asked| {
        let blob = blobs.iter().find(|blob| asked.line.contains(&sha256(blob)));
        blob.map_or(Answer::status(404), |blob| Answer::ok(blob.clone()))
    });
    let target = store.host.clone();
    let registry = fake(parts, move |asked, _| {
        if asked.authorization != Some(format!("Basic {}", base64_of("a:canary-password"))) {
            return Some(Answer::status(401).header("WWW-Authenticate", "Basic realm=\"x\""));
        }
        let blob = asked.line.strip_prefix("GET /v2/app/blobs/")?;
        Some(Answer::status(307).header("Location", format!("http://{target}/{blob}?signature=canary")))
    });
    let place = TempDir::new().unwrap();
    let file = place.path().join("auth.json");
    log_in_file(&file, &registry.host, "a", "canary-password");
    let reference = format!("{}/app:1", registry.host);
    let inspected = ask(&reference, None, Settings { credentials: Some(file), ..settings() });
    assert_eq!(inspected.warnings, [""; 0]);
    let asked = store.asked();
    assert_eq!(asked.len(), 3, "the config and two layers");
    assert!(asked.iter().all(|asked| asked.authorization.is_none()), "{asked:?}");
}

#[test]
fn a_redirect_without_tls_or_end_is_not_followed() {
    let away =
        fake(image().parts(), |_, _| Some(Answer::status(302).header("Location", "http://example.invalid/x?canary")));
    let warning = pull(&format!("{}/app:1", away.host)).unwrap_err();
    assert!(warning.ends_with("it leads to an address without TLS"), "{warning}");
    let round = fake(image().parts(), |asked, _| {
        Some(Answer::status(302).header("Location", asked.line.trim_start_matches("GET ").to_owned()))
    });
    let warning = pull(&format!("{}/app:1", round.host)).unwrap_err();
    assert!(warning.ends_with("without end"), "{warning}");
    assert!(round.asked().len() <= 12);
}

#[test]
fn a_busy_registry_is_asked_once_more() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let registry = fake(image().parts(), move |_, _| {
        let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        first.then(|| Answer::status(429).header("Retry-After", "0"))
    });
    pull(&format!("{}/app:1", registry.host)).unwrap();
    let broken = fake(image().parts(), |_, _| Some(Answer::status(503)));
    let warning = pull(&format!("{}/app:1", broken.host)).unwrap_err();
    assert!(warning.contains("it answered 503") && !warning.contains("canary"), "{warning}");
    assert_eq!(broken.asked().len(), 2);
}

#[test]
fn what_is_not_as_its_digest_says_is_refused() {
    let wrong = fake(image().parts(), |asked, parts| {
        let last = parts.blobs.last()?;
        let other = crate::build::gzip(&Tar::new().file("x", By(0, 0, 0o4755), "x").end());
        asked.line.ends_with(&sha256(last)).then(|| Answer::ok(other))
    });
    let warning = pull(&format!("{}/app:1", wrong.host)).unwrap_err();
    assert!(warning.contains("is damaged: what should be sha256:"), "{warning}");
    let cut = fake(image().parts(), |asked, parts| {
        let last = parts.blobs.last()?;
        asked.line.ends_with(&sha256(last)).then(|| Answer::ok(&last[..last.len() / 2]))
    });
    let warning = pull(&format!("{}/app:1", cut.host)).unwrap_err();
    assert!(warning.contains("is damaged"), "{warning}");
    let config = fake(image().parts(), |asked, parts| {
        asked.line.ends_with(&sha256(&parts.blobs[0])).then(|| Answer::ok(r#"{"config": {"User": "1"}}"#))
    });
    assert!(pull(&format!("{}/app:1", config.host)).unwrap_err().contains("is damaged"));
}

#[test]
fn a_config_without_end_is_cut_off() {
    let registry =
        fake(image().parts(), |asked, _| asked.line.contains("/manifests/").then(|| Answer::ok(vec![b' '; 9 << 20])));
    let warning = pull(&format!("{}/app:1", registry.host)).unwrap_err();
    assert!(warning.contains("more than 8 MiB"), "{warning}");
}

#[test]
fn nobody_there_is_told_once_and_asked_once() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let warning = pull(&format!("{closed}/app:1")).unwrap_err();
    assert!(warning.starts_with(&format!("the image {closed}/app:1 cannot be had from {closed}: ")), "{warning}");
}

#[test]
fn what_was_read_is_kept_by_its_digest() {
    let tag = Arc::new(std::sync::Mutex::new(image().parts()));
    let served = tag.clone();
    let registry = Fake::start(move |asked| {
        let parts = served.lock().unwrap();
        let path = asked.line.strip_prefix("GET /v2/app/").unwrap_or_default();
        if path == "manifests/1" {
            return Answer::ok(parts.manifest.clone());
        }
        let blob = parts.blobs.iter().find(|blob| path == format!("blobs/{}", sha256(blob)));
        blob.map_or(Answer::status(404), |blob| Answer::ok(blob.clone()))
    });
    let place = TempDir::new().unwrap();
    let cache = place.path().join("cache");
    let reference = format!("{}/app:1", registry.host);
    let look = |reference: &str| ask(reference, Some(cache.clone()), settings()).contents[reference].clone();
    let first = look(&reference);
    assert_eq!(registry.asked().len(), 4);
    assert_eq!(look(&reference), first);
    assert_eq!(registry.asked().len(), 1, "the tag alone is asked for");
    assert_eq!(look(&format!("{}/app@{}", registry.host, first.digest)), first);
    assert_eq!(registry.asked().len(), 0, "a digest needs nobody");

    let file = std::fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&file, "damaged").unwrap();
    assert_eq!(look(&reference), first);
    assert_eq!(registry.asked().len(), 4, "read anew");

    *tag.lock().unwrap() = Image::new(json!({"User": "8"}), [Tar::new()]).parts();
    assert_eq!(look(&reference).config.user, "8", "the tag moved");
}

#[test]
fn explain_image_shows_the_same_from_everywhere() {
    let Some(registry) = Registry::start(false) else { return };
    let parts = image().parts();
    registry.push("app", "1", &parts, false);
    let name = format!("{}/app:1", registry.host);
    let place = Place::new();
    image().oci(&place.path().join("layout"), Some(&name));
    place.write("oci.tar", crate::build::tar_of(&place.path().join("layout")));
    place.write("docker.tar", image().docker(&[&name]));
    let explain = |flags: &str| {
        let output = place
            .harden()
            .env("HOME", place.path())
            .args(["explain", "image", &name, "-o", "json"])
            .args(flags.split_whitespace())
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let contents = value[0]["contents"].as_object_mut().unwrap();
        assert!(contents["files"]["dirs"].as_object().unwrap().contains_key("/data"));
        // The digest of a manifest, but in an archive of Docker, which has none, that of the config.
        contents.shift_remove("origin");
        contents.shift_remove("digest");
        value
    };
    let from_registry = explain("--inspect-images");
    for source in ["oci:layout", "oci-archive:oci.tar", "docker-archive:docker.tar"] {
        assert_eq!(explain(&format!("--image-source {source}")), from_registry, "{source}");
    }
    assert_eq!(explain("--inspect-images"), from_registry, "from the cache");
}
