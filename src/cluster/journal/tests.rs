use super::*;
use crate::cluster::Resource;
use serde_json::Value;
use std::sync::Arc;

fn deployment(resource: &Arc<Resource>, name: &str) -> Live {
    let metadata = json!({"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": "7",
        "generation": 3, "annotations": {REVISION: "5"}});
    let pod = json!({"containers": [{"name": "web", "env": [{"name": "DB_PASSWORD", "value": "S3cure!pa55"}]}]});
    Live::new(
        resource,
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
        "spec": {"template": {"spec": pod}}}),
    )
}

fn resource() -> Arc<Resource> {
    Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true))
}

/// The object with a field more, and the password gone from it.
fn target(live: Live) -> Target {
    let mut after = live.value.clone();
    let container = &mut after["spec"]["template"]["spec"]["containers"][0];
    container["resources"] = json!({"limits": {"cpu": "1000m"}});
    container["env"][0]["value"] = "rotated!pa55".into();
    Target { live, after, templates: vec!["/spec/template".to_owned()], reasons: Vec::new() }
}

fn journal(folder: &std::path::Path) -> Journal {
    let head = Head {
        format: FORMAT,
        version: "0.1.0".to_owned(),
        run: String::new(),
        time: jiff::Timestamp::now(),
        profile: "restricted".to_owned(),
        server: "https://10.0.0.1".to_owned(),
    };
    let place = Place::at(folder);
    place.prepare().unwrap();
    Journal { place, head, file: None, intents: Vec::new(), failure: None }.named().unwrap()
}

fn read(journal: &Journal) -> Vec<Entry> {
    entry::of_lines(log::read(&journal.path()).unwrap(), &journal.path())
}

fn fates(journal: &Journal) -> Vec<Fate> {
    read(journal).iter().map(|entry| entry.fate).collect()
}

#[test]
fn a_run_is_read_as_it_was_written() {
    let (folder, resource) = (tempfile::tempdir().unwrap(), resource());
    let mut journal = journal(&folder.path().join("cluster"));
    let target = target(deployment(&resource, "web"));
    let reference = target.live.reference.clone();
    journal.intend(&target, Pen::JsonPatch).unwrap();
    assert_eq!(fates(&journal), [Fate::Open]);
    let mut changed = Live { value: target.after.clone(), ..target.live.clone() };
    changed.value["metadata"]["generation"] = 4.into();
    changed.value["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = "1".into();
    journal.wrote(&changed);
    assert_eq!(fates(&journal), [Fate::Written]);
    journal.settle(&reference, Fate::Healthy);

    let entry = journal.entry(&reference).unwrap().unwrap();
    assert_eq!(entry.reference, reference);
    assert_eq!((entry.fate, entry.pen, entry.uid.as_str()), (Fate::Healthy, Pen::JsonPatch, "uid-web"));
    assert_eq!((entry.generation, entry.written, entry.revision.as_deref()), (3, Some(4), Some("5")));
    assert_eq!((entry.run.as_str(), entry.profile.as_str(), entry.values()), (journal.run(), "restricted", 2));
    let cpu = entry.changes.iter().find(|changed| changed.path.to_string().ends_with("cpu")).unwrap();
    assert!(cpu.wrote(&json!("1000m"), &entry.run) && cpu.wrote(&json!("1"), &entry.run));
    assert!(!cpu.wrote(&json!("2"), &entry.run));
}

#[test]
fn no_secret_is_on_the_disk_and_nobody_else_may_read_it() {
    let (folder, resource) = (tempfile::tempdir().unwrap(), resource());
    let cluster = folder.path().join("state/cluster");
    let mut journal = journal(&cluster);
    journal.intend(&target(deployment(&resource, "web")), Pen::JsonPatch).unwrap();
    let text = std::fs::read_to_string(journal.path()).unwrap();
    assert!(!text.contains("S3cure") && !text.contains("rotated") && text.contains("sha256"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&cluster), mode(&journal.path())), (0o700, 0o600));
    }
}

/// Killed after any byte: what is whole is read, and what is added later is read as well.
#[test]
fn a_file_cut_off_anywhere_is_read_up_to_there() {
    let (folder, resource) = (tempfile::tempdir().unwrap(), resource());
    let mut journal = journal(folder.path());
    for name in ["a", "b"] {
        let target = target(deployment(&resource, name));
        journal.intend(&target, Pen::JsonPatch).unwrap();
        journal.wrote(&Live { value: target.after.clone(), ..target.live.clone() });
    }
    let whole = std::fs::read(journal.path()).unwrap();
    let steps: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    let mut told = Vec::new();
    for length in 0..=whole.len() {
        std::fs::write(journal.path(), &whole[..length]).unwrap();
        let fates = fates(&journal);
        let complete = steps.iter().filter(|end| **end <= length).count();
        let expected: &[Fate] = match complete {
            0 | 1 => &[],
            2 => &[Fate::Open],
            3 => &[Fate::Written],
            4 => &[Fate::Written, Fate::Open],
            _ => &[Fate::Written, Fate::Written],
        };
        assert_eq!(fates, expected, "{length} bytes");
        if let Some(first) = read(&journal).first() {
            settle(first, Fate::TakenBack).unwrap();
            told.push(read(&journal)[0].fate);
        }
    }
    assert!(!told.is_empty() && told.iter().all(|fate| *fate == Fate::TakenBack));
}

#[test]
fn an_intention_that_came_to_nothing_is_refused_by_the_next() {
    let (folder, resource) = (tempfile::tempdir().unwrap(), resource());
    let mut journal = journal(folder.path());
    let target = target(deployment(&resource, "web"));
    journal.intend(&target, Pen::JsonPatch).unwrap();
    journal.intend(&target, Pen::JsonPatch).unwrap();
    journal.wrote(&target.live);
    assert_eq!(fates(&journal), [Fate::Refused, Fate::Written]);
}

#[test]
fn a_newer_format_is_left_alone() {
    let (folder, resource) = (tempfile::tempdir().unwrap(), resource());
    let mut journal = journal(folder.path());
    journal.head.format = FORMAT + 1;
    journal.intend(&target(deployment(&resource, "web")), Pen::JsonPatch).unwrap();
    assert!(read(&journal).is_empty());
}

#[test]
fn without_a_journal_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let error = Place::at(&folder.path().join("file/cluster")).prepare().unwrap_err().to_string();
    assert!(error.starts_with("cannot write the journal ") && error.contains("so none is made"), "{error}");
}

#[test]
fn two_runs_at_once_have_files_of_their_own() {
    let (folder, resource) = (tempfile::tempdir().unwrap(), resource());
    let target = target(deployment(&resource, "web"));
    let (mut one, mut other) = (journal(folder.path()), journal(folder.path()));
    one.intend(&target, Pen::JsonPatch).unwrap();
    other.intend(&target, Pen::JsonPatch).unwrap();
    one.wrote(&target.live);
    assert_ne!(one.run(), other.run());
    assert_eq!((fates(&one), fates(&other)), (vec![Fate::Written], vec![Fate::Open]));
}

#[test]
fn the_mark_tells_people_on_other_machines() {
    let (folder, resource) = (tempfile::tempdir().unwrap(), resource());
    let journal = journal(folder.path());
    let mark: Value = serde_json::from_str(&journal.mark(&deployment(&resource, "web"))).unwrap();
    assert_eq!(mark, json!({"profile": "restricted", "run": journal.run(), "revision": "5"}));
}

#[test]
fn an_address_loses_its_password() {
    assert_eq!(without_login("https://me:secret@10.0.0.1:6443/k8s"), "https://10.0.0.1:6443/k8s");
    assert_eq!(without_login("https://10.0.0.1"), "https://10.0.0.1");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_the_next_change_and_not_the_one_that_was_made() {
    let (folder, resource) = (tempfile::tempdir().unwrap(), resource());
    let mut journal = journal(&folder.path().join("cluster"));
    let [web, next] = ["web", "next"].map(|name| target(deployment(&resource, name)));
    journal.intend(&web, Pen::JsonPatch).unwrap();
    journal.file = Some(std::fs::OpenOptions::new().read(true).append(true).open("/dev/full").unwrap());
    journal.wrote(&Live { value: web.after.clone(), ..web.live.clone() });
    assert!(journal.failure().is_some());
    // The disk has room again: what is not known of the one before forbids the next all the same.
    journal.file = Some(log::open(&journal.path()).unwrap());
    assert!(journal.intend(&next, Pen::JsonPatch).is_err());
    let entry = journal.entry(&web.live.reference).unwrap().unwrap();
    assert!(entry.is_in_effect() && !entry.changes.is_empty(), "it can be taken back");
}
