//! The text of a value that had none: an object of a cluster, written as kubectl prints it.

use super::{Refusal, Stream, splice, value};
use serde_json::Value;

impl Stream {
    /// One document with this value, a mapping or a list that is not empty. What looks like a template is a value like any other.
    ///
    /// # Errors
    /// When the text, read again, does not have this value.
    pub fn of_value(value: &Value) -> Result<Self, Refusal> {
        for text in [splice::block(value), format!("{value:#}\n")] {
            let Ok(stream) = Self::parse(text) else { continue };
            let same = stream.docs().len() == 1 && value::is(&stream, stream.docs()[0].root, value)?;
            if same {
                return Ok(stream);
            }
        }
        let position = super::Position { line: 1, column: 1 };
        Err(Refusal { position, message: "it cannot be written as YAML; please report it".to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_written_as_kubectl_prints_it() {
        let value = json!({"kind": "Pod", "metadata": {"labels": {"a": "yes", "b": "1.20"}, "name": "web"},
            "spec": {"containers": [{"args": ["-c", "a\nb\n"], "name": "web"}], "nodeSelector": {}}});
        let stream = Stream::of_value(&value).unwrap();
        assert_eq!(
            stream.text(),
            "kind: Pod\nmetadata:\n  labels:\n    a: \"yes\"\n    b: \"1.20\"\n  name: web\nspec:\n  containers:\n  - args:\n    \
             - -c\n    - |\n      a\n      b\n    name: web\n  nodeSelector: {}\n"
        );
        assert_eq!(stream.document(0).unwrap().value().unwrap(), value);
    }

    #[test]
    fn whatever_a_server_may_hold_comes_back() {
        for text in [
            "",
            " a",
            "a: b",
            "{{ .Values.a }}",
            "a\n\n",
            "\n a\n",
            "\u{1}",
            "0x1f",
            "1_000",
            "12:30",
            "~",
            "# a",
            "- a",
        ] {
            let value = json!({"a": text, text: 1, "b": [text, {text: [text]}]});
            assert_eq!(Stream::of_value(&value).unwrap().document(0).unwrap().value().unwrap(), value, "{text:?}");
        }
        let numbers = json!({"a": 1.5, "b": -3, "c": 1e21, "d": null, "e": [], "f": [[1], []]});
        assert_eq!(Stream::of_value(&numbers).unwrap().document(0).unwrap().value().unwrap(), numbers);
    }
}
