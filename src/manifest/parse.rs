//! From text to tree: the one file that knows granit-parser and the quirks of its spans.
//!
//! Its spans leave out what an editor needs: a block sequence begins at its first item's content, a block scalar's span
//! omits the header and runs on to the next token, an absent value is an empty scalar that may stand elsewhere than
//! after its colon. A cursor that walks over blanks, comments and punctuation finds the true places.

use super::cursor::Cursor;
use super::tree::{Entry, Id, Kind, NONE, Node, Props, Tree};
use super::{Doc, Position, ReadError};
use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle};
use std::borrow::Cow;

/// Longest plain or quoted text that may be a key; the YAML limit of 1,024 characters is not kept by kubectl.
const LONGEST_KEY: usize = 1 << 16;

/// Parse `text`; spans and texts refer to it byte for byte.
pub(super) fn parse(text: &str) -> Result<(Tree, Vec<Doc>), ReadError> {
    let mut options = Options::default();
    options.emit_anchor_events = true;
    // Another crate may turn the feature on that emits them by default.
    options.emit_comments = false;
    options.simple_key_max_lookahead = LONGEST_KEY;
    let mut builder = Builder {
        text,
        at: Cursor(text),
        parser: Parser::new_from_str_with_options(text, options),
        tree: Tree::default(),
        anchors: Vec::new(),
        cursor: 0,
        aliased: false,
    };
    // A manifest has a node for every 15 to 20 bytes; growing by doubling would hold twice the memory at its peak.
    builder.tree.nodes.reserve(text.len() / 20);
    builder.tree.entries.reserve(text.len() / 36);
    let docs = builder.stream()?;
    let mut tree = builder.tree;
    tree.nodes.shrink_to_fit();
    tree.entries.shrink_to_fit();
    Ok((tree, docs))
}

struct Builder<'t> {
    text: &'t str,
    at: Cursor<'t>,
    parser: Parser<'t, StrInput<'t>>,
    tree: Tree,
    /// Node of each anchor id; the ids ascend.
    anchors: Vec<(usize, Id)>,
    /// Everything before it has been accounted for.
    cursor: usize,
    aliased: bool,
}

type Item<'t> = (Event<'t>, Span);

impl<'t> Builder<'t> {
    fn stream(&mut self) -> Result<Vec<Doc>, ReadError> {
        let mut docs: Vec<Doc> = Vec::new();
        // Where the next document's share of the text begins, when a `...` says so.
        let mut chunk = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::DocumentStart(explicit, _) => {
                    let marker = range(&span);
                    if explicit {
                        self.cursor = marker.1;
                    }
                    let start = match docs.last_mut() {
                        None => 0,
                        Some(last) => {
                            let start =
                                chunk.take().map_or(marker.0, |at: usize| if explicit { at.min(marker.0) } else { at });
                            (last.end, last.tail) = (start as u32, last.tail.min(start as u32));
                            start
                        }
                    };
                    self.anchors.clear();
                    self.aliased = false;
                    let item = self.next()?;
                    let root = self.node(item)?;
                    docs.push(Doc {
                        root,
                        nodes_end: self.tree.nodes.len() as Id,
                        start: start as u32,
                        head: if explicit { marker.1 } else { start } as u32,
                        tail: self.text.len() as u32,
                        end: self.text.len() as u32,
                        aliased: self.aliased,
                    });
                }
                Event::DocumentEnd => {
                    let marker = range(&span);
                    if marker.1 > marker.0 {
                        self.cursor = marker.1;
                        chunk = Some(self.at.after_line(marker.1));
                        if let Some(last) = docs.last_mut() {
                            last.tail = marker.0 as u32;
                        }
                    }
                }
                Event::StreamEnd => return Ok(docs),
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<Item<'t>, ReadError> {
        match self.parser.next_event() {
            Some(Ok(item)) => Ok(item),
            Some(Err(error)) => Err(read_error(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// Take the node that begins with this event, its children included.
    fn node(&mut self, (event, span): Item<'t>) -> Result<Id, ReadError> {
        let id = self.tree.nodes.len() as Id;
        let (anchor, tag) = match &event {
            Event::Alias(target) => return Ok(self.alias(*target, &span)),
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag),
            Event::SequenceStart(_, anchor, tag) | Event::MappingStart(_, anchor, tag) => (*anchor, tag),
            _ => return Err(self.lost()),
        };
        let (mut props, mut start, mut content) = (NONE, NONE, self.cursor);
        if anchor != 0 || tag.is_some() {
            let mut place = |range: (u32, u32)| {
                start = start.min(range.0);
                content = content.max(range.1 as usize);
            };
            let tag = tag.as_ref().map(|tag| format!("{}{}", tag.handle(), tag.suffix()).into_boxed_str());
            if let Some(span) = span.tag_span() {
                place((range(&span).0 as u32, range(&span).1 as u32));
            }
            let mut name = None;
            if anchor != 0 {
                let (_, span) = self.next()?;
                let bytes = (range(&span).0 as u32, range(&span).1 as u32);
                place(bytes);
                name = Some(bytes);
                self.anchors.push((anchor, id));
            }
            props = self.tree.props.len() as u32;
            self.tree.props.push(Props { anchor: name, tag, aliases: 0 });
        }
        // The place is taken before the children come; what stands there follows.
        self.tree.nodes.push(Node::new(Kind::Map, 0, 0, (0, 0)));
        let mut node = match event {
            Event::Scalar(text, style, ..) => self.scalar(text, style, &span, content),
            Event::SequenceStart(style, ..) => self.sequence(style, content)?,
            Event::MappingStart(style, ..) => self.mapping(style, &span, content)?,
            _ => return Err(self.lost()),
        };
        node.start = node.start.min(start);
        node.props = props;
        self.cursor = node.end as usize;
        self.tree.nodes[id as usize] = node;
        Ok(id)
    }

    fn alias(&mut self, target: usize, span: &Span) -> Id {
        let id = self.tree.nodes.len() as Id;
        let known = self.anchors.binary_search_by_key(&target, |(anchor, _)| *anchor);
        let node = known.map_or(id, |at| self.anchors[at].1);
        if let Some(props) = self.tree.nodes.get(node as usize).map(|node| node.props as usize)
            && let Some(props) = self.tree.props.get_mut(props)
        {
            props.aliases += 1;
        }
        let (start, end) = range(span);
        self.cursor = end;
        self.aliased = true;
        self.tree.nodes.push(Node::new(Kind::Alias, start, end, (node as usize, 0)));
        id
    }

    fn scalar(&mut self, value: Cow<'t, str>, style: ScalarStyle, span: &Span, after: usize) -> Node {
        let (from, to) = range(span);
        let (content, end) = match style {
            ScalarStyle::Plain if from == to => (after, after),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let header = self.at.skip(after);
                (header, self.at.block_scalar_end(header, from, to, span.indent))
            }
            _ => (from, to),
        };
        let text = match &value {
            // The `~` of an absent value is not in the text.
            _ if from == to && style == ScalarStyle::Plain => Some((content, content)),
            Cow::Borrowed(text) => self.place_of(text),
            Cow::Owned(_) => None,
        };
        match text {
            Some(text) => Node::new(Kind::Raw(style), content, end, text),
            None => {
                self.tree.texts.push(value.into());
                Node::new(Kind::Decoded(style), content, end, (self.tree.texts.len() - 1, 0))
            }
        }
    }

    /// Where a part of the text stands in it.
    fn place_of(&self, part: &str) -> Option<(usize, usize)> {
        let at = (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        let end = at.checked_add(part.len())?;
        self.text.get(at..end).map(|_| (at, end))
    }

    fn sequence(&mut self, style: StructureStyle, after: usize) -> Result<Node, ReadError> {
        let flow = style == StructureStyle::Flow;
        let content = self.at.skip(after);
        self.cursor = if flow { content + 1 } else { content };
        let mut entries: Vec<Entry> = Vec::new();
        let mut end = self.cursor;
        loop {
            let item = self.next()?;
            if item.0 == Event::SequenceEnd {
                if flow {
                    end = range(&item.1).1;
                }
                break;
            }
            let start = self.separator(flow);
            self.cursor = start;
            if !flow {
                self.expect(start, b'-')?;
                self.cursor = start + 1;
            }
            let value = self.node(item)?;
            let start = if flow { self.tree.node(value).start as usize } else { start };
            end = end.max(self.cursor);
            entries.push(Entry { key: NONE, value, start: start as u32, colon: NONE });
        }
        Ok(self.collection(Kind::Seq, flow, flow, content, end, &entries))
    }

    fn mapping(&mut self, style: StructureStyle, span: &Span, after: usize) -> Result<Node, ReadError> {
        let flow = style == StructureStyle::Flow;
        let (from, to) = range(span);
        let brackets = flow && to > from;
        let content = self.at.skip(after);
        self.cursor = if brackets { content + 1 } else { content };
        let mut entries: Vec<Entry> = Vec::new();
        let mut end = self.cursor;
        loop {
            let item = self.next()?;
            if item.0 == Event::MappingEnd {
                if brackets {
                    end = range(&item.1).1;
                }
                break;
            }
            let start = self.separator(brackets);
            self.cursor = start;
            let explicit = self.at.byte(start) == Some(b'?') && self.at.is_break_or_blank(start + 1);
            if explicit {
                self.cursor = start + 1;
            }
            let key = self.node(item)?;
            let at = if explicit || flow { self.at.skip(self.cursor) } else { self.at.skip_blanks(self.cursor) };
            let colon = if self.at.byte(at) == Some(b':') { at } else { NONE as usize };
            if colon != NONE as usize {
                self.cursor = colon + 1;
            }
            let item = self.next()?;
            let value = self.node(item)?;
            end = end.max(self.cursor);
            entries.push(Entry { key, value, start: start as u32, colon: colon as u32 });
        }
        Ok(self.collection(Kind::Map, flow, brackets, content, end, &entries))
    }

    fn collection(
        &mut self,
        kind: Kind,
        flow: bool,
        brackets: bool,
        content: usize,
        end: usize,
        entries: &[Entry],
    ) -> Node {
        let first = self.tree.entries.len();
        self.tree.entries.extend_from_slice(entries);
        Node { flow, brackets, ..Node::new(kind, content, end, (first, entries.len())) }
    }

    /// Step over blanks and comments, and over the comma before an entry in flow style, to where the next entry begins.
    fn separator(&self, flow: bool) -> usize {
        let at = self.at.skip(self.cursor);
        if flow && self.at.byte(at) == Some(b',') { self.at.skip(at + 1) } else { at }
    }

    fn expect(&self, at: usize, byte: u8) -> Result<(), ReadError> {
        if self.at.byte(at) == Some(byte) { Ok(()) } else { Err(self.lost()) }
    }

    /// The tree and the parser disagree on where they are. Not seen on any file; refusing is the safe answer.
    fn lost(&self) -> ReadError {
        ReadError {
            position: Position::of(self.text, self.cursor),
            message: "this spelling is not understood well enough to edit it; please report it".to_owned(),
            template: false,
        }
    }
}

fn range(span: &Span) -> (usize, usize) {
    // A parser over a string always gives byte offsets.
    let range = span.byte_range().unwrap_or_default();
    (range.start, range.end)
}

fn read_error(error: &ScanError) -> ReadError {
    let marker = error.marker();
    ReadError {
        position: Position { line: marker.line().max(1), column: marker.col() + 1 },
        message: match error.info() {
            info if info.contains("recursion limit") => "nested more than 255 levels deep: no manifest is".to_owned(),
            info => info,
        },
        template: false,
    }
}
