//! Pins in kustomizations, with the real `kubectl kustomize`: what it builds differs in the digests alone.

use crate::common::Place;

const LOCK: &str = "images.lock.yaml";

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

fn deployment(name: &str, images: &[&str]) -> String {
    let containers: Vec<String> = images
        .iter()
        .enumerate()
        .map(|(at, image)| format!("        - name: c{at}\n          image: {image}\n"))
        .collect();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      containers:\n{}",
        containers.concat()
    )
}

/// A base with an overlay, and a lock file that knows all their images.
fn shop() -> Place {
    let place = Place::new();
    place.write("base/web.yaml", deployment("web", &["nginx:1.27", "docker.io/library/redis:7"]));
    place.write("base/api.yaml", deployment("api", &["nginx:1.27", "shop/api", "shop/old:1"]));
    place.write("base/old.yaml", deployment("old", &["shop/old:2"]));
    place.write("base/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
    // It need not say what it is.
    place.write("base/kustomization.yaml", "resources:\n- web.yaml # first\n- api.yaml\n- old.yaml\n- config.yaml\n");
    place.write(
        "prod/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../base\nimages:\n- name: shop/api\n  \
         newTag: \"7\" # deployed by hand\n- name: gone # of nobody\n  newName: m.example/gone\n",
    );
    let images: Vec<String> = ["nginx:1.27", "redis:7", "shop/api:7", "shop/api:latest", "shop/old:1", "shop/old:2"]
        .iter()
        .zip('a'..)
        .map(|(name, letter)| format!("  {name}: {{digest: '{}', platforms: [linux/amd64]}}\n", digest(letter)))
        .collect();
    place.write(
        LOCK,
        format!("apiVersion: kubectl-harden.dev/v1alpha1\nkind: ImagesLock\nimages:\n{}", images.concat()),
    );
    place
}

/// What kubectl builds; `None` where there is none.
fn build(place: &Place, folder: &str) -> Option<String> {
    let built = place.tool("kubectl", &["kustomize", folder], b"")?;
    assert_eq!(built.code, 0, "{}", built.err);
    Some(built.out)
}

#[test]
fn a_kustomization_is_pinned_in_its_own_way_and_builds_the_same_but_for_digests() {
    let place = shop();
    let before = [build(&place, "base"), build(&place, "prod")];
    let ran = place.run(&format!("rewrite base prod --only image-digest --image-lock {LOCK}"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    // Of one name with two tags kustomize could make one tag only: these are pinned where they stand.
    assert_eq!(place.read("base/web.yaml"), deployment("web", &["nginx:1.27", "docker.io/library/redis:7"]));
    let old = |tag: &str, letter| format!("shop/old:{tag}@{}", digest(letter));
    assert_eq!(place.read("base/api.yaml"), deployment("api", &["nginx:1.27", "shop/api", &old("1", 'e')]));
    assert_eq!(place.read("base/old.yaml"), deployment("old", &[&old("2", 'f')]));
    let base = place.read("base/kustomization.yaml");
    let entry =
        |name: &str, tag: &str, letter| format!("- name: {name}\n  newTag: {tag}\n  digest: {}\n", digest(letter));
    let entries = entry("docker.io/library/redis", "\"7\"", 'b') + &entry("nginx", "\"1.27\"", 'a');
    assert_eq!(
        base,
        format!("resources:\n- web.yaml # first\n- api.yaml\n- old.yaml\n- config.yaml\nimages:\n{entries}"),
        "the overlay has the say on shop/api"
    );
    let prod = place.read("prod/kustomization.yaml");
    assert!(prod.contains(&format!("  newTag: \"7\" # deployed by hand\n  digest: {}\n", digest('c'))), "{prod}");
    assert!(prod.contains("- name: gone # of nobody\n  newName: m.example/gone\n"), "{prod}");

    let after = [build(&place, "base"), build(&place, "prod")];
    for (before, after) in before.into_iter().zip(after) {
        let (Some(before), Some(after)) = (before, after) else { return };
        let bare = ('a'..='f').fold(after.clone(), |text, letter| text.replace(&format!("@{}", digest(letter)), ""));
        assert_eq!(bare, before);
        assert!(after.matches("@sha256:").count() >= 4, "{after}");
    }
    let again = place.run(&format!("rewrite base prod --check --only image-digest --image-lock {LOCK}"));
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
}

#[test]
fn where_a_kustomization_may_bring_in_more_than_was_read_the_workloads_are_pinned() {
    let place = shop();
    place.write("base/kustomization.yaml", "resources: [web.yaml, api.yaml, ../other]\n");
    let ran = place.run(&format!("rewrite base --only image-digest --image-lock {LOCK}"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(place.read("base/kustomization.yaml"), "resources: [web.yaml, api.yaml, ../other]\n");
    assert!(place.read("base/web.yaml").contains(&format!("nginx:1.27@{}", digest('a'))));
}

#[test]
fn a_finding_in_a_kustomization_is_told_and_excepted_like_any_other() {
    let place = shop();
    let ran = place.run(&format!("check -f base -f prod --only image-digest --image-lock {LOCK}"));
    assert!(ran.out.contains("prod/kustomization.yaml:6:3   Kustomization\n"), "{}", ran.out);
    let excepted =
        "metadata: {annotations: {kubectl-harden.dev/skip.image-digest: the bot does it}}\nresources: [web.yaml]\n";
    place.write("base/kustomization.yaml", excepted);
    let ran =
        place.run(&format!("rewrite base/kustomization.yaml base/web.yaml --only image-digest --image-lock {LOCK}"));
    assert_eq!((ran.code, place.read("base/kustomization.yaml")), (0, excepted.to_owned()), "{}", ran.err);
}

#[test]
fn the_tag_that_counts_is_that_of_the_kustomization() {
    let place = shop();
    let alone = place.run("check -f base --only image-tag");
    assert!(alone.out.contains("shop/api has no tag"), "{}", alone.out);
    assert_eq!(place.run("check -f base -f prod --only image-tag").code, 0);
}
