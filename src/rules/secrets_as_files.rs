//! # What it checks
//!
//! No environment variable comes from a Secret: neither one by one (`secretKeyRef`) nor all of its keys (`envFrom`). And
//! no variable is set that ends the program for looking like the form for a file. Ephemeral containers and pods with
//! `os.name: windows` are left alone.
//!
//! # Why
//!
//! Every process in the container inherits the environment, debug pages and crash reports print it, and who may look at
//! the pod's processes sees it. A mounted file is read by who opens it, and follows the Secret when that changes; a
//! variable keeps its first value until the pod is replaced.
//!
//! # What it changes
//!
//! A variable that the image is known to read from a file (`kubectl harden explain image` lists them) becomes its form for
//! that: `POSTGRES_PASSWORD` becomes `POSTGRES_PASSWORD_FILE` with the path of the file. The keys that are needed, and no
//! others, are mounted read-only in a folder of their own, `/etc/secrets/<secret>`; where the container has the Secret
//! mounted already, that file is named. With an `fsGroup` and a user above 0 the files have mode 0440 (288 in decimal);
//! otherwise everybody in the container may read them, for many start scripts open them only after they have left root.
//! An `envFrom` goes where the Secret is in the input and the program reads all its keys from files.
//!
//! A variable stays, and the finding says what to do, where: nothing says that the program reads it from a file; the
//! manifest starts something else than the image does; the value is optional; the command, a probe, a hook or another
//! variable uses it; its other form is set, or a patch of the input sets one of them, or an `envFrom` brings or may bring one of them; the program insists on a
//! file mode that no Secret can have. For your own images say it in the profile: `images:` with `fileEnv`.
//!
//! # What can break
//!
//! `safe` where the image's own start script was read or the profile says it; `likely` where a chart does it so, or the
//! profile says it and the manifest starts another command; `unproven` where a probe or hook runs a mounted script,
//! which may use the variable. Whoever types a command in the container (`kubectl exec`) no longer finds the variable.
//! A newline at the end of the value is cut off by most programs when they read the file.
//!
//! # Example
//!
//! ```yaml
//! env:
//!   - name: POSTGRES_PASSWORD_FILE
//!     value: /etc/secrets/db/password
//! ```

use super::common::image::risk_of;
use super::common::secret_files::SecretFiles;
use super::common::secret_variables::{Reader, Source, Variable, variables};
use super::findings::or_except;
use super::{Assessment, Check, Findings, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::image::Reference;
use crate::image::advice::{FileVariable, fatal_variables, file_variable};
use crate::workload::{Container, List, Pod};
use serde_json::json;

/// The rule.
pub const RULE: Rule = Rule {
    id: "secrets-as-files",
    title: "a secret stands in the environment of a program",
    severity: Severity::Medium,
    matter: Matter::Secrets,
    mends: "mounts the keys, names the files",
    risks: &[Risk::Safe, Risk::Likely, Risk::Unproven],
    standards: &[
        Standard::Cis("5.4.1"),
        Standard::Nsa("Secrets"),
        Standard::Checkov("CKV_K8S_35"),
        Standard::Kubescape("C-0207"),
    ],
    parameters: &[],
    stage: Stage::Files,
    check: Check::Pod(check),
};

/// A variable that can go, and the one that names its file instead.
struct Move<'v, 'a> {
    variable: &'v Variable<'a>,
    file: String,
    assessment: Assessment,
}

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    let mut files = SecretFiles::of(pod);
    for container in pod.containers().iter().filter(|container| container.list() != List::Ephemeral) {
        let mut taken = Vec::new();
        let (reader, own) = (Reader::of(pod, container), variables(container));
        let (mut moves, mut kept) = (Vec::new(), Vec::new());
        for variable in &own {
            match judge(&reader, variable) {
                Ok(one) => moves.push(one),
                Err(why) => kept.push((variable, why)),
            }
        }
        mend(pod, container, &moves, &mut files, &mut taken, found);
        keep(container, kept, found);
        mend_sources(pod, container, &reader, &mut files, &mut taken, found);
        for (name, note) in fatal_variables(&reader.known, &reader.start) {
            let items = container.field("env").items();
            let Some(entry) = items.iter().find(|item| item.field("name").as_str() == Some(name)) else { continue };
            found
                .at(entry)
                .because(format!("the program ends at once when {name} is set"))
                .decide(or_except(RULE.id, &format!("take {name} out: {note}")));
        }
    }
}

/// What `envFrom` brings from Secrets: a source goes with all of its variables or stays.
fn mend_sources<'a>(
    pod: &Pod<'a>,
    container: &Container<'a>,
    reader: &Reader<'a>,
    files: &mut SecretFiles<'_, 'a>,
    taken: &mut Vec<String>,
    found: &mut Findings,
) {
    let sources: Vec<&Source<'a>> = reader.sources.iter().filter(|source| source.kind == "Secret").collect();
    let brought: Vec<Vec<Variable<'a>>> = sources.iter().map(|source| source.variables().unwrap_or_default()).collect();
    let (mut moves, mut gone) = (Vec::new(), Vec::new());
    for (source, variables) in sources.iter().zip(&brought) {
        let judged: Result<Vec<_>, _> = variables.iter().map(|variable| judge(reader, variable)).collect();
        match judged {
            Ok(judged) if !judged.is_empty() => {
                moves.extend(judged);
                gone.push(source.entry.clone());
            }
            _ => keep_source(source, variables, found),
        }
    }
    if gone.len() == container.field("envFrom").items().len() {
        gone = vec![container.field("envFrom")];
    }
    let Some((mut draft, assessment)) = mend(pod, container, &moves, files, taken, found) else { return };
    for field in &gone {
        draft = draft.remove(field, assessment.clone());
    }
}

/// Whether a variable can go, or why it stays; an empty text where nothing is known.
fn judge<'v, 'a>(reader: &Reader<'a>, variable: &'v Variable<'a>) -> Result<Move<'v, 'a>, String> {
    match file_variable(&reader.known, &reader.start, &variable.name) {
        FileVariable::Unknown => Err(String::new()),
        FileVariable::NotRead(why) => Err(why),
        FileVariable::Read { name: file, exclusive, because } => {
            if let Some(why) = reader.obstacle(variable, &file, exclusive) {
                return Err(why);
            }
            let assessment = match reader.script {
                Some(script) => Risk::Unproven
                    .because(format!("{}; but a probe or hook runs {script}, which may use it", because.evidence)),
                None => risk_of(because.certainty).because(because.evidence),
            };
            Ok(Move { variable, file, assessment })
        }
    }
}

/// One finding for all that can go together; what is to do besides is added to it.
fn mend<'f, 'a>(
    pod: &Pod<'a>,
    container: &Container<'a>,
    moves: &[Move<'_, 'a>],
    files: &mut SecretFiles<'_, 'a>,
    taken: &mut Vec<String>,
    found: &'f mut Findings,
) -> Option<(super::Draft<'f>, Assessment)> {
    let first = moves.first()?;
    let all: Vec<&Variable<'a>> = moves.iter().map(|one| one.variable).collect();
    let brought = files.bring(container, &all, taken);
    let risk = moves.iter().map(|one| one.assessment.risk).max().unwrap_or(Risk::Safe);
    let names: Vec<&str> = all.iter().map(|variable| variable.name.as_str()).collect();
    let mut draft = found.at(&first.variable.entry).because(reason(&names));
    for Move { variable, file, assessment } in moves {
        let path =
            brought.paths.get(&(variable.secret.to_owned(), variable.key.to_owned())).cloned().unwrap_or_default();
        if variable.is_listed {
            draft = draft.set(&variable.entry.field("name"), file.as_str(), assessment.clone());
            draft = draft.set(&variable.entry.field("value"), path, assessment.clone());
            draft = draft.remove(&variable.entry.field("valueFrom"), assessment.clone());
        } else {
            let entry = json!({"name": file, "value": path});
            draft = draft.set(&container.field("env/-"), entry, assessment.clone());
        }
    }
    for volume in brought.volumes {
        draft =
            draft.set(&pod.field("volumes/-"), volume, risk.because("the keys that the program reads, and no others"));
    }
    for mount in brought.mounts {
        let why = format!("the files with the values of {}", names.join(", "));
        draft = draft.set(&container.field("volumeMounts/-"), mount, risk.because(why));
    }
    Some((draft, first.assessment.clone()))
}

/// One finding for each reason to stay.
fn keep(container: &Container<'_>, mut kept: Vec<(&Variable<'_>, String)>, found: &mut Findings) {
    while !kept.is_empty() {
        let why = kept[0].1.clone();
        let (same, others): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(_, other)| *other == why);
        kept = others;
        let names: Vec<&str> = same.iter().map(|(variable, _)| variable.name.as_str()).collect();
        let decision = if why.is_empty() { unknown(container, &names) } else { why };
        found.at(&same[0].0.entry).because(reason(&names)).decide(or_except(RULE.id, &decision));
    }
}

fn keep_source(source: &Source<'_>, brought: &[Variable<'_>], found: &mut Findings) {
    let name = source.name;
    let decision = if brought.is_empty() {
        format!("the input holds no keys of Secret {name}: name under `env` what the program needs of it, or mount it")
    } else {
        let names: Vec<&str> = brought.iter().map(|variable| variable.name.as_str()).collect();
        format!(
            "not all that it brings can be read from files ({}): name under `env` what the program needs, or mount the Secret",
            names.join(", ")
        )
    };
    found
        .at(&source.entry)
        .because(format!("all keys of Secret {name} stand in the environment, whether the program needs them or not"))
        .decide(or_except(RULE.id, &decision));
}

fn reason(names: &[&str]) -> String {
    format!("every process in the container, its crash reports and its debug pages can show {}", names.join(", "))
}

/// What to do where nothing is known.
fn unknown(container: &Container<'_>, names: &[&str]) -> String {
    let names = names.join(", ");
    match Reference::parse(container.image()) {
        Ok(image) => format!(
            "nothing says that {} reads {names} from files: if its program does, say so in the profile, `images: [{{match: \
             [{}], fileEnv: {{suffix: _FILE, vars: [{names}]}}}}]`; if not, have it read a mounted Secret",
            image.familiar(),
            image.repository()
        ),
        Err(_) => format!("nothing is known of the image: have its program read {names} from a mounted Secret"),
    }
}
