//! A profile and all it extends, put together.

use super::layer::{self, Layer, Patch, Reference};
use super::{BUILTIN, Problem, Profile, ProfileError, RuleSetting, closest};
use crate::workload::KindTable;
use std::collections::BTreeMap;

/// No sensible chain of profiles is longer; a cycle through ever different spellings of a path ends here.
const DEEPEST: usize = 16;

/// The text of a profile file.
#[derive(Debug, Clone)]
pub struct ProfileText {
    /// How messages name the file, and how a later `extends` in it finds files beside it. The same for the same file.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Reads the profile file at a path; a path under `extends` is relative to the file that names it, the second argument.
/// The error says why there is nothing to read.
pub type Loader<'l> = dyn Fn(&str, Option<&str>) -> Result<ProfileText, String> + 'l;

/// Read a profile by its built-in name or its path, with everything it extends.
pub fn load(reference: &str, loader: &Loader<'_>) -> Result<Profile, ProfileError> {
    let nowhere = Problem { file: String::new(), position: None, message: String::new(), help: None };
    let mut gathered = Gathered { loader, layers: Vec::new(), chain: Vec::new(), problems: Vec::new() };
    gathered.visit(&Reference { name: reference.to_owned(), place: nowhere }, None);
    if gathered.problems.is_empty() {
        Ok(put_together(gathered.layers.into_iter().map(|(_, layer)| layer).collect()))
    } else {
        Err(ProfileError { problems: gathered.problems })
    }
}

/// Whether a reference is a path rather than the name of a built-in profile.
pub fn is_path(reference: &str) -> bool {
    reference.contains(['/', '\\', '.'])
}

/// The files of one profile, in the order in which they count: what is extended before what extends it.
struct Gathered<'l> {
    loader: &'l Loader<'l>,
    layers: Vec<(String, Layer)>,
    /// The files being read, each named by the one before.
    chain: Vec<String>,
    problems: Vec<Problem>,
}

impl Gathered<'_> {
    fn visit(&mut self, reference: &Reference, from: Option<&str>) {
        let wrong = |message: String, help: Option<String>| Problem { message, help, ..reference.place.clone() };
        let source = match find(&reference.name, from, self.loader) {
            Ok(source) => source,
            Err((message, help)) => return self.problems.push(wrong(message, help)),
        };
        if self.chain.contains(&source.name) || self.chain.len() >= DEEPEST {
            let chain = [self.chain.as_slice(), std::slice::from_ref(&source.name)].concat().join(" -> ");
            return self.problems.push(wrong(format!("the profile extends itself: {chain}"), None));
        }
        if self.layers.iter().any(|(name, _)| *name == source.name) {
            return;
        }
        match layer::read(&source.name, &source.text) {
            Ok(layer) => {
                self.chain.push(source.name.clone());
                for base in &layer.extends {
                    self.visit(base, Some(&source.name));
                }
                self.chain.pop();
                self.layers.push((source.name, layer));
            }
            Err(problems) => self.problems.extend(problems),
        }
    }
}

fn find(reference: &str, from: Option<&str>, loader: &Loader<'_>) -> Result<ProfileText, (String, Option<String>)> {
    if is_path(reference) {
        // A built-in profile stands nowhere: what it extends is built in too.
        return loader(reference, from).map_err(|message| (message, None));
    }
    if let Some(builtin) = BUILTIN.iter().find(|builtin| builtin.name == reference) {
        return Ok(ProfileText { name: builtin.name.to_owned(), text: builtin.text.to_owned() });
    }
    let names = BUILTIN.iter().map(|builtin| builtin.name);
    let help = match closest(reference, names.clone()) {
        Some(other) => format!("did you mean {other:?}?"),
        None => {
            let names = names.collect::<Vec<_>>().join(", ");
            format!("built in are {names}; for a file write ./{reference}")
        }
    };
    Err((format!("unknown profile {reference:?}"), Some(help)))
}

/// Lay the files over each other. The last one is the profile itself.
fn put_together(mut layers: Vec<Layer>) -> Profile {
    let mut rules: BTreeMap<&str, Vec<RuleSetting>> = BTreeMap::new();
    let mut kinds = KindTable::builtin();
    let mut exceptions = Vec::new();
    let mut images = Vec::new();
    let mut kubernetes = None;
    for layer in &mut layers {
        for entry in &layer.rules {
            let settings = rules.entry(entry.rule.id).or_default();
            if settings.is_empty() {
                settings.push(RuleSetting::of(entry.rule));
            }
            for (index, setting) in settings.iter_mut().enumerate() {
                entry.general.apply(setting);
                // Naming a rule turns it on; where it was turned off for some objects only, it stays off for those.
                setting.enabled = entry.general.enabled.unwrap_or(setting.enabled || index == 0);
            }
            for (selector, patch) in &entry.special {
                let mut setting = RuleSetting { selector: Some(selector.clone()), ..settings[0].clone() };
                patch.apply(&mut setting);
                settings.push(setting);
            }
        }
        kinds.extend(layer.kinds.drain(..));
        exceptions.append(&mut layer.exceptions);
        // What extends counts before what is extended, as the first that matches does.
        images.splice(0..0, layer.images.drain(..));
        kubernetes = layer.kubernetes.or(kubernetes);
    }
    let own = layers.pop().unwrap_or_default();
    Profile {
        name: own.name,
        description: own.description.unwrap_or_default(),
        extends: layers.into_iter().map(|layer| layer.name).collect(),
        rules: rules.into_values().flatten().collect(),
        exceptions,
        images,
        kinds,
        kubernetes: kubernetes.unwrap_or_default(),
    }
}

impl Patch {
    fn apply(&self, setting: &mut RuleSetting) {
        setting.enabled = self.enabled.unwrap_or(setting.enabled);
        setting.severity = self.severity.or(setting.severity);
        setting.parameters.extend(self.parameters.clone());
    }
}
