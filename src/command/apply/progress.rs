//! How far the workloads of a batch are: one line on a terminal, a line for each step in a log.

use crate::cluster::rollout::Progress;
use crate::command::Console;
use crate::report::shown;
use std::collections::BTreeMap;

/// The workloads that are watched now, by their place in the run, with the last words of each.
#[derive(Debug, Default)]
pub(super) struct Watched(BTreeMap<usize, String>);

impl Watched {
    /// One of them has come so far.
    pub(super) fn step(&mut self, index: usize, name: &str, progress: &Progress, console: &mut Console) {
        let words = words(name, progress);
        if self.0.insert(index, words.clone()).as_ref() != Some(&words) {
            match console.redraws() {
                true => console.progress(&self.line()),
                false => console.progress(&format!("  {words}")),
            }
        }
    }

    /// One of them is done.
    pub(super) fn done(&mut self, index: usize) {
        self.0.remove(&index);
    }

    fn line(&self) -> String {
        let all: Vec<&str> = self.0.values().map(String::as_str).collect();
        format!("  {}", all.join("; "))
    }
}

/// `deployment.apps/web 1/3 ready, waits for ...`.
fn words(name: &str, progress: &Progress) -> String {
    let Progress { ready, wanted, waiting_for } = progress;
    match waiting_for.as_str() {
        "" => format!("{name} {ready}/{wanted} ready"),
        why => format!("{name} {ready}/{wanted} ready, {}", shown(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_step_says() {
        let progress = |waiting_for: &str| Progress { ready: 1, wanted: 3, waiting_for: waiting_for.to_owned() };
        assert_eq!(words("deployment.apps/web", &progress("")), "deployment.apps/web 1/3 ready");
        assert_eq!(words("deployment.apps/web", &progress("pulls\x1b")), "deployment.apps/web 1/3 ready, pulls^[");
    }
}
