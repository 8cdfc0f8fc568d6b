//! How an author writes: indentation, quotes, brackets. New text follows the nearest example.

use super::super::tree::{Entry, Id, Kind, NONE, Node, Tree};
use super::lines::Lines;
use granit_parser::ScalarStyle;

/// The three numbers of block style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Indent {
    /// From a key to the keys of the mapping below it.
    pub(super) step: usize,
    /// From a key to the dashes of the list below it.
    pub(super) list: usize,
    /// From a dash to its content.
    pub(super) dash: usize,
}

/// What the examples nearby show; nothing where there is no example.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Example {
    pub(super) step: Option<usize>,
    pub(super) list: Option<usize>,
    pub(super) dash: Option<usize>,
}

/// How many siblings are looked at; each change looks again.
const MOST_SIBLINGS: usize = 100;

/// How a whole document is written.
#[derive(Debug)]
pub(super) struct DocStyle {
    pub(super) indent: Indent,
    /// The commoner kind of quotes.
    pub(super) quotes: ScalarStyle,
    /// The document is JSON and must stay so.
    pub(super) json: bool,
    /// Nothing stands between a colon or comma and what follows.
    pub(super) compact: bool,
    /// The indentation unit of JSON over several lines.
    pub(super) unit: Option<String>,
}

impl Example {
    /// Take from `other` what is not shown here.
    pub(super) fn or(self, other: Self) -> Self {
        Self { step: self.step.or(other.step), list: self.list.or(other.list), dash: self.dash.or(other.dash) }
    }

    pub(super) fn is_complete(self) -> bool {
        self.step.is_some() && self.list.is_some() && self.dash.is_some()
    }

    pub(super) fn over(self, fallback: Indent) -> Indent {
        Indent {
            step: self.step.unwrap_or(fallback.step),
            list: self.list.unwrap_or(fallback.list),
            dash: self.dash.unwrap_or(fallback.dash),
        }
    }

    /// What the entries of one block mapping or list show.
    pub(super) fn of(tree: &Tree, lines: &Lines<'_>, node: &Node) -> Self {
        let mut shown = Self::default();
        if !node.is_block_collection() {
            return shown;
        }
        // Items show nothing but the way from their dash.
        let complete = |shown: Self| if node.kind == Kind::Seq { shown.dash.is_some() } else { shown.is_complete() };
        for entry in tree.entries(node).iter().take(MOST_SIBLINGS) {
            shown = shown.or(Self::entry(tree, lines, entry));
            if complete(shown) {
                break;
            }
        }
        shown
    }

    fn entry(tree: &Tree, lines: &Lines<'_>, entry: &Entry) -> Self {
        let value = tree.node(entry.value);
        let mut shown = Self::default();
        if entry.key == NONE {
            let (dash, content) = (entry.start as usize, value.content as usize);
            if !value.is_absent() && lines.start(dash) == lines.start(content) && value.start == value.content {
                shown.dash = Some(content - dash);
            }
        } else if value.is_block_collection() && !tree.node(entry.key).is_absent() {
            let (key, content) = (lines.column(entry.start as usize), lines.column(value.content as usize));
            if value.kind == Kind::Map {
                shown.step = content.checked_sub(key).filter(|step| *step > 0);
            } else {
                shown.list = content.checked_sub(key);
                shown.dash = tree.entries(value).first().and_then(|item| Self::entry(tree, lines, item).dash);
            }
        }
        shown
    }
}

impl DocStyle {
    /// Read it from the nodes of one document, which stand together in the tree.
    pub(super) fn of(tree: &Tree, lines: &Lines<'_>, root: Id, nodes: std::ops::Range<usize>) -> Self {
        let mut votes: [Vec<usize>; 3] = Default::default();
        let (mut single, mut double) = (0usize, 0usize);
        let mut json = tree.node(root).brackets;
        for node in &tree.nodes[nodes] {
            match node.style() {
                Some(ScalarStyle::SingleQuoted) => single += 1,
                Some(ScalarStyle::DoubleQuoted) => double += 1,
                _ => {}
            }
            json &= node.style().is_none_or(|style| matches!(style, ScalarStyle::DoubleQuoted | ScalarStyle::Plain));
            if matches!(node.kind, Kind::Map | Kind::Seq) {
                json &= node.brackets;
                let quoted = |entry: &Entry| {
                    entry.key == NONE || tree.node(entry.key).style() == Some(ScalarStyle::DoubleQuoted)
                };
                json = json && tree.entries(node).iter().all(quoted);
                for entry in if node.flow { &[] } else { tree.entries(node) } {
                    let shown = Example::entry(tree, lines, entry);
                    for (votes, vote) in votes.iter_mut().zip([shown.step, shown.list, shown.dash]) {
                        votes.extend(vote.map(|vote| vote.min(16)));
                    }
                }
            }
        }
        let [step, list, dash] = votes.map(|votes| commonest(&votes));
        let colon = tree.entries(tree.node(root)).first().map(|entry| entry.colon as usize);
        let first = tree.entries(tree.node(root)).first().map(|entry| entry.start as usize);
        Self {
            indent: Indent { step: step.unwrap_or(2), list: list.unwrap_or(0), dash: dash.unwrap_or(2) },
            quotes: if single > double { ScalarStyle::SingleQuoted } else { ScalarStyle::DoubleQuoted },
            json,
            compact: json
                && colon
                    .filter(|colon| *colon != NONE as usize)
                    .is_some_and(|colon| lines.byte(colon + 1).is_some_and(|byte| !byte.is_ascii_whitespace())),
            unit: first.filter(|first| json && lines.begins_line(*first)).map(|first| {
                let outer = lines.indent(tree.node(root).content as usize).len();
                lines.indent(first)[outer.min(lines.indent(first).len())..].to_owned()
            }),
        }
    }
}

fn commonest(votes: &[usize]) -> Option<usize> {
    let mut counts = [0usize; 17];
    votes.iter().for_each(|vote| counts[*vote] += 1);
    let best = counts.iter().copied().max().filter(|best| *best > 0)?;
    counts.iter().position(|count| *count == best)
}
