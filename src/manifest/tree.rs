//! The spanned tree: every node of a stream with the bytes it stands on. Compact, since a run holds many.

use granit_parser::ScalarStyle;
use std::borrow::Cow;

/// Index of a node in its [`Tree`].
pub(super) type Id = u32;

/// No node, no offset.
pub(super) const NONE: u32 = u32::MAX;

/// All nodes of one stream.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) entries: Vec<Entry>,
    pub(super) props: Vec<Props>,
    /// Scalar texts that differ from their bytes (escapes, folding).
    pub(super) texts: Vec<Box<str>>,
}

/// What a node is. Ranges index `Tree::entries`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A scalar whose text is the bytes `a..b`.
    Raw(ScalarStyle),
    /// A scalar whose text is `Tree::texts[a]`.
    Decoded(ScalarStyle),
    /// A mapping with `b` entries from `a`.
    Map,
    /// A sequence with `b` entries from `a`; their keys are `NONE`.
    Seq,
    /// An alias of node `a`.
    Alias,
}

/// One node. Offsets are bytes in the stream's text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Flow style: `{}`, `[]`, or the one pair of `[a: b]`.
    pub(super) flow: bool,
    /// Has brackets of its own; false for the one pair of `[a: b]` and for block style.
    pub(super) brackets: bool,
    /// First byte, properties (`&a`, `!t`) included. For an absent value: right after the colon or dash.
    pub(super) start: u32,
    /// First byte of the content: the scalar, the header of a block scalar, the bracket, the first key or dash.
    pub(super) content: u32,
    /// One past the last byte of content, without the line break; with all its line breaks for a block scalar that
    /// keeps them (`|+`).
    pub(super) end: u32,
    pub(super) a: u32,
    pub(super) b: u32,
    /// Index into `Tree::props`, or `NONE`.
    pub(super) props: u32,
}

/// A mapping's entry or a sequence's item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// The key; `NONE` for an item.
    pub(super) key: Id,
    pub(super) value: Id,
    /// Where it begins: the key, its `?`, the item's dash, or the item itself in flow style.
    pub(super) start: u32,
    /// The colon, or `NONE`.
    pub(super) colon: u32,
}

/// A node's anchor and tag.
#[derive(Debug, Clone)]
pub(super) struct Props {
    /// The bytes of `&name`.
    pub(super) anchor: Option<(u32, u32)>,
    /// The tag, resolved: `tag:yaml.org,2002:str`, `!foo`.
    pub(super) tag: Option<Box<str>>,
    /// How many aliases point here.
    pub(super) aliases: u32,
}

impl Tree {
    /// Give back the room that only growing took: a run may hold ten thousand small trees.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.entries.shrink_to_fit();
        self.props.shrink_to_fit();
        self.texts.shrink_to_fit();
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    /// The entries of a mapping or the items of a sequence; none for anything else.
    pub(super) fn entries(&self, node: &Node) -> &[Entry] {
        match node.kind {
            Kind::Map | Kind::Seq => &self.entries[node.a as usize..(node.a + node.b) as usize],
            _ => &[],
        }
    }

    pub(super) fn props(&self, node: &Node) -> Option<&Props> {
        self.props.get(node.props as usize)
    }

    /// A scalar's text after YAML's escapes and folding; empty for anything else.
    pub(super) fn text<'t>(&'t self, source: &'t str, node: &Node) -> &'t str {
        match node.kind {
            Kind::Raw(_) => source.get(node.a as usize..node.b as usize).unwrap_or_default(),
            Kind::Decoded(_) => &self.texts[node.a as usize],
            _ => "",
        }
    }

    /// The node itself, or what it is an alias of.
    pub(super) fn target(&self, id: Id) -> Id {
        let node = self.node(id);
        if node.kind == Kind::Alias { node.a } else { id }
    }

    /// Tells of ascending offsets whether they lie in the content of such a node.
    pub(super) fn covered(&self, such: impl Fn(&Node) -> bool) -> impl FnMut(usize) -> bool {
        let nodes = self.nodes.iter().filter(move |node| such(node));
        let mut ranges = nodes.map(|node| node.content as usize..node.end as usize).peekable();
        // Outer nodes stand before inner ones and reach beyond them.
        move |at| {
            while ranges.next_if(|range| range.end <= at).is_some() {}
            ranges.peek().is_some_and(|range| range.contains(&at))
        }
    }

    /// A key as kubectl reads it: a string, whatever scalar it was.
    pub(super) fn key<'t>(&'t self, source: &'t str, entry: &Entry) -> Cow<'t, str> {
        let node = self.node(self.target(entry.key));
        super::resolve::key(self.text(source, node), node, self.props(node))
    }
}

impl Node {
    /// A node without properties that begins with its content.
    pub(super) fn new(kind: Kind, content: usize, end: usize, (a, b): (usize, usize)) -> Self {
        Self {
            kind,
            flow: false,
            brackets: false,
            start: content as u32,
            content: content as u32,
            end: end as u32,
            a: a as u32,
            b: b as u32,
            props: NONE,
        }
    }

    /// The style, for a scalar.
    pub(super) fn style(&self) -> Option<ScalarStyle> {
        match self.kind {
            Kind::Raw(style) | Kind::Decoded(style) => Some(style),
            _ => None,
        }
    }

    pub(super) fn is_block_scalar(&self) -> bool {
        matches!(self.style(), Some(ScalarStyle::Literal | ScalarStyle::Folded))
    }

    /// An absent value: nothing is written where it stands, properties apart.
    pub(super) fn is_absent(&self) -> bool {
        self.style() == Some(ScalarStyle::Plain) && self.content == self.end
    }

    /// A mapping or sequence in block style.
    pub(super) fn is_block_collection(&self) -> bool {
        !self.flow && matches!(self.kind, Kind::Map | Kind::Seq)
    }
}
