//! `--extract-secrets`: where the values go, and where they may not.

use super::common::{Place, WEB};
use super::{silent, without_anchors};
use serde_json::Value;
use std::fs;

const ENV: &str = concat!(
    "          env:\n",
    "            - name: DB_PASSWORD # the database\n",
    "              value: \"S3cure!pa55\"\n"
);

fn web() -> String {
    format!("{WEB}{ENV}")
}

/// The values of a file of Secrets: name and key of each.
fn values(text: &str) -> Vec<(String, String, String)> {
    let mut list = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let secret = <Value as serde::Deserialize>::deserialize(document).unwrap();
        for (key, value) in secret["stringData"].as_object().unwrap() {
            let name = secret["metadata"]["name"].as_str().unwrap().to_owned();
            list.push((name, key.clone(), value.as_str().unwrap().to_owned()));
        }
    }
    list
}

fn of(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    list.iter().map(|(name, key, value)| ((*name).to_owned(), (*key).to_owned(), (*value).to_owned())).collect()
}

const LINE: &str = "rewrite --only literal-secrets --extract-secrets secrets.yaml web.yaml";

#[test]
fn a_value_moves_once_and_stays() {
    let place = Place::new();
    place.write("web.yaml", web());
    for line in ["diff -f web.yaml", "check -f web.yaml", "rewrite --check web.yaml"] {
        place.run(&format!("{line} --extract-secrets secrets.yaml"));
        assert!(!place.path().join("secrets.yaml").exists(), "{line} writes");
    }
    let ran = place.run(LINE);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("1 secret moved into secrets.yaml"), "{}", ran.err);
    let reference = "valueFrom:\n                secretKeyRef:\n                  name: web-secrets\n                  key: DB_PASSWORD\n";
    assert_eq!(place.read("web.yaml"), web().replace("value: \"S3cure!pa55\"\n", reference));
    let first = place.read("secrets.yaml");
    assert_eq!(values(&first), of(&[("web-secrets", "DB_PASSWORD", "S3cure!pa55")]));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(place.path().join("secrets.yaml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    // Nothing more to do; the same manifest again; and another secret beside the first.
    assert_eq!(place.run(LINE).code, 0);
    assert_eq!(place.read("secrets.yaml"), first);
    place.write("web.yaml", web());
    assert_eq!(place.run(LINE).code, 0);
    assert_eq!(place.read("secrets.yaml"), first);
    place.write(
        "web.yaml",
        format!("{}            - name: API_TOKEN\n              value: f7a9s8d7f6as98\n", place.read("web.yaml")),
    );
    assert_eq!(place.run(LINE).code, 0);
    assert_eq!(
        values(&place.read("secrets.yaml")),
        of(&[("web-secrets", "DB_PASSWORD", "S3cure!pa55"), ("web-secrets", "API_TOKEN", "f7a9s8d7f6as98")])
    );
    assert!(place.read("web.yaml").contains("key: API_TOKEN"));
}

#[test]
fn rendered_manifests_have_their_secrets_too() {
    let place = Place::new();
    let ran = place.run_with("render -f - --only literal-secrets --extract-secrets secrets.yaml", &web());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("key: DB_PASSWORD") && !ran.out.contains("S3cure"), "{}", ran.out);
    assert_eq!(values(&place.read("secrets.yaml")), of(&[("web-secrets", "DB_PASSWORD", "S3cure!pa55")]));
}

#[test]
fn what_cannot_move_stays_and_the_rest_is_not_seen() {
    let place = Place::new();
    place.write("web.yaml", without_anchors());
    let ran = place.run("rewrite -v --extract-secrets secrets.yaml --max-risk breaking web.yaml");
    assert_eq!(ran.code, 0, "{}", ran.err);
    silent("rewrite", &format!("{}{}", ran.out, ran.err));
    let left = place.read("web.yaml");
    for moved in
        ["CANARYflag1", "CANARYword7", "CANARYquoted", "CANARY''single", "CANARYblock99", "CANARYlogin77", "ghp_CANARY"]
    {
        assert!(!left.contains(moved), "{moved} stays");
    }
    let text = place.read("secrets.yaml");
    let held = values(&text);
    for value in [
        "CANARYquoted!",
        "CANARY'single",
        "CANARYflag1!",
        "CANARYword7f3b2a1c",
        "postgres://web:CANARYlogin77@db:5432/shop",
    ] {
        assert!(held.iter().any(|(_, _, held)| held == value), "{value} is lost");
    }
    // Nothing is lost: every canary stands in one of the two.
    for word in without_anchors().split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.starts_with("CANARY"))
    {
        assert!(left.contains(word) || text.contains(word), "{word} is lost");
    }
}

#[test]
fn a_file_that_git_keeps_is_refused() {
    let place = Place::new();
    place.write("web.yaml", web());
    let Some(_) = place.tool("git", &["init", "-q", "."], b"") else { return };
    let refused = |why: &str| {
        for line in [LINE, "diff -f web.yaml --extract-secrets secrets.yaml"] {
            let ran = place.run(line);
            assert_eq!(ran.code, 2, "{line}: {}", ran.err);
            assert!(ran.err.contains(why), "{line}: {}", ran.err);
            assert_eq!(place.read("web.yaml"), web());
        }
    };
    refused("not ignored");
    assert!(!place.path().join("secrets.yaml").exists());
    place.write("secrets.yaml", "");
    place.tool("git", &["add", "secrets.yaml"], b"");
    place.write(".gitignore", "secrets.yaml\n");
    refused("git keeps it");
    let forced = place.run(&format!("{LINE} --force"));
    assert_eq!(forced.code, 0, "{}", forced.err);
    #[cfg(unix)]
    {
        // A link in a folder of its own leads to it all the same.
        let (outside, kept) = (Place::new(), place.path().join("secrets.yaml"));
        let (link, before) = (outside.path().join("link.yaml"), place.read("secrets.yaml"));
        std::os::unix::fs::symlink(&kept, &link).unwrap();
        place.write("web.yaml", web());
        let ran = place.run(&LINE.replace("secrets.yaml", &link.display().to_string()));
        assert!(ran.code == 2 && ran.err.contains("git keeps it"), "{}", ran.err);
        assert_eq!((place.read("web.yaml"), place.read("secrets.yaml")), (web(), before));
    }
    place.tool("git", &["rm", "-q", "-f", "--cached", "secrets.yaml"], b"");
    place.write("web.yaml", web());
    assert_eq!(place.run(LINE).code, 0);
    assert!(place.read("web.yaml").contains("secretKeyRef"));
    // Without git every file of a work tree counts as kept.
    place.write("web.yaml", web());
    let output = place.harden().env("PATH", "/nowhere").args(LINE.split_whitespace()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_file_of_something_else_and_a_clash_stop_the_run() {
    let place = Place::new();
    let clash = "apiVersion: v1\nkind: Secret\nmetadata: {name: web-secrets, namespace: shop}\nstringData: {DB_PASSWORD: CANARY}\n";
    for (text, why) in [
        (clash, "holds another value under DB_PASSWORD"),
        ("kind: ConfigMap\napiVersion: v1\ndata: {a: CANARY}\n", "not a Secret"),
        ("a: [CANARY\n", "secrets.yaml: "),
    ] {
        place.write("web.yaml", web());
        place.write("secrets.yaml", text);
        for line in [LINE, "render -f web.yaml --only literal-secrets --extract-secrets secrets.yaml"] {
            let ran = place.run(line);
            assert_eq!(ran.code, 2, "{}", ran.err);
            assert!(ran.err.contains(why) && ran.out.is_empty(), "{}{}", ran.out, ran.err);
            silent(line, &ran.err);
            assert_eq!((place.read("web.yaml"), place.read("secrets.yaml")), (web(), text.to_owned()));
        }
    }
    let twice = format!("{}---\n{}", web(), web().replace("S3cure!pa55", "0ther!pa55"));
    place.write("web.yaml", &twice);
    fs::remove_file(place.path().join("secrets.yaml")).unwrap();
    let ran = place.run(LINE);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("different values under DB_PASSWORD") && !place.path().join("secrets.yaml").exists());
    assert_eq!(place.read("web.yaml"), twice);
}

#[cfg(unix)]
#[test]
fn where_nothing_can_be_written_nothing_is() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let path = place.write("web.yaml", web());
    // The file of Secrets first.
    let ran = place.run("rewrite --only literal-secrets --extract-secrets no/such/folder.yaml web.yaml");
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(place.read("web.yaml"), web());
    // Then the manifest: what was written for it goes again.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let ran = place.run(LINE);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(place.read("web.yaml"), web());
    assert!(!place.path().join("secrets.yaml").exists());
}

#[test]
fn a_request_without_a_file_or_a_rule_is_an_error() {
    let place = Place::new();
    place.write("web.yaml", web());
    place.write(
        "profile.yaml",
        "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {name: p}\nspec:\n  rules:\n    literal-secrets: {parameters: {extract: true}}\n",
    );
    let ran = place.run("rewrite -p profile.yaml web.yaml");
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("--extract-secrets FILE"), "{}", ran.err);
    assert_eq!(place.read("web.yaml"), web());
    let ran = place.run("diff -f web.yaml --skip literal-secrets --extract-secrets secrets.yaml");
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(place.run("diff -f web.yaml --force").code == 2);
    for stream in ["-", "/dev/stdout", "/dev/null"] {
        let ran = place.run(&format!("rewrite web.yaml --extract-secrets {stream}"));
        assert!(ran.code == 2 && ran.err.contains("no file that can keep secrets"), "{stream}: {}", ran.err);
        assert_eq!(place.read("web.yaml"), web());
    }
}
