//! The capabilities a container needs, and the low ports it opens.

use super::{Because, Certainty, Start, tree};
use crate::image::Known;
use std::collections::BTreeSet;

/// What a program needs that starts as root and gives root up, or prepares its files: with these added back to dropped
/// ALL, 30 of 31 programs worked of which nothing was known.
pub const STARTERS: [&str; 7] = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

/// The capabilities to add back when all are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityAdvice {
    /// Sorted, without `CAP_`.
    pub add: Vec<String>,
    /// What it rests on.
    pub because: Because,
}

/// What a container of this image has to keep, started as this user (0 for root). `None` when nothing is known.
pub fn capabilities(known: &Known, start: &Start<'_>, uid: u32) -> Option<CapabilityAdvice> {
    let mut add: BTreeSet<String> = BTreeSet::new();
    let mut evidence = Vec::new();
    let mut certainty = Certainty::Proven;
    if let Some(facts) = &known.facts {
        let origin = known.facts_origin();
        for program in facts.file_caps.iter().filter(|program| program.effective) {
            add.extend(program.caps.iter().cloned());
            evidence.push(format!("{} does not start without {} [{origin}]", program.path, program.caps.join(", ")));
        }
        if uid == 0 {
            let root = facts.root_start.as_ref()?;
            add.extend(root.caps.iter().cloned());
            evidence.push(format!("what {} needs as root is known [{origin}]", facts.id));
            if facts.runs_anything || start.is_stated() {
                return None;
            }
        } else if evidence.is_empty() {
            evidence.push(format!("{} runs as user {uid} and needs none [{origin}]", facts.id));
        }
    } else {
        let files = known.contents.as_ref()?.files.as_ref()?;
        if uid == 0 {
            return None;
        }
        certainty = Certainty::Inferred;
        let config = known.contents.as_ref().map(|contents| &contents.config);
        let path = config.and_then(|config| config.env.get("PATH")).map(String::as_str);
        let line = start.line(config);
        let words = line.iter().copied().filter(|word| !word.starts_with('-'));
        let scripted: Vec<&str> = files.scripts.values().flat_map(|text| text.split_whitespace()).collect();
        for word in words.chain(scripted.iter().copied()) {
            let word = word.trim_matches(['"', '\'', ';']);
            let Some((path, program)) = tree::program(files, word, path) else { continue };
            if program.effective && !program.caps.is_empty() && !program.caps.iter().all(|cap| add.contains(cap)) {
                add.extend(program.caps.iter().cloned());
                evidence.push(format!("{path} does not start without {} [image]", program.caps.join(", ")));
            }
        }
        if evidence.is_empty() {
            evidence.push(format!("it runs as user {uid}, and its program has no file capability [image]"));
        }
    }
    Some(CapabilityAdvice { add: add.into_iter().collect(), because: certainty.because(evidence.join("; ")) })
}

/// The ports below 1024 that the image opens by itself, each with what says so. The manifest's own ports go beside them.
pub fn low_ports(known: &Known) -> Vec<(u16, String)> {
    let low = |port: &u16| (1..1024).contains(port);
    if let Some(facts) = &known.facts {
        let origin = known.facts_origin();
        return facts.ports.iter().map(|port| port.port).filter(low).map(|port| (port, origin.clone())).collect();
    }
    let exposed = known.contents.iter().flat_map(|contents| &contents.config.ports).copied().filter(low);
    exposed.map(|port| (port, "image".to_owned())).collect()
}
