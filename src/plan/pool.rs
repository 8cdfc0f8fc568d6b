//! Texts and values of findings, each held once: of ten thousand workloads most say the same.

use crate::rules::Subject;
use crate::secrets::redacted;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// What the findings of a plan share.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// Those that stand in this program, and places in objects.
    plain: Mutex<HashSet<Arc<str>>>,
    /// Those that a rule has made of what it saw, each with the secrets in it masked.
    masked: Mutex<HashMap<Box<str>, Arc<str>>>,
    /// By their JSON.
    values: Mutex<HashMap<String, Arc<Value>>>,
}

/// A longer value is one of its kind.
const LONGEST_SHARED: usize = 200;

impl Pool {
    /// A text without secrets.
    pub(super) fn plain(&self, text: &str) -> Arc<str> {
        let mut plain = lock(&self.plain);
        if let Some(known) = plain.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        plain.insert(Arc::clone(&new));
        new
    }

    /// A text of a rule: asterisks stand for the secrets in it.
    pub(super) fn text(&self, text: Cow<'static, str>) -> Arc<str> {
        match text {
            Cow::Borrowed(text) => self.plain(text),
            Cow::Owned(text) => known_or(&self.masked, text.into_boxed_str(), |text| redacted(text).into()),
        }
    }

    /// Where a finding stands.
    pub(super) fn subject(&self, subject: &Subject) -> Subject {
        Subject {
            pointer: self.plain(&subject.pointer),
            container: subject.container.as_deref().map(|name| self.plain(name)),
        }
    }

    /// A value as it is.
    pub(super) fn value(&self, value: Value) -> Arc<Value> {
        let text = value.to_string();
        if text.len() > LONGEST_SHARED {
            return Arc::new(value);
        }
        known_or(&self.values, text, |_| Arc::new(value))
    }
}

fn known_or<K: Hash + Eq, V: Clone>(known: &Mutex<HashMap<K, V>>, key: K, make: impl FnOnce(&K) -> V) -> V {
    if let Some(known) = lock(known).get(&key) {
        return known.clone();
    }
    // Made without holding others up.
    let new = make(&key);
    lock(known).entry(key).or_insert(new).clone()
}

/// Nothing is left half done while it is held.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_is_held_once() {
        let pool = Pool::default();
        let (one, other) = (pool.text("a".into()), pool.plain("a"));
        assert!(Arc::ptr_eq(&one, &other));
        let made = |text: &str| pool.text(Cow::Owned(text.to_owned()));
        assert!(Arc::ptr_eq(&made("b"), &made("b")));
        assert!(Arc::ptr_eq(&pool.value(json!({"a": [1]})), &pool.value(json!({"a": [1]}))));
        assert_ne!(pool.value(json!(1)), pool.value(json!("1")));
    }

    #[test]
    fn what_a_rule_made_of_what_it_saw_is_masked() {
        let pool = Pool::default();
        assert_eq!(&*pool.text(Cow::Owned("--password=S3cure!pa55".to_owned())), "--password=***");
    }
}
