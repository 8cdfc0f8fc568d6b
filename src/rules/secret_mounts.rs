//! # What it checks
//!
//! The files of a Secret volume (`secret`, or `projected` with a Secret among its sources) have no mode wider than 0644:
//! nobody but their owner may write them, and nobody may execute them. And no Secret is mounted by `subPath`.
//!
//! # Why
//!
//! Secrets are data: a mode such as 0777 lets everything in the container run them and shows that nobody thought of who
//! should read them. A file mounted by `subPath` keeps its first value: when the Secret changes (a renewed certificate, a
//! new password) the container does not see it until the pod is replaced.
//!
//! # What it changes
//!
//! Takes the right to execute, and the group's and others' right to write, out of the mode. Who could read the file still
//! can. A `subPath` stays: in its place a mount would cover the folder that the file is put into.
//!
//! # What can break
//!
//! A right to write: nothing, the kubelet mounts Secrets read-only; `safe`. A right to execute: `likely`; where the files
//! lie where programs do (`bin`, `*.d`, `scripts`), are called as scripts are (`*.sh`), or share the mode with files of a
//! ConfigMap, `unproven`. Where the container's command, a hook or a probe names a
//! path in the mount, the mode stays and the finding says what to do.
//!
//! # Example
//!
//! ```yaml
//! volumes:
//!   - name: certificates
//!     secret:
//!       secretName: certificates
//!       defaultMode: 0400
//! ```

use super::common::image::start_of;
use super::findings::or_except;
use super::{Assessment, Check, Findings, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Field, Pod, Volume};

/// The rule.
pub const RULE: Rule = Rule {
    id: "secret-mounts",
    title: "a Secret is mounted with too wide a mode, or so that it does not follow changes",
    severity: Severity::Medium,
    matter: Matter::Secrets,
    mends: "narrows the mode",
    risks: &[Risk::Safe, Risk::Likely, Risk::Unproven],
    standards: &[Standard::Nsa("Secrets")],
    parameters: &[],
    stage: Stage::Files,
    check: Check::Pod(check),
};

/// What a file of a Secret may allow.
const WIDEST: i64 = 0o644;
/// The rights to execute.
const EXECUTE: i64 = 0o111;
/// The largest mode that the API server takes.
const LARGEST: i64 = 0o777;

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let secrets: Vec<Volume<'_>> = pod.volumes().into_iter().filter(holds_secret).collect();
    for volume in &secrets {
        for field in modes(volume) {
            let Some(mode) = field.as_i64().filter(|mode| (0..=LARGEST).contains(mode) && mode & !WIDEST != 0) else {
                continue;
            };
            let draft = found.at(&field).because(format!("mode {mode:04o} is wider than a Secret needs"));
            match run_from(pod, volume.name).filter(|_| mode & EXECUTE != 0) {
                Some(name) => {
                    let decision = format!(
                        "{name} names a file of it in a command: keep a script in a ConfigMap, or have its interpreter read it"
                    );
                    draft.decide(or_except(RULE.id, &decision));
                }
                None => drop(draft.set(&field, mode & WIDEST, assess(pod, volume, mode))),
            }
        }
    }
    for container in pod.containers() {
        for mount in container.field("volumeMounts").items() {
            let volume = mount.field("name").as_str().unwrap_or_default();
            let part = ["subPath", "subPathExpr"].iter().map(|key| mount.field(key)).find(Field::is_stated);
            let Some(part) = part.filter(|_| secrets.iter().any(|one| one.name == volume && !one.is("projected")))
            else {
                continue;
            };
            let path = mount.field("mountPath").as_str().unwrap_or_default();
            let decision = format!(
                "mount the Secret as a folder of its own and tell the program to read its file there, instead of {path}"
            );
            found
                .at(&part)
                .because(format!("{path} keeps its first value when the Secret changes"))
                .decide(or_except(RULE.id, &decision));
        }
    }
}

fn holds_secret(volume: &Volume<'_>) -> bool {
    volume.is("secret")
        || volume.field.field("projected/sources").items().iter().any(|one| one.field("secret").is_stated())
}

/// The modes that a volume states for files of Secrets.
fn modes<'a>(volume: &Volume<'a>) -> Vec<Field<'a>> {
    let (own, projected) = (volume.field.field("secret"), volume.field.field("projected"));
    let parts = projected.field("sources").items().into_iter().map(|one| one.field("secret"));
    let items = parts.chain([own.clone()]).flat_map(|secret| secret.field("items").items());
    let items = items.map(|item| item.field("mode"));
    [own.field("defaultMode"), projected.field("defaultMode")].into_iter().chain(items).collect()
}

/// The container whose command, hook or probe names a path in a mount of this volume.
fn run_from<'a>(pod: &Pod<'a>, volume: &str) -> Option<&'a str> {
    let named = |container: &&crate::workload::Container<'a>| {
        let start = start_of(container);
        let words: Vec<&str> =
            start.command.iter().chain(&start.args).chain(start.hooks.iter().flatten()).copied().collect();
        let mounts = container.mounts();
        let mut mounts =
            mounts.iter().filter(|mount| mount.volume == volume).map(|mount| mount.path.trim_end_matches('/'));
        mounts.any(|path| !path.is_empty() && words.iter().any(|word| word.contains(path)))
    };
    pod.containers().iter().find(named).map(|container| container.name())
}

fn assess(pod: &Pod<'_>, volume: &Volume<'_>, mode: i64) -> Assessment {
    let octal = format!("{:04o} in octal", mode & WIDEST);
    if mode & EXECUTE == 0 {
        return Risk::Safe.because(format!("{octal}; the kubelet mounts Secrets read-only, nobody could write them"));
    }
    let holds_programs = |path: &str| {
        path.split('/')
            .any(|part| part.ends_with("bin") || part.ends_with(".d") || part.ends_with(".sh") || part == "scripts")
    };
    let mounts: Vec<_> = pod.containers().iter().flat_map(|container| container.mounts()).collect();
    if let Some(mount) = mounts.iter().find(|mount| mount.volume == volume.name && holds_programs(mount.path)) {
        return Risk::Unproven.because(format!("{octal}; {} is where programs lie, which may be run", mount.path));
    }
    let sources = sources(volume);
    if sources.iter().any(|source| !source.field("secret").is_stated()) {
        return Risk::Unproven
            .because(format!("{octal}; files that are no Secret's have the same mode and may be run"));
    }
    if let Some(name) = files(pod, volume).into_iter().find(|name| holds_programs(name)) {
        return Risk::Unproven.because(format!("{octal}; {name} is called as a program is, which may be run"));
    }
    Risk::Likely.because(format!("{octal}; no command, hook or probe names a file of it"))
}

/// The sources of a projected volume.
fn sources<'a>(volume: &Volume<'a>) -> Vec<Field<'a>> {
    volume.field.field("projected/sources").items()
}

/// The names of the files that Secrets bring into a volume, as far as the input says them.
fn files<'a>(pod: &Pod<'a>, volume: &Volume<'a>) -> Vec<&'a str> {
    let own = volume.field.field("secret");
    let parts = sources(volume).into_iter().map(|one| (one.field("secret"), "name")).chain([(own, "secretName")]);
    let of_part = |(part, name): (Field<'a>, &str)| -> Vec<&'a str> {
        let items = part.field("items");
        if items.is_stated() {
            return items.items().iter().filter_map(|item| item.field("path").as_str()).collect();
        }
        let (Some(around), Some(name)) = (pod.around(), part.field(name).as_str()) else { return Vec::new() };
        let secret = around.neighbours.named("Secret", around.namespace(), name).next();
        secret.into_iter().flat_map(|one| one.list("/keys")).filter_map(|key| key.as_str()).collect()
    };
    parts.flat_map(of_part).collect()
}
