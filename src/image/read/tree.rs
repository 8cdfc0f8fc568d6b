//! The file system of an image while its layers are laid on one another.
//!
//! Paths lead from node to node as in a container that has this tree as its root: links in them are followed and never
//! lead out. Depth, links and the work as a whole are bounded.

use super::capability::FileCaps;
use super::{Limits, Trouble};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often a path may lead through a link: Linux allows 40.
const HOPS: u32 = 40;

/// The files of an image.
pub(super) struct Tree {
    pub(super) root: Folder,
    steps: Cell<u64>,
    depth: usize,
}

/// Owner, mode and origin of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mode: u16,
    /// The layer it is from; 0 is the lowest.
    pub(super) layer: u16,
    pub(super) size: u64,
}

/// What stands at a path.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Folder(Box<Folder>),
    File(Meta, Option<Arc<Noted>>),
    Link(Box<(Meta, String)>),
    /// A device, a FIFO.
    Other(Meta),
}

/// Where a path ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'t> {
    Root(&'t Folder),
    Node(&'t Node),
}

/// A directory.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    pub(super) meta: Meta,
    /// Whether a layer states it. If not it is only there because something lies in it.
    pub(super) stated: bool,
    pub(super) children: BTreeMap<Box<str>, Node>,
}

/// What was noted of a file while its layer went by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Noted {
    /// Its text, where that may be needed.
    pub(super) text: Option<String>,
    pub(super) caps: Option<FileCaps>,
    /// The users that it names, when it is a configuration file.
    pub(super) users: Vec<String>,
}

impl Meta {
    /// A directory that nobody states belongs to root.
    fn unstated(layer: u16) -> Self {
        Self { mode: 0o755, layer, ..Self::default() }
    }
}

impl<'t> At<'t> {
    pub(super) fn folder(self) -> Option<&'t Folder> {
        match self {
            At::Root(folder) => Some(folder),
            At::Node(Node::Folder(folder)) => Some(folder),
            At::Node(_) => None,
        }
    }

    pub(super) fn node(self) -> Option<&'t Node> {
        match self {
            At::Root(_) => None,
            At::Node(node) => Some(node),
        }
    }
}

impl Node {
    pub(super) fn meta(&self) -> &Meta {
        match self {
            Self::Folder(folder) => &folder.meta,
            Self::File(meta, _) | Self::Other(meta) => meta,
            Self::Link(link) => &link.0,
        }
    }
}

impl Tree {
    pub(super) fn new(limits: &Limits) -> Self {
        let root = Folder { meta: Meta::unstated(0), ..Folder::default() };
        Self { root, steps: Cell::new(limits.steps), depth: limits.depth }
    }

    /// Put a node at a path, in place of whatever is there; a folder keeps what lies in it when it meets a folder.
    pub(super) fn put(&mut self, path: &str, node: Node) -> Result<(), Trouble> {
        let layer = node.meta().layer;
        let Some((parent, name)) = self.place(path)? else {
            if let Node::Folder(folder) = node {
                self.root.meta = folder.meta;
                self.root.stated = true;
            }
            return Ok(());
        };
        let parent = self.folder(&parent, layer);
        match (parent.children.get_mut(name.as_str()), node) {
            (Some(Node::Folder(old)), Node::Folder(new)) => {
                old.meta = new.meta;
                old.stated = true;
            }
            (Some(old), node) => *old = node,
            (None, node) => drop(parent.children.insert(name.into(), node)),
        }
        Ok(())
    }

    /// A path with the links on its way followed, without a leading slash.
    pub(super) fn real_path(&self, path: &str) -> Result<String, Trouble> {
        Ok(self.walk(path, false)?.0.join("/"))
    }

    /// Take away what lower layers have at a path.
    pub(super) fn remove(&mut self, path: &str, layer: u16) -> Result<(), Trouble> {
        let Some((parent, name)) = self.place(path)? else { return Ok(()) };
        let mut steps = self.steps.get();
        if let Some(parent) = self.existing(&parent)
            && let Some(node) = parent.children.get_mut(name.as_str())
            && !strip(node, layer, &mut steps)
        {
            parent.children.remove(name.as_str());
        }
        self.steps.set(steps);
        self.spend(0)
    }

    /// Take away what lower layers have in a folder.
    pub(super) fn clear(&mut self, path: &str, layer: u16) -> Result<(), Trouble> {
        let path = match self.place(path)? {
            Some((mut parent, name)) => {
                parent.push(name);
                parent
            }
            None => Vec::new(),
        };
        let mut steps = self.steps.get();
        if let Some(folder) = self.existing(&path) {
            strip_children(folder, layer, &mut steps);
        }
        self.steps.set(steps);
        self.spend(0)
    }

    /// The file, link or folder at a path and its real path; links on the way are followed, the last one as asked.
    pub(super) fn get(&self, path: &str, follow_last: bool) -> Option<(String, At<'_>)> {
        let (parts, at) = self.walk(path, follow_last).ok()?;
        Some((joined(&parts), at?))
    }

    /// Where a path really is: the folder above it, and its name there. `None` for the root.
    fn place(&self, path: &str) -> Result<Option<(Vec<String>, String)>, Trouble> {
        let (mut parts, _) = self.walk(path, false)?;
        Ok(parts.pop().map(|name| (parts, name)))
    }

    /// Go along a path: its parts without links, and the node there. Where nothing is it goes on as written. A link at
    /// the very end is followed or not.
    fn walk(&self, path: &str, last_too: bool) -> Result<(Vec<String>, Option<At<'_>>), Trouble> {
        let mut way: Vec<(&str, Option<At<'_>>)> = Vec::new();
        // What is still to go, the next part last.
        let mut ahead: Vec<&str> = parts(path).rev().collect();
        let mut hops = 0;
        while let Some(part) = ahead.pop() {
            self.spend(1)?;
            if part == ".." {
                way.pop();
                continue;
            }
            let node = match way.last().map_or(Some(At::Root(&self.root)), |(_, at)| *at).and_then(At::folder) {
                Some(folder) => folder.children.get(part),
                None => None,
            };
            match node {
                Some(Node::Link(link)) if last_too || !ahead.is_empty() => {
                    hops += 1;
                    if hops > HOPS {
                        return Err(Trouble::refused(format!("the links of {path} have no end")));
                    }
                    if link.1.starts_with('/') {
                        way.clear();
                    }
                    ahead.extend(parts(&link.1).rev());
                }
                node => way.push((part, node.map(At::Node))),
            }
            if way.len() > self.depth {
                return Err(Trouble::refused(format!("its directories are more than {} deep", self.depth)));
            }
        }
        let at = way.last().map_or(Some(At::Root(&self.root)), |(_, at)| *at);
        Ok((way.into_iter().map(|(part, _)| part.to_owned()).collect(), at))
    }

    /// The folder at a real path, made where there is none.
    fn folder(&mut self, parts: &[String], layer: u16) -> &mut Folder {
        let mut folder = &mut self.root;
        for part in parts {
            let new = || Node::Folder(Box::new(Folder { meta: Meta::unstated(layer), ..Folder::default() }));
            let node = folder.children.entry(part.as_str().into()).or_insert_with(new);
            if !matches!(node, Node::Folder(_)) {
                *node = new();
            }
            folder = match node {
                Node::Folder(next) => next,
                _ => unreachable!("made a folder above"),
            };
        }
        folder
    }

    fn existing(&mut self, parts: &[String]) -> Option<&mut Folder> {
        let mut folder = &mut self.root;
        for part in parts {
            match folder.children.get_mut(part.as_str()) {
                Some(Node::Folder(next)) => folder = next,
                _ => return None,
            }
        }
        Some(folder)
    }

    fn spend(&self, steps: u64) -> Result<(), Trouble> {
        self.steps.set(self.steps.get().saturating_sub(steps));
        if self.steps.get() == 0 {
            return Err(Trouble::refused("its links and whiteouts take too long to follow"));
        }
        Ok(())
    }
}

/// Take out what is from below a layer. `false` when nothing is left.
fn strip(node: &mut Node, layer: u16, steps: &mut u64) -> bool {
    *steps = steps.saturating_sub(1);
    match node {
        Node::Folder(folder) => {
            strip_children(folder, layer, steps);
            folder.meta.layer >= layer || !folder.children.is_empty()
        }
        node => node.meta().layer >= layer,
    }
}

fn strip_children(folder: &mut Folder, layer: u16, steps: &mut u64) {
    if *steps > 0 {
        folder.children.retain(|_, node| strip(node, layer, steps));
    }
}

/// The parts of a path that lead somewhere.
fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

fn joined(parts: &[String]) -> String {
    if parts.is_empty() { "/".to_owned() } else { parts.iter().map(|part| format!("/{part}")).collect() }
}
