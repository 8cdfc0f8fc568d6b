//! The lock file of images: which digest each tag named, so that a run is the same tomorrow and asks nobody.

use super::layer::API_VERSION;
use super::node::{Node, Reading};
use super::{Problem, ProfileError};
use crate::image::{Pin, PinSource, Pins, Reference};
use crate::manifest::{Position, Stream};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// `kind` of a lock file.
const KIND: &str = "ImagesLock";

/// Images by the reference that people write, each with the digest behind its tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImagesLock {
    images: BTreeMap<String, Pin>,
}

impl ImagesLock {
    /// Read a file, strictly: the error holds everything that is wrong with it.
    pub fn read(file: &str, text: &str) -> Result<Self, ProfileError> {
        let alone = |position: Option<Position>, message: String| ProfileError {
            problems: vec![Problem { file: file.to_owned(), position, message, help: None }],
        };
        let stream = Stream::read(text.to_owned()).map_err(|error| alone(Some(error.position), error.message))?;
        let documents: Vec<_> = stream.documents().collect();
        let [document] = documents.as_slice() else {
            return Err(alone(None, format!("expected one document, found {}", documents.len())));
        };
        let value = document.value().map_err(|refusal| alone(Some(refusal.position), refusal.message))?;
        let reading = Reading::new(file, *document);
        let lock = lock(&Node::root(&reading, &value), file);
        match (lock, reading.into_problems()) {
            (Some(lock), problems) if problems.is_empty() => Ok(lock),
            (_, problems) => Err(ProfileError { problems }),
        }
    }

    /// Note the digest behind the tag of an image; one that is there already stays.
    pub fn add(&mut self, reference: &Reference, pin: Pin) {
        let name = reference.familiar();
        let name = if reference.stated_tag().is_none() { format!("{name}:latest") } else { name };
        self.images.entry(name).or_insert(pin);
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether it knows no image.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// What it knows, for a run.
    pub fn pins(&self) -> Pins {
        let mut pins = Pins::default();
        for (name, pin) in &self.images {
            if let Ok(reference) = Reference::parse(name) {
                pins.add(&reference, pin.clone());
            }
        }
        pins
    }

    /// The text of the file.
    pub fn to_yaml(&self) -> String {
        let mut text = format!("apiVersion: {API_VERSION}\nkind: {KIND}\nimages:");
        if self.is_empty() {
            text.push_str(" {}");
        }
        text.push('\n');
        for (name, pin) in &self.images {
            // A name such as `1:20` would be a number to YAML 1.1. A String takes every write.
            let _ = writeln!(text, "  {name:?}:\n    digest: {}", pin.digest);
            if !pin.resolved_at.is_empty() {
                let _ = writeln!(text, "    resolvedAt: {:?}", pin.resolved_at);
            }
            if !pin.platforms.is_empty() {
                let _ = writeln!(text, "    platforms: [{}]", pin.platforms.join(", "));
            }
        }
        text
    }
}

fn lock(root: &Node<'_>, file: &str) -> Option<ImagesLock> {
    for (key, wanted) in [("apiVersion", API_VERSION), ("kind", KIND)] {
        let node = root.required(key)?;
        if node.value() != wanted {
            return node.expected(&format!("{wanted:?}"));
        }
    }
    root.mapping(&["apiVersion", "kind", "images"])?;
    let mut lock = ImagesLock::default();
    for (name, node) in root.required("images")?.entries()? {
        let (Some(reference), Some(pin)) = (image(name, &node), pin(&node, file)) else { continue };
        let before = lock.len();
        lock.add(&reference, pin);
        if lock.len() == before {
            node.wrong_key(format!("{name:?} is there twice"), Some("take one of the two out".to_owned()));
        }
    }
    Some(lock)
}

/// An image by name and tag.
fn image(name: &str, node: &Node<'_>) -> Option<Reference> {
    match Reference::parse(name) {
        Ok(reference) if reference.digest().is_none() => return Some(reference),
        Ok(_) => node.wrong_key(format!("{name:?} has a digest already"), Some("write name:tag".to_owned())),
        Err(why) => node.wrong_key(format!("{name:?} is not an image: {why}"), None),
    }
    None
}

fn pin(node: &Node<'_>, file: &str) -> Option<Pin> {
    node.mapping(&["digest", "resolvedAt", "platforms"])?;
    let digest = node.required("digest")?;
    let text = digest.some_text()?;
    if Reference::parse(&format!("x@{text}")).is_err() {
        return digest.expected("a digest such as sha256:... with 64 digits");
    }
    let resolved = node.get("resolvedAt");
    let resolved_at = match &resolved {
        Some(node) => {
            let time = node.some_text()?;
            if time.parse::<jiff::Timestamp>().is_err() {
                return node.expected("a time such as \"2026-01-31T12:00:00Z\"");
            }
            time.to_owned()
        }
        None => String::new(),
    };
    let platform = |item: &Node<'_>| match item.value() {
        Value::String(text) if text.contains('/') => Some(text.clone()),
        _ => item.expected("a platform such as linux/amd64"),
    };
    let platforms = node.get("platforms").map(|node| node.list(platform)).unwrap_or_default();
    Some(Pin { digest: text.to_owned(), platforms, source: PinSource::Lock, origin: file.to_owned(), resolved_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn text(images: &str) -> String {
        format!("apiVersion: kubectl-harden.dev/v1alpha1\nkind: ImagesLock\nimages:\n{images}")
    }

    #[test]
    fn what_is_written_is_read() {
        let mut lock = ImagesLock::default();
        let pin = Pin {
            digest: SHA.to_owned(),
            platforms: vec!["linux/amd64".to_owned(), "linux/arm64/v8".to_owned()],
            source: PinSource::Lock,
            origin: "l.yaml".to_owned(),
            resolved_at: "2026-11-28T07:00:00Z".to_owned(),
        };
        let alone = Pin { platforms: Vec::new(), resolved_at: String::new(), ..pin.clone() };
        for (name, pin) in [("nginx", pin), ("1:20", alone.clone()), ("quay.io:443/a/b:c", alone)] {
            lock.add(&Reference::parse(name).unwrap(), pin);
        }
        assert_eq!(ImagesLock::read("l.yaml", &lock.to_yaml()).unwrap(), lock);
        assert!(lock.to_yaml().contains("\"nginx:latest\":\n"));
        let pins = lock.pins();
        let digest = |name: &str| pins.get(&Reference::parse(name).unwrap()).map(|pin| pin.digest.clone());
        assert_eq!(digest("docker.io/library/nginx:latest").as_deref(), Some(SHA));
        assert_eq!(digest("nginx:1"), None);
        assert_eq!(ImagesLock::read("l.yaml", &ImagesLock::default().to_yaml()).unwrap().len(), 0);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (images, why) in [
            ("  nginx: {digest: sha256:12}", "l.yaml:4:19: expected a digest such as"),
            ("  nginx: {}", "l.yaml:4:10: \"digest\" is missing"),
            (&format!("  'nginx@{SHA}': {{digest: '{SHA}'}}"), "has a digest already"),
            (&format!("  Nginx: {{digest: '{SHA}'}}"), "is not an image"),
            (&format!("  nginx: {{digest: '{SHA}', of: 1}}"), "unknown key \"of\""),
            (&format!("  nginx: {{digest: '{SHA}', resolvedAt: now}}"), "a time such as"),
            (&format!("  nginx: {{digest: '{SHA}', platforms: [amd64]}}"), "a platform such as"),
            (
                &format!("  nginx: {{digest: '{SHA}'}}\n  docker.io/library/nginx: {{digest: '{SHA}'}}"),
                "l.yaml:5:3: \"docker.io/library/nginx\" is there twice",
            ),
        ] {
            let error = ImagesLock::read("l.yaml", &text(images)).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let other = ImagesLock::read("l.yaml", "kind: x\napiVersion: v1\n").unwrap_err().to_string();
        assert!(other.contains("expected \"kubectl-harden.dev/v1alpha1\""), "{other}");
    }
}
