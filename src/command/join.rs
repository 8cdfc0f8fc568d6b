//! Several manifests as one stream that kubectl reads.

use std::borrow::Cow;

/// Join texts without changing a document. One text stays as it is, byte for byte.
///
/// Texts that are all JSON become a stream of JSON objects, which kubectl and `jq` read. As soon as there is YAML among
/// them the stream is YAML, of which JSON is a part: it then begins with `---` if JSON comes first, because kubectl
/// takes a stream that begins with `{` for JSON to its end.
pub(super) fn join(texts: &[&str]) -> String {
    if let [text] = texts {
        return (*text).to_owned();
    }
    let json: Vec<bool> = texts.iter().map(|text| is_json(text)).collect();
    let all_json = json.iter().all(|json| *json);
    let mut out = String::with_capacity(texts.iter().map(|text| text.len() + 5).sum());
    if !all_json && json.first() == Some(&true) {
        out.push_str("---\n");
    }
    for (index, text) in texts.iter().enumerate() {
        // A byte order mark belongs at the beginning of a stream only.
        let text = if index == 0 { text } else { text.strip_prefix('\u{feff}').unwrap_or(text) };
        if index > 0 {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            if !all_json {
                out.push_str(&separator(&out, text));
            }
        }
        out.push_str(text);
    }
    out
}

/// What must stand between what there is and the next text.
fn separator(before: &str, next: &str) -> Cow<'static, str> {
    if next.starts_with("---") && next[3..].starts_with(['\n', '\r', ' ', '\t']) {
        return "".into();
    }
    let ended = before.lines().next_back().is_some_and(|line| line.trim_end() == "...");
    match next.starts_with('%') {
        // Directives are read only after an explicit end of the document before.
        true if ended => "".into(),
        true => "...\n".into(),
        false => "---\n".into(),
    }
}

fn is_json(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    text.trim_start().starts_with(['{', '[']) && values.all(|value| value.is_ok())
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn one_text_is_not_touched() {
        assert_eq!(join(&["\u{feff}a: 1"]), "\u{feff}a: 1");
    }

    #[test]
    fn texts_are_parted_where_they_are_not_parted_already() {
        assert_eq!(join(&["a: 1", "b: 2\n", "---\nc: 3\n", "d: 4"]), "a: 1\n---\nb: 2\n---\nc: 3\n---\nd: 4");
        assert_eq!(join(&["a: 1\n", "# c\n---\nb: 2\n"]), "a: 1\n---\n# c\n---\nb: 2\n");
        assert_eq!(join(&["a: 1\r\n", "\u{feff}b: 2\r\n"]), "a: 1\r\n---\nb: 2\r\n");
    }

    #[test]
    fn directives_stand_after_an_end_of_document() {
        assert_eq!(join(&["a: 1\n", "%YAML 1.1\n---\nb: 2\n"]), "a: 1\n...\n%YAML 1.1\n---\nb: 2\n");
        assert_eq!(join(&["a: 1\n...\n", "%YAML 1.1\n---\nb: 2\n"]), "a: 1\n...\n%YAML 1.1\n---\nb: 2\n");
    }

    #[test]
    fn json_alone_stays_json_and_beside_yaml_becomes_part_of_it() {
        assert_eq!(join(&["{\"a\": 1}", "{\"b\": 2}\n"]), "{\"a\": 1}\n{\"b\": 2}\n");
        assert_eq!(join(&["{\"a\": 1}\n", "b: 2\n"]), "---\n{\"a\": 1}\n---\nb: 2\n");
        assert_eq!(join(&["a: 1\n", "{\"b\": 2}"]), "a: 1\n---\n{\"b\": 2}");
        // Flow style is not JSON.
        assert_eq!(join(&["{a: 1}\n", "{b: 2}\n"]), "{a: 1}\n---\n{b: 2}\n");
    }
}
