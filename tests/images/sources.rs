//! Layouts and archives: which image a reference means, and what is said when there is none.

use crate::build::{Image, tar_of};
use crate::common::{Place, WEB};
use crate::tar::{By, Tar};
use kubectl_harden::image::Contents;
use kubectl_harden::image::read::{Inspected, Options, inspect};
use serde_json::json;
use std::collections::BTreeSet;
use tempfile::TempDir;

pub(crate) fn image() -> Image {
    Image::new(
        json!({"User": "7", "Volumes": {"/data": {}}}),
        [Tar::new().dir("data", By(7, 7, 0o700)), Tar::new().file("data/x", By(7, 7, 0o600), "x")],
    )
}

fn look(wanted: &[&str], sources: &[String]) -> Result<Inspected, String> {
    let sources = sources.iter().map(|source| source.parse().unwrap()).collect();
    let wanted: BTreeSet<&str> = wanted.iter().copied().collect();
    inspect(&wanted, &Options { sources, ..Options::default() }).map_err(|error| error.to_string())
}

#[test]
fn every_form_says_the_same() {
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    image().oci(&place.path().join("layout"), Some("example.org/app:1"));
    std::fs::write(at("oci.tar"), tar_of(&place.path().join("layout"))).unwrap();
    std::fs::write(at("docker.tar"), image().docker(&["example.org/app:1"])).unwrap();
    let sources = [
        format!("oci:{}", at("layout")),
        format!("oci-archive:{}", at("oci.tar")),
        format!("docker-archive:{}", at("docker.tar")),
    ];
    let mut all = sources.map(|source| {
        let inspected = look(&["example.org/app:1"], std::slice::from_ref(&source)).unwrap();
        assert_eq!(inspected.warnings, [""; 0], "{source}");
        let contents: &Contents = &inspected.contents["example.org/app:1"];
        assert_eq!(contents.origin, source);
        assert!(contents.digest.starts_with("sha256:"));
        Contents { origin: String::new(), digest: String::new(), ..contents.clone() }
    });
    assert_eq!(all[0].config.user, "7");
    assert_eq!(all[0].files.as_ref().unwrap().dirs["/data"].files, 1);
    assert!(all.iter().all(|one| one == &all[0]));
    all.reverse();
}

#[test]
fn an_image_is_found_by_every_way_to_write_its_name() {
    let place = TempDir::new().unwrap();
    let source = |name: &str| {
        image().oci(place.path(), Some(name));
        format!("oci:{}", place.path().display())
    };
    let found = |name: &str, wanted: &str| !look(&[wanted], &[source(name)]).unwrap().contents.is_empty();
    for (name, wanted) in [
        ("docker.io/library/nginx:1.27", "nginx:1.27"),
        ("nginx:1.27", "index.docker.io/library/nginx:1.27"),
        ("nginx", "nginx:latest"),
        ("docker.io/me/app:1", "me/app:1"),
        ("registry.example:5000/app:1", "registry.example:5000/app:1"),
    ] {
        assert!(found(name, wanted), "{name} is {wanted}");
    }
    for (name, wanted) in [
        ("nginx:1.27", "nginx:1.28"),
        ("nginx:1.27", "nginx"),
        ("nginx:1.27", "example.org/nginx:1.27"),
        ("1.27", "nginx:1.27"),
        ("nginx:1.27", &format!("nginx:1.27@sha256:{}", "0".repeat(64))),
    ] {
        assert!(!found(name, wanted), "{name} is not {wanted}");
    }
    let digest = look(&["a"], &[source("a")]).unwrap().contents["a"].digest.clone();
    assert!(found("nginx:1.27", &format!("other@{digest}")), "a digest says all");
}

#[test]
fn a_source_may_be_given_a_name_or_one_of_its_images_be_chosen() {
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    image().oci(&at("layout"), Some("v1"));
    let layout = at("layout").display().to_string();
    for source in [format!("shop/app:7=oci:{layout}"), format!("shop/app:7=oci:{layout}:v1")] {
        assert_eq!(look(&["shop/app:7"], &[source]).unwrap().contents.len(), 1);
    }
    let unnamed = look(&["shop/app:7"], &[format!("oci:{layout}")]).unwrap().warnings;
    assert_eq!(
        unnamed,
        [format!("oci:{layout}: its image does not say its name: write --image-source IMAGE=oci:{layout}")]
    );
    let wrong = look(&["a"], &[format!("a=oci:{layout}:v2")]).unwrap_err();
    assert_eq!(wrong, format!("the image source a=oci:{layout}:v2 cannot be read: it holds no image \"v2\""));

    std::fs::write(at("two.tar"), image().docker(&["shop/app:1", "shop/app:2"])).unwrap();
    let archive = format!("docker-archive:{}", at("two.tar").display());
    let both = look(&["shop/app:1", "shop/app:2", "shop/app:3"], std::slice::from_ref(&archive)).unwrap();
    assert_eq!(both.contents.len(), 2);
    assert_eq!(both.warnings, [""; 0], "nothing is wrong with an image that no source has");
    let none = look(&["other"], std::slice::from_ref(&archive)).unwrap().warnings;
    assert_eq!(none, [format!("{archive}: nothing asks for shop/app:1, shop/app:2")]);
    let mine = look(&["mine"], &[format!("mine={archive}:shop/app:2")]).unwrap();
    assert_eq!(mine.contents.len(), 1);
}

#[test]
fn a_source_that_is_none_is_wrong_use() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write("text", "no tar");
    std::fs::create_dir(place.path().join("empty")).unwrap();
    place.write("saved.tar.gz", crate::build::gzip(&image().docker(&["a"])));
    place.write("saved.tar", image().docker(&["a"]));
    for (source, why) in [
        ("oci:none", "cannot be read: "),
        ("oci:text", "it is no directory"),
        ("oci:empty", "it is no OCI image layout: it has no index.json"),
        ("oci-archive:saved.tar", "it is no OCI image layout"),
        ("docker-archive:text", "is damaged"),
        ("docker-archive:empty", "it is no file"),
        ("docker-archive:saved.tar.gz", "it is compressed: unpack it first"),
        ("dir:empty", "it must read like oci:DIR"),
    ] {
        let ran = place.run(&format!("check -f web.yaml --image-source {source}"));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{source}: {}", ran.err);
        assert!(ran.err.contains(why) && ran.err.contains("check -h' for help"), "{source}: {}", ran.err);
    }
}

#[test]
fn what_is_seen_in_an_image_becomes_findings() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    let layer = Tar::new().file("bin/su", By(0, 0, 0o4755), "ELF").file(
        "root/.ssh/id_rsa",
        By(0, 0, 0o600),
        "-----BEGIN RSA PRIVATE KEY-----\ncanary\n",
    );
    Image::new(json!({"User": "root"}), [layer]).oci(&place.path().join("layout"), Some("nginx:1.27"));
    let only = "--only image-secrets,image-setuid,image-root-user";
    let without = place.run(&format!("check -f web.yaml {only}"));
    assert_eq!(without.code, 0, "{}", without.out);
    let ran = place.run(&format!("check -f web.yaml --image-source oci:layout {only} -v"));
    assert_eq!(ran.code, 1, "{}", ran.err);
    for words in ["image-secrets", "/root/.ssh/id_rsa", "image-setuid", "/bin/su", "image-root-user"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    assert!(!ran.out.contains("canary") && !ran.err.contains("canary"));
    let json = place.run(&format!("check -f web.yaml --image-source oci:layout {only} -o json"));
    assert!(json.out.contains("/root/.ssh/id_rsa") && !json.out.contains("canary"));
}

#[test]
fn sockets_and_pipes_are_not_waited_for() {
    #[cfg(unix)]
    {
        let place = Place::new();
        place.write("web.yaml", WEB);
        let Some(_) = place.tool("mkfifo", &["pipe"], b"") else { return };
        let ran = place.run("check -f web.yaml --image-source docker-archive:pipe");
        assert!(ran.code == 2 && ran.err.contains("it is no file"), "{}", ran.err);
    }
}
