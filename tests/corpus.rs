//! Real manifests of many repositories: read, left alone, rewritten to `restricted` and to `hardened` at each risk, and looked
//! at with other eyes.
//!
//! They lie beside the repository (`../shared/corpus/files`, or the folder `CORPUS` names), not in it; where they are
//! absent the test says so and passes. The counts below are for that very collection.

// Tests read files, say what they skip and may panic.
#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

mod support;

use kubectl_harden::manifest::{Stream, splice};
use kubectl_harden::plan::{self, Limits, Outcome, Plan, PlannedFinding};
use kubectl_harden::profile::{self, Profile};
use kubectl_harden::rules::Risk;
use kubectl_harden::workload::{List, Minor, World};
use rayon::prelude::*;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use support::lines::Touchable;
use support::second;

/// What must come of the collection under `restricted` with all risks.
const RESTRICTED: &[(&str, usize)] = &[
    ("files", 667),
    ("templates", 3),
    ("broken YAML", 0),
    ("not UTF-8", 0),
    ("read", 664),
    ("left alone", 664),
    ("values refused", 0),
    ("nothing to change", 80),
    // Each has a duplicate key in the very mapping to edit.
    ("refused", 4),
    ("rewritten", 580),
    ("right by the second reader", 580),
    ("lines touched that no change asked for", 0),
    // Each belongs to a capability that is taken away.
    ("comments lost", 2),
    ("workloads", 953),
];

/// The same under `hardened`, by risk: likely, unproven, breaking.
const HARDENED: &[(&str, [usize; 3])] = &[
    ("comments lost", [0, 0, 2]),
    ("containers", [1319, 1319, 1319]),
    ("files", [667, 667, 667]),
    ("image-pull-policy: left out", [102, 2, 0]),
    ("image-pull-policy: mended", [0, 100, 102]),
    ("image-tag: decided by a person", [371, 371, 371]),
    ("left alone", [664, 664, 664]),
    ("limits: left out", [1802, 0, 0]),
    ("limits: mended", [3094, 3561, 3561]),
    ("literal-secrets: decided by a person", [35, 35, 35]),
    ("nothing to change", [2, 2, 2]),
    ("pass restricted after", [357, 755, 809]),
    ("pass restricted before", [139, 139, 139]),
    ("refused", [4, 4, 4]),
    ("removed-api-version: decided by a person", [92, 92, 92]),
    ("removed-api-version: mended", [87, 87, 87]),
    ("rewritten", [658, 658, 658]),
    ("right by the second reader", [658, 658, 658]),
    ("root: not, a path cannot be made writable", [2, 0, 0]),
    ("root: not, facts that need not fit", [12, 0, 0]),
    ("root: not, nothing known of the image", [560, 0, 0]),
    ("root: not, privileged", [125, 0, 0]),
    ("root: not, the manifest says false", [5, 0, 0]),
    ("root: read-only already", [296, 296, 296]),
    ("root: read-only with mounts by guess", [0, 660, 660]),
    ("root: read-only with mounts from facts", [143, 168, 168]),
    ("root: read-only with mounts from facts and VOLUMEs", [1, 1, 1]),
    ("root: read-only, just the flag, by facts", [175, 194, 194]),
    ("secrets-as-files: decided by a person", [102, 102, 102]),
    ("secrets-as-files: mended", [7, 7, 7]),
    ("service-account-token: left out", [172, 0, 0]),
    ("service-account-token: mended", [399, 571, 571]),
    ("workloads", [953, 953, 953]),
];

/// The rules of which the outcomes are counted.
const COUNTED: &[&str] = &[
    "image-pull-policy",
    "image-tag",
    "limits",
    "literal-secrets",
    "removed-api-version",
    "secret-mounts",
    "secrets-as-files",
    "service-account",
    "service-account-token",
];

fn profile(name: &str) -> Profile {
    let none = |_: &str, _: Option<&str>| Err("no files here".to_owned());
    profile::load(name, &none).expect("a built-in profile")
}

fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    let folder = std::env::var_os("CORPUS").map_or(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            files(&entry, found);
        } else {
            found.push(entry);
        }
    }
}

/// What came of one file: figures to add up, remarks to list, and faults, of which there must be none.
#[derive(Default)]
struct Report {
    figures: BTreeMap<Cow<'static, str>, usize>,
    remarks: Vec<String>,
    faults: Vec<String>,
}

impl Report {
    fn count(&mut self, figure: impl Into<Cow<'static, str>>, by: usize) {
        *self.figures.entry(figure.into()).or_default() += by;
    }

    fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }
}

/// What a run goes by.
struct Run {
    profile: Profile,
    max_risk: Risk,
}

fn planned(run: &Run, stream: &Stream) -> Result<(World, Plan), String> {
    let profile = &run.profile;
    let (world, refused) = World::of(&[stream], &profile.kinds);
    if let Some((_, refusal)) = refused.first() {
        return Err(refusal.to_string());
    }
    let limits = Limits { max_risk: run.max_risk, today: "2026-01-01".to_owned() };
    let plan = plan::make(profile, &world, &[stream], &limits).map_err(|error| error.to_string())?;
    Ok((world, plan))
}

fn look(run: &Run, bytes: Vec<u8>) -> Report {
    let mut report = Report::default();
    report.count("files", 1);
    let Ok(text) = String::from_utf8(bytes) else {
        report.count("not UTF-8", 1);
        return report;
    };
    let stream = match Stream::read(text) {
        Ok(stream) => stream,
        Err(error) => {
            report.count(if error.template { "templates" } else { "broken YAML" }, 1);
            report.remarks.push(format!("unread: {error}"));
            return report;
        }
    };
    report.count("read", 1);
    if splice(&stream, &[]).as_deref() != Ok(stream.text()) {
        report.fault("a change of nothing changes bytes");
    }
    let values: Result<Vec<Value>, _> = stream.documents().map(|document| document.value()).collect();
    let Ok(values) = values else {
        report.count("values refused", 1);
        return report;
    };
    let own: Vec<_> = values.iter().enumerate().collect();
    match splice(&stream, &own) {
        Ok(same) if same == stream.text() => report.count("left alone", 1),
        Ok(_) => report.fault("its own values change bytes"),
        Err(refusal) => report.fault(format!("its own values are refused: {refusal}")),
    }
    match planned(run, &stream) {
        Ok((world, plan)) => {
            passing(&mut report, &plan);
            outcomes(&mut report, &plan);
            figures(&mut report, &world, &plan, &stream);
            rewrite(&mut report, run, &stream, &values, &world, &plan);
        }
        Err(refusal) => report.fault(format!("no plan: {refusal}")),
    }
    report
}

fn rewrite(report: &mut Report, run: &Run, stream: &Stream, values: &[Value], world: &World, plan: &Plan) {
    report.count("workloads", world.objects.iter().filter(|object| object.is_workload()).count());
    let after = match plan::after_values(plan, world, 0, stream) {
        Ok(after) => after,
        Err(refusal) => return report.fault(format!("no values: {refusal}")),
    };
    let after: Vec<(usize, &Value)> = after.iter().map(|(index, value)| (*index, value)).collect();
    let result = match plan::new_text(plan, world, 0, stream) {
        Ok(Some(result)) => result,
        Ok(None) => return report.count("nothing to change", 1),
        Err(refusal) => {
            report.count("refused", 1);
            return report.remarks.push(format!("refused: {refusal}"));
        }
    };
    report.count("rewritten", 1);
    touched(report, stream, &after, &result);
    second_reader(report, stream.text(), values, &after, &result);

    let again = match Stream::read(result.clone()) {
        Ok(again) => again,
        Err(error) => return report.fault(format!("the result cannot be read: {error}")),
    };
    if splice(&again, &after).as_ref() != Ok(&result) {
        report.fault("the same values again change bytes");
    }
    match planned(run, &again) {
        Ok((_, plan)) if !plan.has_changes() => {}
        Ok(_) => report.fault("a second run plans more"),
        Err(error) => report.fault(format!("a second run: {error}")),
    }
}

/// How many workloads pass `restricted`, before and after.
fn passing(report: &mut Report, plan: &Plan) {
    let tally = plan.tally();
    report.count("pass restricted before", tally.restricted.0);
    report.count("pass restricted after", tally.restricted.1);
}

/// What became of the findings of the rules that ask for more than one number.
fn outcomes(report: &mut Report, plan: &Plan) {
    for finding in plan.objects.iter().flat_map(|planned| &planned.findings) {
        let outcome = match &finding.outcome {
            Outcome::Mended => "mended",
            Outcome::LeftOut(_) => "left out",
            _ => "decided by a person",
        };
        if COUNTED.contains(&finding.rule.id) {
            report.count(format!("{}: {outcome}", finding.rule.id), 1);
        }
    }
}

/// What became of each container's root file system.
fn figures(report: &mut Report, world: &World, plan: &Plan, stream: &Stream) {
    for planned in &plan.objects {
        let object = &world.objects[planned.object];
        let value = object.value(stream).expect("a value that was read");
        let around = world.around(object, Minor::NEWEST);
        for pod in object.pods(&value, &around) {
            for container in pod.containers().iter().filter(|container| container.list() != List::Ephemeral) {
                let flag = container.field("securityContext/readOnlyRootFilesystem");
                let found = planned.findings.iter().find(|finding| {
                    finding.rule.id == "read-only-root" && finding.subject.pointer.as_ref() == flag.pointer
                });
                let figure = match found {
                    None if flag.as_bool() == Some(true) => "root: read-only already",
                    None if pod.is_windows() => "root: on Windows",
                    None => "root: container taken away",
                    Some(finding) => match &finding.outcome {
                        Outcome::Mended => source_of(finding),
                        Outcome::LeftOut(_) => why_not(finding),
                        _ => "root: not, a node agent",
                    },
                };
                report.count("containers", 1);
                report.count(figure, 1);
            }
        }
    }
}

/// Where the mounts come from that go with a read-only root.
fn source_of(finding: &PlannedFinding) -> &'static str {
    let mounts = finding.changes.iter().filter(|change| change.pointer.ends_with("/volumeMounts/-")).count();
    let evidence = &finding.changes[0].evidence;
    let known = ["[facts", "[profile"].iter().any(|origin| evidence.contains(origin));
    match (mounts, known, evidence.contains("[image")) {
        (0, true, _) => "root: read-only, just the flag, by facts",
        (0, ..) => "root: read-only, just the flag, by guess",
        (_, true, _) if finding.changes.iter().any(|change| change.evidence.contains("VOLUME")) => {
            "root: read-only with mounts from facts and VOLUMEs"
        }
        (_, true, _) => "root: read-only with mounts from facts",
        (_, _, true) => "root: read-only with mounts from the image",
        _ => "root: read-only with mounts by guess",
    }
}

/// Why a container keeps a writable root.
fn why_not(finding: &PlannedFinding) -> &'static str {
    let evidence = &finding.changes[0].evidence;
    let reasons = [
        ("says `readOnlyRootFilesystem: false`", "root: not, the manifest says false"),
        ("it is privileged", "root: not, privileged"),
        ("cannot be made writable", "root: not, a path cannot be made writable"),
        ("nothing is known of what", "root: not, nothing known of the image"),
    ];
    let reason = reasons.iter().find(|(words, _)| evidence.contains(words));
    reason.map_or("root: not, facts that need not fit", |(_, figure)| figure)
}

/// Lines that went, and whether a change asked for it; comments that went with them.
fn touched(report: &mut Report, stream: &Stream, after: &[(usize, &Value)], result: &str) {
    let touchable = Touchable::of(stream, after);
    if let Some(line) = touchable.lost(result) {
        report.fault(format!("a line no change asked for: {line}"));
    }
    let diff = TextDiff::from_lines(stream.text(), result);
    let of = |tag: ChangeTag| diff.iter_all_changes().filter(move |change| change.tag() == tag);
    report.count("lines removed", of(ChangeTag::Delete).count());
    report.count("lines added", of(ChangeTag::Insert).count());
    for change in of(ChangeTag::Delete) {
        let line = change.value().trim_end();
        let at = change.old_index().expect("an old line");
        if !touchable.may(at) {
            report.count("lines touched that no change asked for", 1);
            report.fault(format!("touched line {}: {line:?}", at + 1));
        }
        let Some(comment) =
            line.match_indices('#').map(|(at, _)| at).find(|at| line[..*at].trim_end().len() < *at || *at == 0)
        else {
            continue;
        };
        if !of(ChangeTag::Insert).any(|change| change.value().contains(&line[comment..])) {
            report.count("comments lost", 1);
            report.remarks.push(format!("comment lost, line {}: {}", at + 1, line.trim_start()));
        }
    }
}

/// The second reader must see the same change, whatever it thinks of the rest.
fn second_reader(report: &mut Report, text: &str, values: &[Value], after: &[(usize, &Value)], result: &str) {
    let Ok(mut before) = second::documents(text) else {
        return report.count("not judged by the second reader", 1);
    };
    let read = match second::documents(result) {
        Ok(read) => read,
        Err(error) => return report.fault(format!("the second reader refuses the result: {error}")),
    };
    if before.len() != values.len() {
        // The readers count empty documents differently.
        before.resize(values.len(), Value::Null);
    }
    for (index, after) in after {
        match second::carried(&values[*index], after, &before[*index]) {
            Ok(wanted) => before[*index] = wanted,
            Err(error) => return report.fault(format!("the second reader sees another document: {error}")),
        }
    }
    match read == before {
        true => report.count("right by the second reader", 1),
        false => report.fault("values are wrong by the second reader"),
    }
}

/// Look at the whole collection; `None` where it is not there.
fn looked_at(run: &Run) -> Option<Report> {
    let Some(folder) = corpus() else {
        eprintln!("skipped: no ../shared/corpus/files");
        return None;
    };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    paths.sort();
    let reports: Vec<Report> = paths.par_iter().map(|path| look(run, std::fs::read(path).expect("a file"))).collect();

    let mut all = Report::default();
    for (path, report) in paths.iter().zip(reports) {
        let name = path.strip_prefix(&folder).unwrap_or(path).display();
        report.figures.into_iter().for_each(|(figure, by)| all.count(figure, by));
        all.remarks.extend(report.remarks.into_iter().map(|remark| format!("{name}: {remark}")));
        all.faults.extend(report.faults.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    let first: Vec<_> = all.faults.iter().take(40).map(String::as_str).collect();
    assert!(all.faults.is_empty(), "{} faults, the first:\n{}", all.faults.len(), first.join("\n"));
    Some(all)
}

#[test]
fn real_manifests_are_rewritten_without_a_trace() {
    let run = Run { profile: profile("restricted"), max_risk: Risk::Breaking };
    let Some(all) = looked_at(&run) else { return };
    println!("{}", all.remarks.join("\n"));
    for (figure, count) in &all.figures {
        println!("{count:>7}  {figure}");
    }
    for (figure, expected) in RESTRICTED {
        assert_eq!(all.figures.get(*figure).copied().unwrap_or_default(), *expected, "{figure}");
    }
}

#[test]
fn and_hardened_at_every_risk() {
    let mut table: BTreeMap<Cow<'_, str>, [usize; 3]> = BTreeMap::new();
    for (column, max_risk) in [Risk::Likely, Risk::Unproven, Risk::Breaking].into_iter().enumerate() {
        let Some(all) = looked_at(&Run { profile: profile("hardened"), max_risk }) else { return };
        for (figure, count) in all.figures {
            table.entry(figure).or_default()[column] = count;
        }
    }
    println!(" likely  unproven  breaking");
    for (figure, [likely, unproven, breaking]) in &table {
        println!("{likely:>7}  {unproven:>8}  {breaking:>8}  {figure}");
    }
    for (figure, expected) in HARDENED {
        assert_eq!(table.get(*figure), Some(expected), "{figure}");
    }
    for figure in ["lines touched that no change asked for", "broken YAML", "not UTF-8", "values refused"] {
        assert_eq!(table.get(figure), None, "{figure}");
    }
}
