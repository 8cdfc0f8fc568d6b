//! Who manages an object, told by what it bears: labels, annotations, owner references, field managers.

use super::claims::{Claim, Claims, Operation};
use super::table::{Owner, Sign, owners};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An owner that an object proves.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) owner: &'static Owner,
    /// How it writes the object.
    pub(super) operation: Operation,
    /// Who it is, in words; `None` for what is written by hand.
    pub(super) who: Option<String>,
    /// What tells, in words.
    pub(super) signs: Vec<String>,
    /// Where to change it instead.
    pub(super) advice: Vec<String>,
}

/// The owner of an object, if the table knows one.
pub(super) fn owner_of(live: &Value) -> Option<Found> {
    let claims = Claims::of(live);
    owners().iter().find_map(|owner| found(owner, live, &claims))
}

fn found(owner: &'static Owner, live: &Value, claims: &Claims<'_>) -> Option<Found> {
    let (mut places, mut words, mut alone) = (Vec::new(), BTreeMap::new(), claims.is_empty());
    for sign in &owner.signs {
        let Some((place, value)) = seen(sign, live) else { continue };
        if let Some(word) = &sign.gives
            && is_name(value)
        {
            words.entry(word.as_str()).or_insert(value);
        }
        if !sign.weak {
            alone |= sign.alone;
            places.push(place);
        }
    }
    places.dedup();
    let own = claims.iter().filter(|claim| owner.writes_as(&claim.manager));
    let writers: Vec<&Claim<'_>> = own.filter(|claim| is_writer(claim)).collect();
    // Labels and annotations are copied together with the manifest: they tell where a manager does not deny it.
    let proven = !writers.is_empty() || places.len() > 1 || (alone && !places.is_empty());
    if !proven {
        return None;
    }
    let applies = writers.iter().any(|claim| claim.manager.operation == Operation::Apply);
    let mut signs: Vec<String> = places.iter().map(|place| (*place).to_owned()).collect();
    signs.extend(writers.first().map(|claim| format!("field manager \"{}\"", claim.manager.name)));
    let advice = owner.advice.iter().filter_map(|line| filled(line, &words));
    Some(Found {
        owner,
        operation: if applies { Operation::Apply } else { Operation::Update },
        who: owner.name.as_ref().and_then(|name| filled(name, &words)).or_else(|| owner.nameless.clone()),
        signs,
        advice: advice.collect(),
    })
}

/// The place of a sign, in words, and its value, where the object bears it.
fn seen<'v>(sign: &Sign, live: &'v Value) -> Option<(&'static str, &'v str)> {
    let metadata = live.get("metadata")?;
    let text = |map: &str, key: &str| metadata.get(map)?.get(key)?.as_str();
    let (place, value) = match (&sign.label, &sign.annotation, &sign.owner) {
        (Some(key), ..) => ("labels", text("labels", key)?),
        (_, Some(key), _) => ("annotations", text("annotations", key)?),
        (.., Some(kind)) => {
            let references = metadata.get("ownerReferences")?.as_array()?;
            let is_it = |reference: &&Value| reference.get("kind").is_some_and(|known| known == kind.as_str());
            ("owner reference", references.iter().find(is_it)?.get("name")?.as_str()?)
        }
        _ => return None,
    };
    if sign.names_object {
        return named(value, live).map(|word| (place, word));
    }
    sign.is.as_deref().is_none_or(|wanted| wanted == value).then_some((place, value))
}

/// The word of `WORD:GROUP/KIND:NAMESPACE/NAME`, if that names the object.
fn named<'v>(value: &'v str, live: &Value) -> Option<&'v str> {
    let mut parts = value.rsplitn(3, ':');
    let (name, kind, word) = (parts.next()?, parts.next()?, parts.next()?);
    let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let group = text("/apiVersion").split_once('/').map_or("", |(group, _)| group);
    let own = kind.split_once('/')? == (group, text("/kind"))
        && name.split_once('/')? == (text("/metadata/namespace"), text("/metadata/name"));
    own.then_some(word)
}

/// Whether a manager writes what the object asks for: neither its metadata alone, nor its status, nor its scale.
pub(super) fn is_writer(claim: &Claim<'_>) -> bool {
    let asks =
        |fields: &Map<String, Value>| fields.keys().any(|key| !matches!(key.as_str(), "f:metadata" | "f:status"));
    claim.manager.subresource.is_empty() && asks(claim.fields)
}

/// Whether a value may stand in a command that people paste. Names of releases and applications consist of no more.
fn is_name(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
    value.starts_with(|c: char| c.is_ascii_alphanumeric()) && value.bytes().all(plain)
}

/// A text with its words filled in; `None` where one is not known.
fn filled(text: &str, words: &BTreeMap<&str, &str>) -> Option<String> {
    let text = words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(&format!("{{{word}}}"), value));
    (!text.contains('{')).then_some(text)
}
