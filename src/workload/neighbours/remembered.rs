//! What a rule works out of the neighbours once, for all workloads of a namespace.

use super::Neighbours;
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The answers, by who asked and the namespace.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<HashMap<Question, Arc<dyn Any + Send + Sync>>>);

type Question = (String, Option<String>);

impl Neighbours {
    /// What `make` gives for a namespace, made once. `who` names the answer: the same name always stands for the same type.
    pub fn remember<T: Any + Send + Sync>(
        &self,
        who: &str,
        namespace: Option<&str>,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        let question = (who.to_owned(), namespace.map(str::to_owned));
        let known = || self.remembered.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = known().get(&question).cloned();
        if let Some(answer) = answer.and_then(|answer| answer.downcast().ok()) {
            return answer;
        }
        // Outside of the lock: two threads may both make it, and get the same.
        let answer = Arc::new(make());
        known().insert(question, Arc::clone(&answer) as _);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_made_once_for_each_namespace() {
        let all = Neighbours::default();
        assert_eq!(*all.remember("count", Some("shop"), || 1), 1);
        assert_eq!(*all.remember("count", Some("shop"), || 2), 1);
        assert_eq!(*all.remember("count", None, || 3), 3);
    }
}
