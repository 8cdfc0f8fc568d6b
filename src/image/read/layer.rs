//! Lays one layer on those below it.
//!
//! The format: OCI image specification, `layer.md`. A file `.wh.NAME` takes NAME of the lower layers away,
//! `.wh..wh..opq` everything in its directory.

use super::capability::FileCaps;
use super::note::Notes;
use super::tar::{Entry, Kind, Reader, Source};
use super::tree::{Folder, Meta, Node, Noted, Tree};
use super::{Limits, Trouble};
use std::sync::Arc;

/// What the layers of an image come to, while they are laid.
pub(super) struct Laying<'l> {
    pub(super) tree: Tree,
    pub(super) notes: Notes,
    entries: u64,
    limits: &'l Limits,
}

impl<'l> Laying<'l> {
    pub(super) fn new(notes: Notes, limits: &'l Limits) -> Self {
        Self { tree: Tree::new(limits), notes, entries: 0, limits }
    }

    /// Lay a layer; 0 is the lowest. Gives its stream back, which may not be at its end.
    pub(super) fn lay<S: Source>(&mut self, layer: u16, stream: S) -> Result<S, Trouble> {
        let mut tar = Reader::new(stream);
        while let Some(entry) = tar.next()? {
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(Trouble::refused(format!("it has more than {} files", self.limits.entries)));
            }
            let path = self.clean(&entry.path)?;
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            match name.strip_prefix(".wh.") {
                Some(".wh..opq") => self.tree.clear(folder, layer)?,
                // Other marks of AUFS, and names that are none.
                Some(name) if name.starts_with(".wh.") || matches!(name, "" | "." | "..") => {}
                Some(name) => self.tree.remove(&format!("{folder}/{name}"), layer)?,
                None => {
                    let node = self.node(layer, &path, entry, &mut tar)?;
                    self.tree.put(&path, node)?;
                }
            }
        }
        Ok(tar.into_source())
    }

    /// The path without what leads nowhere: `etc/passwd`.
    fn clean(&self, path: &str) -> Result<String, Trouble> {
        if path.len() > self.limits.path {
            return Err(Trouble::refused(format!("it has a path of more than {} bytes", self.limits.path)));
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return Err(Trouble::refused(format!("it has a file that leads out of it: {path}")));
        }
        Ok(parts.join("/"))
    }

    fn node<S: Source>(&mut self, layer: u16, path: &str, entry: Entry, tar: &mut Reader<S>) -> Result<Node, Trouble> {
        let meta = Meta { uid: entry.uid, gid: entry.gid, mode: entry.mode, layer, size: entry.size };
        Ok(match entry.kind {
            Kind::Directory => Node::Folder(Box::new(Folder { meta, stated: true, ..Folder::default() })),
            Kind::Symlink if entry.link.len() > self.limits.path => {
                return Err(Trouble::refused(format!("it has a link of more than {} bytes", self.limits.path)));
            }
            Kind::Symlink => Node::Link(Box::new((meta, entry.link))),
            Kind::HardLink => {
                let target = self.clean(&entry.link)?;
                // Both are one file: the layer that links is the one that has it.
                match self.tree.get(&target, false).and_then(|(_, at)| at.node().cloned()) {
                    Some(Node::File(meta, noted)) => Node::File(Meta { layer, ..meta }, noted),
                    Some(Node::Link(link)) => Node::Link(Box::new((Meta { layer, ..link.0 }, link.1))),
                    Some(Node::Other(meta)) => Node::Other(Meta { layer, ..meta }),
                    Some(Node::Folder(_)) | None => Node::File(meta, None),
                }
            }
            Kind::File => {
                // Where it really comes to lie: `lib/x` may be `usr/lib/x`.
                let path = self.tree.real_path(path)?;
                let mut noted = if self.notes.wants(&path, &meta) {
                    self.notes.take(&path, &meta, &tar.content(self.notes.limit(&path))?)
                } else {
                    Noted::default()
                };
                noted.caps = entry.capability.as_deref().and_then(FileCaps::parse);
                Node::File(meta, (noted != Noted::default()).then(|| Arc::new(noted)))
            }
            _ => Node::Other(meta),
        })
    }
}
