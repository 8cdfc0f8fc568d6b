//! What a run knows of images: facts and contents, by the reference that manifests write.
//!
//! The facts of a profile count before those of the program, and lie over them: a field that the profile states replaces
//! that of the program's entry.

use super::{Contents, Facts, Mirrors, Pin, Pins, Reference, StatedFacts, builtin};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, RwLock};

/// What is known of one image. Facts and contents may both be missing: then nothing is.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The facts: those of the profile over those of the program. Where the tag names a variant, `user` has its numbers.
    pub facts: Option<Arc<Facts>>,
    /// Where the facts are from.
    pub origin: Option<Origin>,
    /// The facts differ from tag to tag, and the reference has a digest only: which of them hold cannot be told.
    pub open_tag: bool,
    /// The tag that the reference names, `latest` where it names neither one nor a digest.
    pub tag: Option<String>,
    /// What was read of the image itself.
    pub contents: Option<Arc<Contents>>,
    /// The digest behind its tag, where that is known.
    pub pin: Option<Pin>,
    pub(super) user: Option<(u32, Option<u32>)>,
}

/// Where facts are from. [`Display`](fmt::Display) writes it as evidence: `facts: nginx`, `profile: own.yaml:7:7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The entry of the program of this name.
    Builtin(&'static str),
    /// An entry of a profile.
    Profile {
        /// Where it stands, `file:line:column`.
        place: String,
        /// The name of the program's entry that it lies over.
        over: Option<&'static str>,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(id) => write!(out, "facts: {id}"),
            Self::Profile { place, over: None } => write!(out, "profile: {place}"),
            Self::Profile { place, over: Some(id) } => write!(out, "profile: {place}, facts: {id}"),
        }
    }
}

impl Known {
    /// The numbers of the user and group that the facts tell, those of the tag's variant. `None` where they tell no uid,
    /// or where it hangs on a tag that the reference does not name.
    pub fn user(&self) -> Option<(u32, Option<u32>)> {
        self.user
    }

    /// The user that the image starts as when it is told none: 0 for root. `None` when that is not known.
    pub fn own_user(&self) -> Option<u32> {
        if let Some(contents) = &self.contents {
            let name = contents.config.user.split(':').next().unwrap_or_default();
            let entry = || contents.files.as_ref()?.users.iter().find(|user| user.name == name).map(|user| user.uid);
            return if name.is_empty() { Some(0) } else { name.parse().ok().or_else(entry) };
        }
        let config = self.facts.as_ref()?.user.config.as_deref()?;
        let name = config.split(':').next().unwrap_or_default();
        match name.parse() {
            Ok(uid) => Some(uid),
            Err(_) if name.is_empty() || name == "root" => Some(0),
            Err(_) => self.user().map(|(uid, _)| uid),
        }
    }

    /// Where the facts are from, for people: `facts: nginx`.
    pub fn facts_origin(&self) -> String {
        self.origin.as_ref().map(Origin::to_string).unwrap_or_default()
    }
}

/// What a run knows of images.
#[derive(Debug)]
pub struct Images {
    stated: Vec<StatedFacts>,
    builtin: bool,
    contents: HashMap<String, Arc<Contents>>,
    pins: Pins,
    mirrors: Mirrors,
    asked: RwLock<HashMap<String, Known>>,
}

impl Default for Images {
    /// The facts of the program, and nothing else.
    fn default() -> Self {
        Self::new(Vec::new(), true, HashMap::new())
    }
}

impl Images {
    /// Images of which the profile states `stated` (the first that matches counts), of which `contents` were read (by the
    /// reference as manifests write it), and for the rest, if `builtin`, the facts of the program.
    pub fn new(stated: Vec<StatedFacts>, builtin: bool, contents: HashMap<String, Arc<Contents>>) -> Self {
        let (pins, mirrors) = (Pins::default(), Mirrors::default());
        Self { stated, builtin, contents, pins, mirrors, asked: RwLock::default() }
    }

    /// The same with the digests behind their tags.
    pub fn pinned(self, pins: Pins) -> Self {
        Self { pins, ..self }
    }

    /// The same with mirrors that hold the images of others.
    pub fn mirrored(self, mirrors: Mirrors) -> Self {
        Self { mirrors, ..self }
    }

    /// Whether the run should know the digest behind every tag.
    pub fn should_pin_all(&self) -> bool {
        self.pins.complete
    }

    /// What is known of an image, by its reference as a manifest writes it. Nothing is of what is no reference.
    pub fn of(&self, image: &str) -> Known {
        if let Some(known) = self.asked.read().ok().and_then(|asked| asked.get(image).cloned()) {
            return known;
        }
        let reference = Reference::parse(image).ok();
        let facts = reference.as_ref().and_then(|reference| self.facts(reference)).unwrap_or_default();
        let origin = reference.as_ref().map(|reference| self.origin_of(reference));
        let pin = reference.iter().chain(&origin).find_map(|reference| self.pins.get(reference).cloned());
        let contents = self.contents.get(image).or_else(|| self.read_before(origin.as_ref()?, pin.as_ref()));
        let known = Known { contents: contents.cloned(), pin, ..facts };
        if let Ok(mut asked) = self.asked.write() {
            asked.insert(image.to_owned(), known.clone());
        }
        known
    }

    /// The image that one of a mirror is; itself where it is of none.
    fn origin_of(&self, reference: &Reference) -> Reference {
        let origin = self.mirrors.origin(reference.repository());
        let renamed = origin.and_then(|origin| {
            let written = reference.to_string();
            Reference::parse(&format!("{origin}{}", &written[reference.repository().len()..])).ok()
        });
        renamed.unwrap_or_else(|| reference.clone())
    }

    /// What was read of an image under the name that it had before the run pinned it or wrote its mirror's name.
    fn read_before(&self, origin: &Reference, pin: Option<&Pin>) -> Option<&Arc<Contents>> {
        if self.pins.is_empty() && self.mirrors.is_empty() {
            return None;
        }
        let own = |pin: &Pin| origin.digest().is_none_or(|digest| digest == pin.digest);
        let by_tag = origin.digest().is_none() || pin.is_some_and(own);
        let same = |name: &&String| {
            Reference::parse(name).is_ok_and(|read| {
                read.repository() == origin.repository()
                    && (read.digest().is_some() && read.digest() == origin.digest()
                        || by_tag && read.digest().is_none() && read.tag() == origin.tag())
            })
        };
        self.contents.keys().filter(same).min().and_then(|name| self.contents.get(name))
    }

    fn facts(&self, reference: &Reference) -> Option<Known> {
        let (repository, tag) = (reference.repository(), reference.tag());
        let mirrored = self.mirrors.origin(repository);
        let origin = builtin::origin(mirrored.as_deref().unwrap_or(repository)).or(mirrored);
        let original = origin.as_deref().unwrap_or(repository);
        let stated = self.stated.iter().find(|one| one.is_for(repository, tag) || one.is_for(original, tag));
        let own = || builtin::find(original, tag).filter(|_| self.builtin);
        let like = stated.and_then(|one| one.like);
        let id = like.or_else(own);
        let mut facts = match (stated, id) {
            (Some(stated), _) => stated.over(id)?,
            (None, Some(id)) => builtin::entry(id)?,
            (None, None) => return None,
        };

        let mut users = vec![(facts.user.uid, facts.user.gid)];
        if tag.is_none() && stated.is_none_or(|one| !one.fields.contains_key("user")) {
            users.extend(facts.variants.iter().map(|variant| (Some(variant.uid), Some(variant.gid))));
            let others = builtin::by_tag(original).filter(|_| like.is_none() && self.builtin);
            let others: Vec<Facts> = others.filter_map(builtin::entry).collect();
            users.extend(others.iter().map(|other| (other.user.uid, other.user.gid)));
        }
        let variant = facts.variants.iter().find(|one| tag.is_some_and(|tag| builtin::matches(&one.tag, tag)));
        if let Some((uid, gid)) = variant.map(|variant| (variant.uid, variant.gid)) {
            (facts.user.uid, facts.user.gid) = (Some(uid), Some(gid));
            users = vec![(Some(uid), Some(gid))];
        }
        let (uid, gid) = users[0];
        let same_uid = users.iter().all(|one| one.0 == uid);
        let same_gid = users.iter().all(|one| one.1 == gid);
        Some(Known {
            user: uid.filter(|_| same_uid).map(|uid| (uid, gid.filter(|_| same_gid))),
            open_tag: users.len() > 1,
            origin: Some(match (stated, id) {
                (Some(stated), over) => Origin::Profile { place: stated.origin.clone(), over },
                (None, id) => Origin::Builtin(id.unwrap_or_default()),
            }),
            facts: Some(Arc::new(facts)),
            tag: tag.map(str::to_owned),
            contents: None,
            pin: None,
        })
    }
}

impl StatedFacts {
    fn is_for(&self, repository: &str, tag: Option<&str>) -> bool {
        self.repositories.iter().any(|glob| glob.matches(repository))
            && self.tag.as_ref().is_none_or(|glob| tag.is_some_and(|tag| glob.matches(tag)))
    }

    /// These facts over an entry of the program.
    fn over(&self, id: Option<&'static str>) -> Option<Facts> {
        let base = id.and_then(builtin::json).and_then(|json| serde_json::from_str(json).ok());
        let mut facts: Map<String, Value> = base.unwrap_or_default();
        let repositories: Vec<&str> = self.repositories.iter().map(|glob| glob.as_str()).collect();
        let mut sources = vec![json!(self.origin)];
        sources.extend(facts.get("sources").and_then(Value::as_array).into_iter().flatten().cloned());
        if self.fields.contains_key("user") {
            facts.shift_remove("variants");
        }
        facts.entry("id").or_insert_with(|| json!(repositories.first()));
        facts.extend(self.fields.clone());
        facts.insert("match".to_owned(), json!(repositories));
        facts.insert("sources".to_owned(), json!(sources));
        match &self.tag {
            Some(tag) => facts.insert("tag".to_owned(), json!(tag.as_str())),
            None => facts.shift_remove("tag"),
        };
        let basis = facts.entry("basis").or_insert_with(|| json!([]));
        basis.as_array_mut()?.insert(0, json!("profile"));
        serde_json::from_value(Value::Object(facts)).ok()
    }
}
