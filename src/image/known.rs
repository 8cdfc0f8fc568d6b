//! What a run knows of images: facts and contents, by the reference that manifests write.

use super::{Contents, Facts};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// What is known of one image. Both may be missing: then nothing is.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The facts: those of the profile over those of the program.
    pub facts: Option<Arc<Facts>>,
    /// What was read of the image itself.
    pub contents: Option<Arc<Contents>>,
}

impl Known {
    /// The numbers of the user that its program runs as, by the facts.
    pub fn user(&self) -> Option<(u32, Option<u32>)> {
        let user = &self.facts.as_ref()?.user;
        Some((user.uid?, user.gid))
    }

    /// Where the facts are from, for people: `facts: nginx`.
    pub fn facts_origin(&self) -> String {
        self.facts.as_ref().map(|facts| format!("facts: {}", facts.id)).unwrap_or_default()
    }
}

/// What a run knows of images.
#[derive(Debug, Default)]
pub struct Images {
    contents: HashMap<String, Arc<Contents>>,
    asked: RwLock<HashMap<String, Known>>,
}

impl Images {
    /// What is known of an image, by its reference as a manifest writes it.
    pub fn of(&self, image: &str) -> Known {
        if let Some(known) = self.asked.read().ok().and_then(|asked| asked.get(image).cloned()) {
            return known;
        }
        let known = Known { facts: None, contents: self.contents.get(image).cloned() };
        if let Ok(mut asked) = self.asked.write() {
            asked.insert(image.to_owned(), known.clone());
        }
        known
    }
}
