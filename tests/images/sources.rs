//! Layouts and archives: which image a reference means, and what is said when there is none.

use crate::build::{Image, tar_of};
use crate::tar::{By, Tar};
use kubectl_harden::image::Contents;
use kubectl_harden::image::read::{Inspected, Options, inspect};
use serde_json::json;
use std::collections::BTreeSet;
use tempfile::TempDir;

fn image() -> Image {
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
