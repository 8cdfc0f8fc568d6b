//! A document taken out of its stream.

use super::super::Document;
use super::{Change, Splicer};

impl<'s> Splicer<'s> {
    /// Take a document out, with its `---` line and the comments before and in it. What follows has to begin with a marker
    /// of its own: the caller reads the result again.
    pub fn remove(&self, document: Document<'s>) -> Change {
        let doc = &self.stream.docs()[document.index()];
        Change { bytes: doc.start as usize..doc.end as usize, text: String::new() }
    }
}
