//! Who manages an object, and what becomes of a live change.
//!
//! [`Ownership`] is told by the object alone: its owner references, and the signs of the tools in `owners.yaml`. [`effects`]
//! holds each changed value against `managedFields` and against what `kubectl apply` last applied. [`pen`] says how to write.

mod claims;
mod effect;
mod last_applied;
mod leaves;
mod pen;
mod signs;
mod table;

pub use claims::{Claims, Manager, Operation};
pub use effect::{Effect, Fate, effects};
pub use leaves::differences;
pub use pen::pen;

use super::{Error, Live, Server};
use serde_json::Value;
use table::{Becomes, Owner, owners};

/// Who manages an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ownership {
    /// Who, in words: `Helm release "shop"`, `Flux Kustomization apps/web`, `kubectl apply`; `None` where nobody is known to.
    pub manager: Option<String>,
    /// What tells: `labels`, `field manager "helm"`.
    pub signs: Vec<String>,
    /// Whether a live change is refused without `--allow-managed`.
    pub managed: bool,
    /// Where to change it instead: sentences and commands to paste.
    pub advice: Vec<String>,
    pub(crate) bond: Bond,
}

/// What an object's owner does about changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Bond {
    /// There is none.
    #[default]
    Free,
    /// A controller makes it what it should be.
    Controlled,
    /// What a row of the table says, by its index, of objects written in this way.
    Row(usize, Operation),
}

/// Who manages the object. An owner that may not be read counts as managing, so none has to be.
///
/// # Errors
/// None.
pub async fn of(server: &Server, live: &Live) -> Result<Ownership, Error> {
    let _ = server;
    Ok(told_by(live))
}

/// Who manages the object, as it says itself.
pub fn told_by(live: &Live) -> Ownership {
    controller(&live.value).or_else(|| tool(&live.value)).unwrap_or_default()
}

fn controller(live: &Value) -> Option<Ownership> {
    let references = live.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = references.iter().find(|reference| reference.get("controller") == Some(&Value::Bool(true)))?;
    let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
    let group = text("apiVersion").split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
    let who = format!("{}{group}/{}", text("kind").to_lowercase(), text("name"));
    Some(Ownership {
        advice: vec![format!("change it in {who}: its controller writes this object")],
        manager: Some(who),
        signs: vec!["owner reference".to_owned()],
        managed: true,
        bond: Bond::Controlled,
    })
}

fn tool(live: &Value) -> Option<Ownership> {
    let found = signs::owner_of(live)?;
    let index = owners().iter().position(|owner| owner.id == found.owner.id)?;
    Some(Ownership {
        manager: found.who,
        signs: found.signs,
        managed: found.owner.managed,
        advice: found.advice,
        bond: Bond::Row(index, found.operation),
    })
}

impl Ownership {
    /// The row of the table, and how it writes the object.
    fn row(&self) -> Option<(&'static Owner, Operation)> {
        match self.bond {
            Bond::Row(index, operation) => Some((owners().get(index)?, operation)),
            Bond::Free | Bond::Controlled => None,
        }
    }

    /// `Helm release "shop" (labels, field manager "helm")`; `None` where nobody is known.
    pub fn in_words(&self) -> Option<String> {
        Some(format!("{} ({})", self.manager.as_ref()?, self.signs.join(", ")))
    }
}

/// What a controller does about every change.
fn controlled() -> Becomes {
    Becomes::Reverts("within seconds".to_owned())
}

#[cfg(test)]
mod tests;
