//! New documents in a stream, behind one that is there already and written as it is.

use super::super::value;
use super::super::{Document, Refusal, Stream};
use super::emit::Emitter;
use super::style::DocStyle;
use super::{Change, Splicer};
use serde::Deserialize;
use serde_json::Value;

const REPORT: &str = "the file is left as it is; please report it";

impl Stream {
    /// Whether documents can be put behind others. A text that begins as JSON is JSON to kubectl, to its end, and readers
    /// do not agree on how JSON objects follow each other.
    pub fn takes_documents(&self) -> bool {
        !self.text().trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
    }
}

impl<'s> Splicer<'s> {
    /// Put new documents with these values, none of them empty, behind a document. Verified as a change is.
    pub fn append(&self, behind: Document<'s>, values: &[&Value]) -> Result<Change, Refusal> {
        let doc = &self.stream.docs()[behind.index()];
        let (start, end) = (doc.start as usize, doc.end as usize);
        let refuse = |why: &str| Refusal { position: self.stream.position(start), message: why.to_owned() };
        if !self.stream.takes_documents() {
            return Err(refuse("a JSON file takes no second object; put the objects into a `kind: List`"));
        }
        let (share, next) = (&self.stream.text()[start..end], &self.stream.text()[end..]);
        let ends = share.ends_with('\n');
        let style = DocStyle::of(self.stream.tree(), &self.lines, doc.root, doc.root as usize..doc.nodes_end as usize);
        let emitter = Emitter { indent: style.indent, quotes: style.quotes, literals: ends };
        let eol = self.lines.eol_at(end);
        let gap = if !next.is_empty() && share.ends_with(&format!("{eol}{eol}")) { eol } else { "" };

        let mut text = String::new();
        if !ends {
            text.push_str(eol);
        }
        for value in values {
            let mut lines = vec!["---".to_owned()];
            emitter.content(value, 0, &mut lines);
            lines.iter().for_each(|line| text.extend([line, eol]));
            text.push_str(gap);
        }
        if !next.is_empty() && !begins_document(next) {
            // What follows has no marker of its own: it stood behind a `...`.
            text.extend(["...", eol]);
        }
        if !ends {
            text.truncate(text.len() - eol.len());
        }
        let whole = format!("{share}{text}");
        self.holds(behind, whole, values).map_err(|why| refuse(&why))?;
        Ok(Change { bytes: end..end, text })
    }

    /// Whether two readers find the document in `whole`, and behind it these values.
    fn holds(&self, behind: Document<'_>, whole: String, values: &[&Value]) -> Result<(), String> {
        let read = Stream::parse(whole)
            .map_err(|(_, error)| format!("a new document would break the YAML ({error}); {REPORT}"))?;
        let old = behind.value().map_err(|refusal| refusal.message)?;
        let wanted = std::iter::once(&old).chain(values.iter().copied());
        let mut same = read.docs().len() == values.len() + 1;
        for (doc, wanted) in read.docs().iter().zip(wanted) {
            same = same && value::is(&read, doc.root, wanted).map_err(|refusal| refusal.message)?;
        }
        if !same {
            return Err(format!("a new document would not be what it should; {REPORT}"));
        }
        let added = &read.text()[read.docs()[1].start as usize..];
        let second = serde_yaml::Deserializer::from_str(added).map(Value::deserialize);
        let second: Vec<Value> = second.filter_map(Result::ok).collect();
        if second.iter().ne(values.iter().copied()) {
            return Err(format!("two readers disagree on a new document; {REPORT}"));
        }
        Ok(())
    }
}

/// Whether a text begins with the marker of a document.
fn begins_document(text: &str) -> bool {
    text.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn appended(text: &str, behind: usize) -> String {
        let stream = Stream::read(text.to_owned()).unwrap();
        let splicer = Splicer::new(&stream);
        let value = json!({"kind": "New", "list": [{"a": "yes"}]});
        let change = splicer.append(stream.document(behind).unwrap(), &[&value]).unwrap();
        let text = splicer.finish(vec![change]);
        let read = Stream::read(text.clone()).unwrap();
        assert_eq!(read.len(), stream.len() + 1);
        assert_eq!(read.document(behind + 1).unwrap().value(), Ok(value));
        text
    }

    const NEW: &str = "---\nkind: New\nlist:\n- a: \"yes\"\n";

    #[test]
    fn a_new_document_stands_behind_the_other_with_its_comments() {
        assert_eq!(appended("a: 1\n", 0), format!("a: 1\n{NEW}"));
        assert_eq!(appended("---\na: 1\n# end\n---\nb: 2\n", 0), format!("---\na: 1\n# end\n{NEW}---\nb: 2\n"));
        assert_eq!(appended("a: 1\n\n---\nb: 2\n", 0), format!("a: 1\n\n{NEW}\n---\nb: 2\n"));
        assert_eq!(appended("a: 1\n---\nb: 2\n---\n", 1), format!("a: 1\n---\nb: 2\n{NEW}---\n"));
    }

    #[test]
    fn it_is_written_as_the_other_is() {
        assert_eq!(
            appended("'a':\r\n    - 'b': 'c'\r\n", 0),
            "'a':\r\n    - 'b': 'c'\r\n---\r\nkind: New\r\nlist:\r\n    - a: 'yes'\r\n"
        );
        assert_eq!(appended("a: 1", 0), format!("a: 1\n{}", NEW.trim_end()));
    }

    #[test]
    fn end_markers_and_directives_stay_what_they_are() {
        assert_eq!(appended("a: 1\n...\n", 0), format!("a: 1\n...\n{NEW}"));
        assert_eq!(appended("a: 1\n...\nb: 2\n", 0), format!("a: 1\n...\n{NEW}...\nb: 2\n"));
        assert_eq!(
            appended("a: 1\n...\n%YAML 1.1\n---\nb: 2\n", 0),
            format!("a: 1\n...\n{NEW}...\n%YAML 1.1\n---\nb: 2\n")
        );
    }

    #[test]
    fn json_takes_none() {
        let stream = Stream::read("{\"a\": 1}\n".to_owned()).unwrap();
        let refused = Splicer::new(&stream).append(stream.document(0).unwrap(), &[&json!({"a": 1})]).unwrap_err();
        assert!(refused.message.contains("kind: List"));
        assert_eq!(appended("a: |\n  text", 0), format!("a: |\n  text\n{}", NEW.trim_end()));
    }
}
