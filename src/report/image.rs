//! What is known of one image, on one screen.

use super::{Page, phrase, shown};
use crate::image::{AnyUid, Contents, Facts, Keep, Known, Need, NonRoot, Port, Reference, UserBasis, Writable};
use serde_json::{Value, json};

/// Where the text begins, right of the labels.
const GUTTER: usize = 15;

/// How far the lines that go on stand in.
const HANG: usize = 2;

/// The page of an image.
pub fn image(reference: &Reference, known: &Known, page: &Page) -> String {
    let strong = page.palette.strong;
    let mut sheet = Sheet { page, out: format!("{strong}{}{strong:#}\n", shown(&reference.familiar())) };
    if let Some(facts) = &known.facts {
        about(&mut sheet, facts, known);
    }
    if let Some(contents) = &known.contents {
        read(&mut sheet, contents);
    }
    if known.facts.is_none() && known.contents.is_none() {
        nothing(&mut sheet, reference);
    }
    sheet.out
}

/// The same for machines.
pub fn image_json(reference: &Reference, known: &Known) -> Value {
    let user = known.user().map(|(uid, gid)| json!({"uid": uid, "gid": gid}));
    json!({
        "image": reference.to_string(),
        "factsFrom": known.origin.as_ref().map(ToString::to_string),
        "tagLeftOpen": known.open_tag,
        "runsAs": user,
        "facts": known.facts.as_deref(),
        "contents": known.contents.as_deref(),
    })
}

fn about(sheet: &mut Sheet<'_>, facts: &Facts, known: &Known) {
    let runtime = if facts.runs_anything { "; what it needs hangs on the command in the manifest" } else { "" };
    sheet.row("known as", &format!("{} [{}]{runtime}", facts.id, known.facts_origin()));
    if known.open_tag {
        sheet.row("", "the reference names no tag: what differs from tag to tag is left open");
    }
    if let Some(node) = &facts.node {
        sheet.row("on a node", &format!("{}: {}; it cannot follow {}", node.what, node.why, node.rules.join(", ")));
    }
    if let Some(api) = &facts.uses_api {
        sheet.row("uses the API", &format!("{}{}", api.why, if api.optional { "; it runs without" } else { "" }));
    }
    sheet.row("user", &user(facts, known));
    if let Some(verdict) = facts.user.config.as_deref().map(NonRoot::of) {
        sheet.row("runAsNonRoot", &alone(verdict, facts, known));
    }
    let others = match facts.any_uid {
        AnyUid::Yes => "any will do",
        AnyUid::No => "none",
        AnyUid::Group0 => "any of group 0",
        AnyUid::Data => "any that owns its data",
        AnyUid::Unknown => "",
    };
    sheet.row("other users", others);
    sheet.row("as root", &as_root(facts));
    match facts.writable.as_deref() {
        None => sheet.row("writes", "not known"),
        Some([]) => sheet.row("writes", "nothing"),
        Some(paths) => {
            let width = paths.iter().map(|one| one.path.len()).max().unwrap_or_default().min(32);
            sheet.list("writes", paths.iter().map(|one| format!("{:width$}  {}", one.path, writes(one))));
        }
    }
    sheet.row("VOLUMEs", &facts.volumes.join(", "));
    let port = |port: &Port| {
        let how = match port.how.as_str() {
            "config" => "moved in its configuration",
            "env" => "moved by a variable",
            "arg" => "moved by an argument",
            _ => "opened by a sysctl",
        };
        let detail = port.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
        format!("{}, {how}{detail}", port.port)
    };
    sheet.list("low ports", facts.ports.iter().map(port));
    let caps = facts.file_caps.iter().map(|file| {
        let needed = if file.effective { ", without which it is not executed" } else { "" };
        format!("{}: {}{needed}", file.path, file.caps.join(", "))
    });
    sheet.list("capabilities", caps);
    sheet.list("set", facts.set_env.iter().map(|(name, value)| format!("{name}={value}")));
    sheet.list("secrets", secrets(facts).into_iter());
    sheet.list("mind", facts.traps.iter().cloned());
    let basis: Vec<String> = facts.basis.iter().map(|one| plain(&json!(one))).collect();
    sheet.row("rests on", &basis.join(", "));
    sheet.list("sources", facts.sources.iter().cloned());
}

fn user(facts: &Facts, known: &Known) -> String {
    let stated = match facts.user.config.as_deref() {
        None => String::new(),
        Some("") => "the image states none and starts as root; ".to_owned(),
        Some(user) => format!("the image states {user}; "),
    };
    let name = facts.user.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let basis = match facts.user.basis {
        Some(UserBasis::Dockerfile) => ", by its build file",
        Some(UserBasis::Docs) => ", by its documentation",
        Some(UserBasis::Chart) => ", by its chart",
        Some(UserBasis::DistroDefault) => ", which its distribution chooses",
        Some(UserBasis::General) => ", not confirmed",
        Some(UserBasis::Profile) => ", by the profile",
        Some(UserBasis::Unknown) | None => "",
    };
    match known.user() {
        Some((uid, Some(gid))) => format!("{stated}the program runs as {uid}:{gid}{name}{basis}"),
        Some((uid, None)) => format!("{stated}the program runs as {uid}{name}{basis}"),
        None if known.open_tag => format!("{stated}the program's user hangs on the tag"),
        None if facts.user.name.is_some() => format!("{stated}the program runs as{name}, whose number is not known"),
        None if facts.any_uid == AnyUid::Unknown => format!("{stated}the program's user is not known"),
        None => format!("{stated}the program has none of its own"),
    }
}

/// What the kubelet says to `runAsNonRoot: true` without a number, and what helps.
fn alone(verdict: NonRoot, facts: &Facts, known: &Known) -> String {
    let Some(refusal) = verdict.refusal() else { return "alone is enough: the image's user is a number".to_owned() };
    let help = match known.user() {
        _ if facts.needs_root.is_some() => String::new(),
        Some((uid, _)) => format!("; it does with runAsUser: {uid}"),
        None => "; it does with the number of a user".to_owned(),
    };
    format!("alone does not start ({refusal}){help}")
}

fn as_root(facts: &Facts) -> String {
    let mut parts: Vec<String> = facts.needs_root.iter().map(|why| format!("it must be: {why}")).collect();
    if let Some(root) = &facts.root_start {
        parts.push(match (root.drops.as_str(), root.caps.is_empty()) {
            ("none", true) => "it stays root and needs no capability".to_owned(),
            ("none", false) => format!("it stays root and needs {}", root.caps.join(", ")),
            (by, _) => format!("it becomes its user by {by} and needs {}", root.caps.join(", ")),
        });
    }
    parts.join("; ")
}

fn writes(one: &Writable) -> String {
    let when = match one.need {
        Need::Start => None,
        Need::Init => Some("at the first start"),
        Need::Feature => Some("if used"),
    };
    let content = match (one.keep, &one.copy_from) {
        (_, Some(from)) => Some(format!("filled from {from}")),
        (Keep::None, None) => None,
        (Keep::Entrypoint, None) => Some("refilled at the start".to_owned()),
        (Keep::Copy, None) => Some("has content to copy first".to_owned()),
    };
    let marks = [when, one.data.then_some("data"), one.owned.then_some("must be its own")];
    let marks: Vec<String> = marks.into_iter().flatten().map(str::to_owned).chain(content).collect();
    let note = one.note.clone().unwrap_or_default();
    match (marks.is_empty(), note.is_empty()) {
        (true, _) => note,
        (false, true) => format!("({})", marks.join(", ")),
        (false, false) => format!("({}) {note}", marks.join(", ")),
    }
}

fn secrets(facts: &Facts) -> Vec<String> {
    let note = |note: &Option<String>| note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    let mut lines = Vec::new();
    if let Some(files) = &facts.file_env {
        let both = if files.exclusive { "; never both" } else { "" };
        let mode = if files.mode.is_empty() { String::new() } else { format!("; mode {}", files.mode.join(" or ")) };
        let since = files.since.as_ref().map(|since| format!("; since {since}")).unwrap_or_default();
        let programs = match files.programs.as_slice() {
            [] => String::new(),
            programs => format!("; when it starts {}", programs.join(" or ")),
        };
        let vars = files.vars.join(", ");
        lines.push(format!(
            "from files, the name with {} at its end: {vars}{both}{mode}{since}{programs}{}",
            files.suffix,
            note(&files.note)
        ));
    }
    if let Some(none) = &facts.no_file_env {
        let fatal =
            if none.fatal.is_empty() { String::new() } else { format!("; never set {}", none.fatal.join(", ")) };
        lines.push(format!("not from files: {}{fatal}{}", none.vars.join(", "), note(&none.note)));
    }
    lines
}

/// What was read of the image itself.
fn read(sheet: &mut Sheet<'_>, contents: &Contents) {
    let config = &contents.config;
    sheet.row("read", &format!("{}, {}", contents.origin, contents.digest));
    let user = if config.user.is_empty() { "none, so root" } else { &config.user };
    let verdict = NonRoot::of(&config.user).refusal().map(|why| format!("; runAsNonRoot alone: {why}"));
    sheet.row("USER", &format!("{user}{}", verdict.unwrap_or_default()));
    sheet.row("VOLUME", &config.volumes.join(", "));
    let ports: Vec<String> = config.ports.iter().map(u16::to_string).collect();
    sheet.row("EXPOSE", &ports.join(", "));
    sheet.row("starts", &[config.entrypoint.as_slice(), config.cmd.as_slice()].concat().join(" "));
    sheet.row("in", &config.working_dir);
    let Some(files) = &contents.files else { return sheet.row("layers", "not read") };
    let caps = files.programs.iter().filter(|(_, program)| !program.caps.is_empty());
    sheet.list("capabilities", caps.map(|(path, program)| format!("{path}: {}", program.caps.join(", "))));
    let sightings = files.sightings.iter().map(|one| format!("{}: {}", plain(&json!(one.sight)), one.path));
    sheet.list("holds", sightings);
}

/// What to do about an image of which nothing is known.
fn nothing(sheet: &mut Sheet<'_>, reference: &Reference) {
    let repository = reference.repository();
    sheet.row("known as", &format!("nothing is known of {repository}"));
    let sources = "oci:DIR, oci-archive:FILE or docker-archive:FILE";
    sheet.row(
        "what helps",
        &format!("let it be read: --image-source with {sources}; --inspect-images from its registry"),
    );
    sheet.row("", "or say in a profile what you know of it:");
    let entry = json!(repository);
    for line in [
        "spec:",
        "  images:",
        &format!("    - match: [{entry}]"),
        "      user: {uid: 10001, gid: 10001} # the user it runs as",
        "      writable: [/tmp]               # every path it writes; [] for none",
        "      # like: nginx                  # instead, or first: the known image that it is built on",
    ] {
        sheet.out.push_str(&format!("\n{}", shown(line)));
    }
    sheet.out.push('\n');
}

/// A unit variant as it is written in data.
fn plain(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Labels on the left, text on the right.
struct Sheet<'p> {
    page: &'p Page,
    out: String,
}

impl Sheet<'_> {
    /// One row; none where there is no text.
    fn row(&mut self, label: &str, text: &str) {
        if !text.is_empty() {
            self.list(label, std::iter::once(text.to_owned()));
        }
    }

    /// A label with a line for each item, each wrapped by itself.
    fn list(&mut self, label: &str, items: impl Iterator<Item = String>) {
        let cyan = self.page.palette.cyan;
        let room = self.page.width.saturating_sub(GUTTER);
        let mut label = Some(label);
        for item in items {
            for (index, line) in phrase::wrapped(&shown(item.trim_end()), room, room - HANG).iter().enumerate() {
                let name = label.take().unwrap_or_default();
                let hang = if index == 0 { 0 } else { HANG };
                self.out.push_str(&format!("  {cyan}{name:width$}{cyan:#}{:hang$}{line}\n", "", width = GUTTER - 2));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Config, Files, Images, Program, Sight, Sighting};
    use std::collections::HashMap;
    use std::sync::Arc;

    #[test]
    fn what_was_read_of_an_image_is_told() {
        let config = Config { user: "web".into(), ports: vec![80], cmd: vec!["/web".into()], ..Config::default() };
        let program = Program { caps: vec!["NET_BIND_SERVICE".into()], effective: true, ..Program::default() };
        let files = Files {
            programs: [("/web".to_owned(), program)].into(),
            sightings: vec![Sighting { sight: Sight::PrivateKey, path: "/root/\u{1b}id_rsa".into() }],
            ..Files::default()
        };
        let (origin, digest) = ("oci:images".to_owned(), "sha256:12".to_owned());
        let contents = Contents { origin, digest, config, files: Some(files) };
        let images = Images::new(Vec::new(), true, HashMap::from([("web:1".to_owned(), Arc::new(contents))]));
        let known = images.of("web:1");
        let page = image(&Reference::parse("web:1").unwrap(), &known, &Page::default());
        let lines: Vec<&str> = page.lines().collect();
        let expected = [
            "web:1",
            "  read         oci:images, sha256:12",
            "  USER         web; runAsNonRoot alone: image has non-numeric user",
            "  EXPOSE       80",
            "  starts       /web",
            "  capabilities /web: NET_BIND_SERVICE",
            "  holds        private-key: /root/^[id_rsa",
        ];
        assert_eq!(lines, expected);
    }
}
