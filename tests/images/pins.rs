//! Digests behind tags: from a registry, from layouts, from a lock file; what they do to a manifest.

use crate::build::{Image, sha256};
use crate::common::{Place, Ran};
use crate::fake::{Answer, Fake};
use crate::server::Registry;
use crate::sources::image;
use crate::tar::Tar;
use serde_json::json;

const LOCK: &str = "images.lock.yaml";

fn deployment(image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n        \
         - name: web\n          image: {image} # the shop\n"
    )
}

/// Run with a home of its own, so that nothing is cached.
fn run(place: &Place, line: &str) -> Ran {
    let output = place.harden().env("HOME", place.path()).args(line.split_whitespace()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// Images for two platforms under one tag; gives the digest of their index.
fn push_index(registry: &Registry, repository: &str) -> String {
    let other = Image::new(json!({"User": "other"}), [Tar::new()]);
    let entries = [(&other, "arm64"), (&image(), "amd64")].map(|(image, architecture)| {
        let parts = image.parts();
        let digest = registry.push(repository, architecture, &parts, false);
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": parts.manifest.len(),
            "platform": {"os": "linux", "architecture": architecture}})
    });
    let kind = "application/vnd.oci.image.index.v1+json";
    let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).to_string();
    registry.put_manifest(repository, "1", kind, index.as_bytes(), false)
}

#[test]
fn a_tag_gets_the_digest_of_its_index_and_a_lock_file_repeats_it_without_the_registry() {
    let Some(registry) = Registry::start(false) else { return };
    let digest = push_index(&registry, "app");
    let host = registry.host.clone();
    let place = Place::new();
    let before = deployment(&format!("{host}/app:1"));
    let after = deployment(&format!("{host}/app:1@{digest}"));
    place.write("web.yaml", &before);
    let flags = format!("--only image-digest --max-risk safe --inspect-images --image-lock-output {LOCK}");
    let ran = run(&place, &format!("rewrite web.yaml {flags}"));
    assert_eq!((ran.code, place.read("web.yaml").as_str()), (0, after.as_str()), "{}", ran.err);
    let lock = place.read(LOCK);
    let shown = format!("  \"{host}/app:1\":\n    digest: {digest}\n    resolvedAt: \"20");
    assert!(lock.contains(&shown) && lock.ends_with("    platforms: [linux/amd64, linux/arm64]\n"), "{lock}");
    assert_eq!(run(&place, "rewrite --check web.yaml --only image-digest --inspect-images").code, 0);

    drop(registry);
    place.write("web.yaml", &before);
    let safe = run(&place, &format!("rewrite web.yaml --only image-digest --max-risk safe --image-lock {LOCK}"));
    assert_eq!((safe.code, place.read("web.yaml")), (0, before), "{}", safe.err);
    let ran = run(&place, &format!("rewrite web.yaml --only image-digest --image-lock {LOCK}"));
    assert_eq!((ran.code, place.read("web.yaml")), (0, after), "{}", ran.err);
    // What is locked stays, with the day on which it was true.
    place.write("web.yaml", deployment(&format!("{host}/app:1")));
    let again = run(&place, &format!("check -f web.yaml --image-lock {LOCK} --image-lock-output again.yaml"));
    assert_eq!(place.read("again.yaml"), lock, "{}", again.err);
}

#[test]
fn an_image_for_one_platform_is_pinned_by_its_manifest_and_that_is_said() {
    let Some(registry) = Registry::start(false) else { return };
    let digest = registry.push("app", "1", &image().parts(), false);
    let place = Place::new();
    place.write("web.yaml", deployment(&format!("{}/app:1", registry.host)));
    let ran = run(&place, "check -f web.yaml --only image-digest --inspect-images -v");
    // Long values are shown cut off.
    assert!(
        ran.out.contains(&format!("app:1@{}", &digest[..30])) && ran.out.contains("for one platform"),
        "{}",
        ran.out
    );
}

#[test]
fn what_the_image_tells_counts_for_the_pinned_one_too() {
    let Some(registry) = Registry::start(false) else { return };
    let digest = push_index(&registry, "app");
    let place = Place::new();
    place.write("web.yaml", deployment(&format!("{}/app:1", registry.host)));
    let pinned = run(&place, "render -f web.yaml --inspect-images -q");
    let plain = run(&place, "render -f web.yaml --inspect-images -q --skip image-digest");
    assert_eq!(pinned.out.replace(&format!("@{digest}"), ""), plain.out);
    assert!(pinned.out.contains(&digest) && plain.out.contains("runAsUser: 7"), "{}", pinned.out);
    place.write("again.yaml", &pinned.out);
    assert_eq!(run(&place, "render -f again.yaml --inspect-images -q").out, pinned.out, "a second run changes nothing");
}

#[test]
fn a_registry_that_contradicts_itself_pins_nothing() {
    let parts = image().parts();
    let count = std::sync::atomic::AtomicUsize::new(0);
    let registry = Fake::start(move |asked| {
        let path = asked.line.split_once(" /v2/app/").map_or("", |(_, path)| path);
        if path == "manifests/1" {
            let turn = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut body = parts.manifest.clone();
            body.extend(std::iter::repeat_n(b' ', turn));
            // A registry without HEAD.
            return if asked.line.starts_with("HEAD") { Answer::status(405) } else { Answer::ok(body) };
        }
        let blob = parts.blobs.iter().find(|blob| path == format!("blobs/{}", sha256(blob)));
        blob.map_or(Answer::status(404), |blob| Answer::ok(blob.clone()))
    });
    let place = Place::new();
    place.write("web.yaml", deployment(&format!("{}/app:1", registry.host)));
    let ran = run(&place, "check -f web.yaml --only image-digest --inspect-images");
    let told = format!("the tag of {0}/app:1 is not pinned: it is not read: {0} named two digests", registry.host);
    assert!(ran.err.contains(&told), "{}", ran.err);
    assert!(ran.code == 1 && ran.out.contains("find out the digest"), "{}", ran.out);
}

#[test]
fn a_registry_is_asked_twice_for_a_digest_and_once_without() {
    let parts = image().parts();
    let registry = Fake::start(move |asked| {
        let path = asked.line.split_once(" /v2/app/").map_or("", |(_, path)| path);
        let answer = |body: &[u8]| Answer::ok(body).header("Docker-Content-Digest", sha256(body));
        if path == "manifests/1" {
            return answer(&parts.manifest);
        }
        let blob = parts.blobs.iter().find(|blob| path == format!("blobs/{}", sha256(blob)));
        blob.map_or(Answer::status(404), |blob| answer(blob))
    });
    let place = Place::new();
    place.write("web.yaml", deployment(&format!("{}/app:1", registry.host)));
    let asked = || registry.asked().iter().filter(|asked| asked.line.ends_with("/1")).count();
    assert_eq!(run(&place, "check -f web.yaml --only image-digest --inspect-images").err.matches("warning").count(), 0);
    assert_eq!(asked(), 2);
    run(&place, "check -f web.yaml --only image-setuid --inspect-images");
    assert_eq!(asked(), 1);
}

#[test]
fn a_layout_says_its_digest_and_an_archive_of_docker_has_none() {
    let place = Place::new();
    place.write("web.yaml", deployment("shop/app:1"));
    image().oci(&place.path().join("layout"), Some("shop/app:1"));
    place.write("saved.tar", image().docker(&["shop/app:1"]));
    let digest = sha256(&image().parts().manifest);
    let ran = run(&place, "render -f web.yaml --only image-digest --image-source oci:layout -q");
    assert_eq!(ran.out, deployment(&format!("shop/app:1@{digest}")), "{}", ran.err);
    let none = run(&place, "check -f web.yaml --only image-digest --image-source docker-archive:saved.tar");
    assert_eq!(none.code, 0, "{}{}", none.out, none.err);
    let lock =
        run(&place, &format!("check -f web.yaml --image-source docker-archive:saved.tar --image-lock-output {LOCK}"));
    assert!(lock.err.contains("nothing tells the digests of shop/app:1: the lock file lacks them"), "{}", lock.err);
    assert!(place.read(LOCK).ends_with("images: {}\n"));
}

#[test]
fn a_lock_file_that_cannot_be_used_is_named_with_its_place() {
    let place = Place::new();
    place.write("web.yaml", deployment("nginx:1"));
    place.write(
        LOCK,
        "apiVersion: kubectl-harden.dev/v1alpha1\nkind: ImagesLock\nimages:\n  nginx:1: {digest: sha256:1}\n",
    );
    for (flags, why) in [
        ("--image-lock none.yaml".to_owned(), "cannot read the lock file none.yaml"),
        (format!("--image-lock {LOCK}"), "images.lock.yaml:4:21: expected a digest such as"),
        (format!("--image-lock-output {LOCK}"), "--image-lock-output has nothing to write"),
        ("--image-source oci:none --image-lock-output no/where.yaml".to_owned(), "oci:none cannot be read"),
    ] {
        let ran = run(&place, &format!("check -f web.yaml {flags}"));
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(why), "{flags}: {}", ran.err);
    }
}

#[test]
fn a_lock_file_wants_every_image_and_leaves_what_flux_writes() {
    let place = Place::new();
    let marked = deployment("shop/app:1").replace("# the shop", "# {\"$imagepolicy\": \"flux-system:app\"}");
    place.write("flux.yaml", &marked);
    place.write("web.yaml", deployment("nginx:1"));
    let digest = format!("sha256:{}", "a".repeat(64));
    place.write(
        LOCK,
        format!(
            "apiVersion: kubectl-harden.dev/v1alpha1\nkind: ImagesLock\nimages:\n  shop/app:1: {{digest: '{digest}'}}\n"
        ),
    );
    let ran = run(&place, &format!("check -f flux.yaml -f web.yaml --only image-digest --image-lock {LOCK}"));
    assert!(ran.code == 1, "{}", ran.err);
    for words in ["Flux writes this image", "find out the digest", "digestReflectionPolicy"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let render = run(&place, &format!("render -f flux.yaml --only image-digest --image-lock {LOCK} -q"));
    assert_eq!(render.out, marked);
}

#[test]
fn a_mirror_has_what_is_known_of_the_image() {
    let place = Place::new();
    place.write("web.yaml", deployment("nginx:1.27"));
    let digest = format!("sha256:{}", "a".repeat(64));
    place.write(
        LOCK,
        format!(
            "apiVersion: kubectl-harden.dev/v1alpha1\nkind: ImagesLock\nimages:\n  nginx:1.27: {{digest: '{digest}'}}\n"
        ),
    );
    let profile = |mirrors: &str| {
        format!(
            "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {{name: p}}\nspec:\n  extends: [hardened]\n  \
             rules: {{image-registry: {{parameters: {{mirrors: {mirrors}}}}}}}\n"
        )
    };
    place.write("p.yaml", profile("{'docker.io/': 'm.example/hub/'}"));
    place.write("bad.yaml", profile("{'docker.io/': hub}"));
    place.write("worse.yaml", profile("{'docker.io/': 1}"));
    let plain = run(&place, &format!("render -f web.yaml --image-lock {LOCK} -q")).out;
    let mirrored = run(&place, &format!("render -f web.yaml --image-lock {LOCK} -q -p ./p.yaml"));
    let name = format!("m.example/hub/library/nginx:1.27@{digest}");
    assert_eq!(mirrored.out.replace(&name, &format!("nginx:1.27@{digest}")), plain, "{}", mirrored.err);
    assert!(mirrored.out.contains(&name) && plain.contains("/var/cache/nginx"), "{}", mirrored.out);
    place.write("again.yaml", &mirrored.out);
    assert_eq!(run(&place, &format!("render -f again.yaml --image-lock {LOCK} -q -p ./p.yaml")).out, mirrored.out);
    for (file, why) in [("bad", "\"hub\" names no registry"), ("worse", "expected a string")] {
        let ran = run(&place, &format!("check -f web.yaml -p ./{file}.yaml"));
        assert!(ran.code == 2 && ran.err.contains(why), "{}", ran.err);
    }
}
