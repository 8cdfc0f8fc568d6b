//! Reads the golden cases; `testdata/yaml/README.md` describes their format.

use super::patch::Op;
use serde_json::Value;
use std::path::Path;

/// One case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// File and name.
    pub(crate) name: String,
    /// The text before.
    pub(crate) source: String,
    /// What changes, with the index of the document.
    pub(crate) ops: Vec<(usize, Op)>,
    /// Values the source must have: document, pointer, value.
    pub(crate) values: Vec<(usize, String, Value)>,
    /// What may come of it, at least one.
    pub(crate) outcomes: Vec<Outcome>,
}

/// What may come of a case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// Exactly this text.
    Text(String),
    /// A refusal.
    Refused(Place),
    /// A text that cannot be read.
    Unreadable(Place),
    /// A text that cannot be read because it is a template.
    Template(Place),
}

/// Where a message must point to, and a phrase it must hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: Option<usize>,
    pub(crate) phrase: String,
}

/// All cases of a folder, by file name.
pub(crate) fn load(folder: &Path) -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cases"))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let file = file.file_stem().unwrap().to_string_lossy().into_owned();
        let mut chunk = Vec::new();
        for line in text.split('\n') {
            if line.starts_with("## ") && !chunk.is_empty() {
                cases.extend(case(&file, &chunk));
                chunk.clear();
            }
            chunk.push(line);
        }
        cases.extend(case(&file, &chunk));
    }
    cases
}

fn case(file: &str, lines: &[&str]) -> Option<Case> {
    let name = format!("{file}: {}", lines.first()?.strip_prefix("## ")?);
    let mut diffs = vec![Diff::default()];
    let mut document = 0;
    let mut case = Case { name: name.clone(), source: String::new(), ops: vec![], values: vec![], outcomes: vec![] };
    for line in &lines[1..] {
        let diff = diffs.last_mut().unwrap();
        let mut characters = line.chars();
        match characters.next() {
            Some(mark @ ('|' | '-' | '+')) => diff.line(mark, characters.as_str()),
            Some('\\') => diff.cut(),
            None | Some('#') => {}
            Some(_) if *line == "or" => diffs.push(Diff::default()),
            Some(_) => {
                let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
                let (target, json) = rest.split_once(' ').unwrap_or((rest, ""));
                let json = || serde_json::from_str(json).unwrap_or_else(|error| panic!("{name}: {line}: {error}"));
                match word {
                    "doc" => document = rest.parse().unwrap(),
                    "add" => case.ops.push((document, Op::Add(target.to_owned(), json()))),
                    "replace" => case.ops.push((document, Op::Replace(target.to_owned(), json()))),
                    "remove" => case.ops.push((document, Op::Remove(target.to_owned()))),
                    "value" => case.values.push((document, target.to_owned(), json())),
                    "refuse" => case.outcomes.push(Outcome::Refused(place(rest))),
                    "unreadable" => case.outcomes.push(Outcome::Unreadable(place(rest))),
                    "template" => case.outcomes.push(Outcome::Template(place(rest))),
                    _ => panic!("{name}: what does this line say? {line}"),
                }
            }
        }
    }
    case.source.clone_from(&diffs[0].source);
    let refused = !case.outcomes.is_empty();
    for diff in diffs {
        assert_eq!(diff.source, case.source, "{name}: an alternative has another source");
        if !refused || diff.expected != diff.source {
            case.outcomes.push(Outcome::Text(diff.expected));
        }
    }
    Some(case)
}

/// The two texts of a diff while it is read.
#[derive(Default)]
struct Diff {
    source: String,
    expected: String,
    last: char,
}

impl Diff {
    fn line(&mut self, mark: char, line: &str) {
        let line = line
            .replace('␍', "\r")
            .replace('␉', "\t")
            .replace('␣', " ")
            .replace('␀', "\0")
            .replace("⟨BOM⟩", "\u{feff}")
            .replace("⟨NEL⟩", "\u{85}")
            .replace("⟨LS⟩", "\u{2028}")
            .replace("⟨FF⟩", "\u{c}");
        for (text, other) in [(&mut self.source, '+'), (&mut self.expected, '-')] {
            if mark != other {
                text.push_str(&line);
                text.push('\n');
            }
        }
        self.last = mark;
    }

    /// The line break of the last line is not there.
    fn cut(&mut self) {
        for (text, other) in [(&mut self.source, '+'), (&mut self.expected, '-')] {
            if self.last != other {
                text.pop();
            }
        }
    }
}

fn place(rest: &str) -> Place {
    let (at, phrase) = rest.split_once(' ').unwrap_or((rest, ""));
    let (line, column) = at.split_once(':').map_or((at, None), |(line, column)| (line, Some(column)));
    Place {
        line: line.parse().unwrap_or_else(|_| panic!("not a position: {rest}")),
        column: column.map(|column| column.parse().unwrap()),
        phrase: phrase.to_owned(),
    }
}
