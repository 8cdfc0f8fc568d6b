//! A spelling that kubectl takes and YAML forbids: tabs that indent lines inside a flow collection.
//!
//! It is read from a shadow of the text in which those tabs are spaces. Every offset stays what it is, so the real text
//! is what gets edited. (The other such spelling, quoted strings that go on too far to the left, granit-parser takes.)

use super::ReadError;
use super::stream::Doc;
use super::tree::Tree;

/// How many runs of tab-indented lines are mended before giving up; each costs a parse.
const MOST_REPAIRS: usize = 50;

/// Parse a text, forgiving what kubectl forgives.
pub(super) fn parse(text: &str) -> Result<(Tree, Vec<Doc>), ReadError> {
    super::parse::parse(text).or_else(|error| from_shadow(text, error))
}

fn from_shadow(text: &str, error: ReadError) -> Result<(Tree, Vec<Doc>), ReadError> {
    let mut shadow = text.to_owned();
    let mut mended = Vec::new();
    let mut last = error.clone();
    for _ in 0..MOST_REPAIRS {
        let before = mended.len();
        shadow = mend(&shadow, last.position.line, &mut mended);
        if mended.len() == before {
            break;
        }
        match super::parse::parse(&shadow) {
            Ok(read) if in_brackets(&read.0, &mut mended) => return Ok(read),
            Ok(_) => break,
            Err(next) => last = next,
        }
    }
    Err(error)
}

/// Make spaces of the tabs that indent this line and those right below it; note where they were.
fn mend(text: &str, line: usize, mended: &mut Vec<usize>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut going = true;
    for (index, content) in text.split_inclusive('\n').enumerate() {
        let blanks = content.len() - content.trim_start_matches([' ', '\t']).len();
        let tabbed = content[..blanks].contains('\t');
        if index + 1 < line || !tabbed || !going {
            going &= index + 1 < line || tabbed;
            out.push_str(content);
            continue;
        }
        mended.extend(content[..blanks].match_indices('\t').map(|(at, _)| out.len() + at));
        out.push_str(&content[..blanks].replace('\t', " "));
        out.push_str(&content[blanks..]);
    }
    out
}

/// Whether all these offsets lie between brackets.
fn in_brackets(tree: &Tree, offsets: &mut [usize]) -> bool {
    offsets.sort_unstable();
    let mut covered = tree.covered(|node| node.brackets);
    offsets.iter().all(|at| covered(*at))
}
