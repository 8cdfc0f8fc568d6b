//! Who manages an object, and what becomes of a live change.

use super::{Error, Live, Server, Target};

/// Who manages an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ownership {
    /// Who, in words: `Helm release "shop"`, `Flux Kustomization apps/web`; `None` where nobody but people with kubectl does.
    pub manager: Option<String>,
    /// What tells: `labels`, `field manager "helm"`.
    pub signs: Vec<String>,
    /// Whether a live change is refused without `--allow-managed`.
    pub managed: bool,
    /// Where to change it instead: sentences and commands to paste.
    pub advice: Vec<String>,
}

/// What becomes of one changed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// JSON pointer of the value within the object.
    pub pointer: String,
    /// The field manager that sets the value now, if any.
    pub overrides: Option<String>,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a changed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stays.
    Stays,
    /// The owner puts the old value back: at once, at its next run, at the next `kubectl apply`.
    Reverts,
    /// The owner's next upgrade fails on it.
    Blocks,
}

/// Who manages the object. Asks for its owners; one that may not be read counts as managing.
pub async fn of(server: &Server, live: &Live) -> Result<Ownership, Error> {
    let _ = (server, live);
    Ok(Ownership::default())
}

/// What becomes of each value that would change, in the order of the changes.
pub fn effects(ownership: &Ownership, target: &Target) -> Vec<Effect> {
    let _ = (ownership, target);
    Vec::new()
}
