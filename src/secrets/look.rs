//! Every secret in a value.

use super::judge::judge;
use super::text::in_text;
use super::words::{Flag, PROGRAMS, STARTS, STEMS, WORDS};
use super::{Hit, Why};
use crate::workload::escape;
use serde_json::{Map, Value};
use std::ops::Range;

/// A secret in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// JSON pointer of the scalar.
    pub pointer: String,
    /// Which bytes of it, where that is not all of it.
    pub part: Option<Range<usize>>,
    /// The name it stands under.
    pub name: Option<String>,
    /// What tells it.
    pub why: Why,
}

/// The annotation in which `kubectl apply` keeps the whole object once more.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whether there may be a secret in the text of an object; most texts have none, and are told fast.
pub fn may_hold(text: &str) -> bool {
    let names = STEMS.as_ref().is_some_and(|stems| stems.is_match(text));
    names
        || PROGRAMS.as_ref().is_some_and(|programs| programs.is_match(text))
        || STARTS.0.as_ref().is_some_and(|starts| starts.is_match(text))
        || text.contains("://")
        || text.contains("@tcp(")
        || text.contains("@unix(")
        || text.contains("-----")
}

/// The secrets of a value, in its order. Whatever a Secret holds is one.
pub fn look(value: &Value) -> Vec<Sight> {
    let mut looking = Looking { pointer: String::new(), found: Vec::new(), in_secret: false, in_list: false };
    looking.value(None, value);
    looking.found
}

struct Looking {
    pointer: String,
    found: Vec<Sight>,
    /// Whether this is within a Secret.
    in_secret: bool,
    /// Whether this is within a list of Secrets, whose items need not say what they are.
    in_list: bool,
}

impl Looking {
    fn below(&mut self, token: &str, go: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&escape(token));
        go(self);
        self.pointer.truncate(length);
    }

    fn value(&mut self, name: Option<&str>, value: &Value) {
        match value {
            Value::Object(map) => self.map(map),
            Value::Array(list) => self.list(list),
            Value::String(text) => self.text(name, text),
            Value::Number(number) => {
                let why = name.and_then(|name| judge(name, &number.to_string()));
                if let Some(why) = why {
                    self.whole(name, why);
                }
            }
            _ => {}
        }
    }

    fn map(&mut self, map: &Map<String, Value>) {
        let is = |key: &str, wanted: &str| map.get(key).is_some_and(|value| value == wanted);
        let item = self.in_list
            && !map.contains_key("kind")
            && ["data", "stringData"].iter().any(|key| map.contains_key(*key));
        let is_secret = item || (is("kind", "Secret") && is("apiVersion", "v1"));
        self.in_list |= is("kind", "SecretList");
        let around = self.in_secret;
        self.in_secret |= is_secret;
        // A variable, a parameter: its name stands beside its value.
        let beside = ["name", "key"].iter().find_map(|key| map.get(*key)?.as_str());
        for (key, value) in map {
            if is_secret && ["data", "stringData"].contains(&key.as_str()) {
                self.below(key, |looking| looking.all(value));
                continue;
            }
            let name = if key == "value" { beside.or(Some(key)) } else { Some(key.as_str()) };
            self.below(key, |looking| match (key.as_str(), value) {
                (LAST_APPLIED, _) => looking.copy(value),
                ("secretGenerator", Value::Array(list)) => looking.generated(list),
                _ => looking.value(name, value),
            });
        }
        self.in_secret = around;
    }

    fn list(&mut self, list: &[Value]) {
        // `--password`, `x`: two words of a command.
        let program = program_in(list);
        let mut flag = None;
        for (index, item) in list.iter().enumerate() {
            if let Some(part) = program.and_then(|program| of_program(program, list, index)) {
                let why = item.as_str().and_then(|word| judge("password", &word[part.start..]));
                self.below(&index.to_string(), |looking| {
                    let pointer = looking.pointer.clone();
                    let part = (part.start > 0).then_some(part);
                    looking.found.extend(why.map(|why| Sight {
                        pointer,
                        part,
                        name: Some("password".to_owned()),
                        why,
                    }));
                });
                continue;
            }
            let before = flag.take();
            flag = item.as_str().filter(|word| word.starts_with('-') && !word.contains(['=', ' ']));
            let name = before.filter(|_| flag.is_none());
            self.below(&index.to_string(), |looking| looking.value(name, item));
        }
    }

    fn text(&mut self, name: Option<&str>, text: &str) {
        if let Some(why) = name.and_then(|name| judge(name, text)) {
            return self.whole(name.map(|name| name.trim_start_matches('-')), why);
        }
        for Hit { range, name: own, why } in in_text(text) {
            let part = (range != (0..text.len())).then_some(range);
            let name = own.or_else(|| name.map(str::to_owned));
            self.found.push(Sight { pointer: self.pointer.clone(), part, name, why });
        }
    }

    fn whole(&mut self, name: Option<&str>, why: Why) {
        self.found.push(Sight { pointer: self.pointer.clone(), part: None, name: name.map(str::to_owned), why });
    }

    /// What a kustomization makes Secrets of: each `key=value` that stands in it.
    fn generated(&mut self, list: &[Value]) {
        for (index, item) in list.iter().enumerate() {
            let literals = item.get("literals").and_then(Value::as_array);
            for (at, text) in literals.into_iter().flatten().filter_map(Value::as_str).enumerate() {
                let Some((key, value)) = text.split_once('=').filter(|(_, value)| !value.is_empty()) else { continue };
                let part = Some(text.len() - value.len()..text.len());
                let pointer = format!("{}/{index}/literals/{at}", self.pointer);
                self.found.push(Sight { pointer, part, name: Some(key.to_owned()), why: Why::Secret });
            }
        }
    }

    /// Everything of a Secret.
    fn all(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.below(key, |looking| looking.all(value));
                }
            }
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            _ => {
                let name = self.pointer.rsplit('/').next().map(str::to_owned);
                self.whole(name.as_deref(), Why::Secret);
            }
        }
    }

    /// A copy of the whole object: hidden as a whole where there is a secret in it.
    fn copy(&mut self, value: &Value) {
        let Some(text) = value.as_str() else { return };
        let inner = serde_json::from_str::<Value>(text).map(|inner| look(&inner)).unwrap_or_default();
        match inner.into_iter().next() {
            _ if self.in_secret => self.whole(Some(LAST_APPLIED), Why::Secret),
            Some(first) => self.whole(first.name.as_deref(), first.why),
            None => self.text(None, text),
        }
    }
}

/// The flag of the program that a list of words runs.
fn program_in(list: &[Value]) -> Option<&'static Flag> {
    let words = || list.iter().filter_map(Value::as_str).map(|word| word.rsplit('/').next().unwrap_or(word));
    WORDS.flags.iter().find(|flag| words().any(|word| flag.programs.iter().any(|program| program == word)))
}

/// The bytes of a word that are the password of a program.
fn of_program(flag: &Flag, list: &[Value], index: usize) -> Option<Range<usize>> {
    let word = list[index].as_str()?;
    if flag.joined {
        let rest = word.strip_prefix(flag.flag.as_str()).filter(|rest| !rest.is_empty())?;
        return Some(word.len() - rest.len()..word.len());
    }
    let before = list.get(index.checked_sub(1)?)?;
    (before == flag.flag.as_str()).then_some(0..word.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn places(value: &Value) -> Vec<String> {
        look(value).into_iter().map(|sight| sight.pointer).collect()
    }

    #[test]
    fn variables_words_and_entries() {
        let value = json!({"spec": {"containers": [{
            "env": [{"name": "A", "value": "x"}, {"name": "DB_PASSWORD", "value": "S3cure!pa55"}],
            "args": ["--password", "S3cure!pa55", "--token=f7a9s8d7f6as98", "--password", "--x"]}]},
            "data": {"db.password": "S3cure!pa55", "app.properties": "a=b\npassword=S3cure!pa55\n"}});
        assert_eq!(
            places(&value),
            [
                "/spec/containers/0/env/1/value",
                "/spec/containers/0/args/1",
                "/spec/containers/0/args/2",
                "/data/db.password",
                "/data/app.properties"
            ]
        );
        assert_eq!(look(&value)[4].part, Some(13..24));
    }

    #[test]
    fn no_text_with_a_secret_is_passed_over() {
        for text in ["redis-cli -a S3cure99 ping", "mysqladmin ping -pS3cure99", "web:S3cure99@tcp(db:3306)/shop"] {
            assert!(!look(&json!([text])).is_empty() && may_hold(text), "{text}");
        }
    }

    #[test]
    fn what_a_kustomization_makes_secrets_of() {
        let value = json!({"secretGenerator": [{"name": "db", "literals": ["user=web", "empty=", "pin=48=12"]}]});
        let found = look(&value);
        assert_eq!(places(&value), ["/secretGenerator/0/literals/0", "/secretGenerator/0/literals/2"]);
        assert_eq!(found[1].part, Some(4..9));
    }

    #[test]
    fn whatever_a_secret_holds() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{}"}}, "data": {"a": "eA==", "b": ""}, "stringData": {"c/d": "x"}});
        assert_eq!(
            places(&secret),
            ["/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration", "/data/a", "/stringData/c~1d"]
        );
    }

    #[test]
    fn a_copy_of_the_object_is_hidden_as_a_whole() {
        let copy = json!({"spec": {"env": [{"name": "DB_PASSWORD", "value": "S3cure!pa55"}]}}).to_string();
        let value = json!({"metadata": {"annotations": {LAST_APPLIED: copy}}});
        assert_eq!(look(&value)[0].part, None);
    }
}
