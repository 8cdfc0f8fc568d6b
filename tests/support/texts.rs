//! YAML texts of every style, made from a tape: indents, quotes, comments, flow and block, literals, anchors, merges,
//! several documents, line ends. Every key in a mapping is unique and so is every comment (`# c17`).

use super::tape::Tape;

/// A text, and whether it holds anchors.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) anchors: bool,
}

/// The text a tape stands for.
pub(crate) fn text(tape: &mut Tape<'_>) -> Text {
    let (crlf, bom, cut, with_anchors) = (tape.tenths(2), tape.tenths(1), tape.tenths(2), tape.tenths(3));
    let step = tape.pick(&[2, 2, 4, 3, 1]);
    let mut writer = Writer { tape, out: String::new(), count: 0, anchors: vec![], step, with_anchors, used: false };
    for document in 0..=writer.tape.pick(&[0, 0, 0, 1, 2]) {
        if document > 0 || writer.tape.tenths(3) {
            writer.marker(document);
        }
        writer.anchors.clear();
        if writer.tape.tenths(2) {
            writer.comment_line(0);
        }
        let indent = writer.tape.pick(&[0, 0, 0, 0, 0, 0, 1, 2]);
        if writer.tape.tenths(1) {
            writer.sequence(indent, 0, false);
        } else {
            writer.mapping(indent, 0, false);
        }
        if writer.tape.tenths(1) {
            writer.out.push('\n');
        }
    }
    let anchors = writer.used;
    let mut text = writer.out;
    if cut && text.ends_with('\n') {
        text.pop();
    }
    if crlf {
        text = text.replace('\n', "\r\n");
    }
    Text { text: if bom { format!("\u{feff}{text}") } else { text }, anchors }
}

struct Writer<'w, 't> {
    tape: &'w mut Tape<'t>,
    out: String,
    count: usize,
    /// The anchors of this document that are complete: name, and whether it is a mapping.
    anchors: Vec<(String, bool)>,
    step: usize,
    with_anchors: bool,
    used: bool,
}

const DEEPEST: usize = 4;
#[rustfmt::skip]
const PLAIN: [&str; 16] = [
    "x",
    "true",
    "1",
    "nginx:1.25",
    "yes",
    "0644",
    "a b",
    "null",
    "~",
    "1.5",
    "a#b",
    "it's",
    "off",
    "-x",
    "été ☃",
    "100m",
];
const KEYS: [&str; 8] = ["name", "value", "spec", "a b", "été", "app.io/x", "port", "items"];

impl Writer<'_, '_> {
    fn next(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    fn marker(&mut self, document: usize) {
        if document > 0 && self.tape.tenths(2) {
            self.out.push_str("...\n");
        }
        self.out.push_str("---");
        self.end_of_line();
    }

    fn comment(&mut self) {
        let number = self.next();
        let tail = self.tape.pick(&["", "", " ---", ": - x", " \"", " {", "\t#"]);
        self.out.push_str(&format!("# c{number}{tail}"));
    }

    fn comment_line(&mut self, indent: usize) {
        self.out.push_str(&" ".repeat(indent));
        self.comment();
        self.out.push('\n');
    }

    fn end_of_line(&mut self) {
        match self.tape.below(10) {
            7 => self.out.push(' '),
            8 | 9 => {
                let blanks = self.tape.pick(&[" ", "  ", "\t"]);
                self.out.push_str(if self.out.ends_with('-') { " " } else { blanks });
                self.comment();
            }
            _ => {}
        }
        self.out.push('\n');
    }

    /// Blank lines and comments before an entry.
    fn gap(&mut self, indent: usize) {
        match self.tape.below(14) {
            10 => self.out.push('\n'),
            11 => self.comment_line(indent),
            12 => {
                let shift = self.tape.below(3);
                self.out.push('\n');
                self.comment_line(indent + shift);
            }
            13 => self.comment_line(indent.saturating_sub(self.step)),
            _ => {}
        }
    }

    fn mapping(&mut self, indent: usize, depth: usize, inline: bool) {
        let count = 1 + self.tape.below(4);
        for at in 0..count {
            if !(inline && at == 0) {
                self.gap(indent);
                self.out.push_str(&" ".repeat(indent));
            }
            let merge = self.with_anchors && self.tape.tenths(1);
            if let Some((name, true)) = self.anchors.last().cloned().filter(|_| merge && at == 0) {
                self.out.push_str(&format!("<<: *{name}"));
                self.end_of_line();
                continue;
            }
            let key = self.key(at);
            self.out.push_str(&key);
            self.out.push(':');
            self.value(indent, depth, true);
        }
    }

    fn key(&mut self, at: usize) -> String {
        let word = format!("{}{at}", self.tape.pick(&KEYS));
        match self.tape.below(10) {
            8 => format!("\"{word}\""),
            9 => format!("'{word}'"),
            _ => word,
        }
    }

    fn sequence(&mut self, indent: usize, depth: usize, inline: bool) {
        let gap = self.tape.pick(&[1, 1, 1, 1, 3]);
        for at in 0..=self.tape.below(3) {
            if !(inline && at == 0) {
                self.gap(indent);
                self.out.push_str(&" ".repeat(indent));
            }
            self.out.push('-');
            let inner = indent + 1 + gap;
            match self.tape.below(6) {
                1 | 2 if depth < DEEPEST => {
                    self.out.push_str(&" ".repeat(gap));
                    self.mapping(inner, depth + 1, true);
                }
                3 if depth < DEEPEST => {
                    self.out.push_str(&" ".repeat(gap));
                    self.sequence(inner, depth + 1, true);
                }
                4 if depth < DEEPEST => {
                    self.end_of_line();
                    self.mapping(inner, depth + 1, false);
                }
                _ => self.value(indent, depth, false),
            }
        }
    }

    /// What stands after a colon or a dash at `indent`, to the end of its last line.
    fn value(&mut self, indent: usize, depth: usize, of_key: bool) {
        let deeper = indent + self.step;
        let kind = self.tape.below(if depth < DEEPEST { 16 } else { 9 });
        let anchor = (self.with_anchors && self.tape.tenths(3)).then(|| format!("a{}", self.next()));
        if let Some(name) = anchor.as_ref().filter(|_| !matches!(kind, 6 | 8)) {
            self.out.push_str(&format!(" &{name}"));
            self.used = true;
        }
        match kind {
            5 => self.flow(deeper, depth),
            6 => self.end_of_line(),
            7 => self.lines(deeper),
            8 => match self.anchors.get(self.tape.below(4)).cloned().filter(|_| self.with_anchors) {
                Some((name, _)) => {
                    self.out.push_str(&format!(" *{name}"));
                    self.end_of_line();
                }
                None => self.end_of_line(),
            },
            9..=12 if of_key => {
                self.end_of_line();
                self.mapping(deeper, depth + 1, false);
            }
            13..=15 if of_key => {
                self.end_of_line();
                let offset = self.tape.pick(&[0, self.step]);
                self.sequence(indent + offset, depth + 1, false);
            }
            _ => self.scalar(of_key),
        }
        let is_map = of_key && (9..=12).contains(&kind);
        self.anchors.extend(anchor.filter(|_| !matches!(kind, 6 | 8)).map(|name| (name, is_map)));
    }

    fn scalar(&mut self, of_key: bool) {
        let blanks = self.tape.pick(&[" ", " ", " ", "  ", "\t"]);
        // libyaml, unlike granit, takes no tab after a dash.
        self.out.push_str(if of_key { blanks } else { " " });
        self.word();
        self.end_of_line();
    }

    fn word(&mut self) {
        let word = self.tape.pick(&PLAIN);
        match self.tape.below(5) {
            3 => self.out.push_str(&format!("\"{word}\"")),
            4 => self.out.push_str(&format!("'{}'", word.replace('\'', "''"))),
            _ => self.out.push_str(word),
        }
    }

    /// A scalar over several lines.
    fn lines(&mut self, indent: usize) {
        let pad = " ".repeat(indent);
        let quote = match self.tape.below(8) {
            7 => "",
            6 => "\"",
            5 => "'",
            kind => {
                let header = ["|", "|-", "|+", ">-", ">"][kind];
                self.out.push_str(&format!(" {header}"));
                self.end_of_line();
                let tail = self.tape.pick(&["", "\n", "\n\n", "# no comment\n"]);
                let tail = if tail.starts_with('#') { format!("{pad}{tail}") } else { tail.to_owned() };
                self.out.push_str(&format!("{pad}one: 1\n\n{pad}  - two\n{pad}---\n{tail}"));
                return;
            }
        };
        self.out.push_str(&format!(" {quote}one\n{pad}two\n\n{pad}three{quote}"));
        self.end_of_line();
    }

    /// A flow collection, sometimes over several lines.
    fn flow(&mut self, indent: usize, depth: usize) {
        self.out.push(' ');
        match self.tape.below(4) {
            3 => {
                let map = self.tape.tenths(5);
                let pad = format!("\n{}", " ".repeat(indent));
                self.out.push(if map { '{' } else { '[' });
                let count = 1 + self.tape.below(3);
                let trailing = self.tape.tenths(3);
                for at in 0..count {
                    self.out.push_str(&pad);
                    self.member(map, at, depth + 1);
                    self.out.push_str(if at + 1 < count || trailing { "," } else { "" });
                    if self.tape.tenths(2) {
                        self.out.push_str("  ");
                        self.comment();
                    }
                }
                let shift = self.tape.pick(&[0, self.step.min(indent)]);
                self.out.push_str(&format!("\n{}", " ".repeat((indent - shift).max(indent.min(1)))));
                self.out.push(if map { '}' } else { ']' });
            }
            _ => self.flow_line(depth),
        }
        self.end_of_line();
    }

    fn flow_line(&mut self, depth: usize) {
        let map = self.tape.tenths(5);
        let pad = self.tape.pick(&["", " "]);
        self.out.push_str(&format!("{}{pad}", if map { '{' } else { '[' }));
        for at in 0..self.tape.below(4) {
            if at > 0 {
                self.out.push_str(", ");
            }
            self.member(map, at, depth + 1);
        }
        self.out.push_str(&format!("{pad}{}", if map { '}' } else { ']' }));
    }

    fn member(&mut self, map: bool, at: usize, depth: usize) {
        if map {
            let key = self.key(at);
            self.out.push_str(&format!("{key}: "));
        }
        if depth < DEEPEST && self.tape.tenths(2) {
            self.flow_line(depth);
        } else {
            self.word();
        }
    }
}
