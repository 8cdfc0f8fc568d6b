//! From what became of the objects to the exit code of the run.

use crate::cluster::apply::{Class, Outcome};
use crate::command::Exit;

/// The exit of a run. One workload that is broken and stays so outweighs everything; then it counts whether some objects
/// were changed and some that should have been were not; then the worst that happened.
pub(super) fn exit(outcomes: &[Outcome]) -> Exit {
    let has = |class: Class| outcomes.iter().any(|outcome| outcome.class() == class);
    let worst = outcomes.iter().map(Outcome::class).max().unwrap_or(Class::Idle);
    match worst {
        Class::Broken => Exit::Broken,
        Class::Idle | Class::Applied => Exit::Done,
        _ if has(Class::Applied) => Exit::Partly,
        Class::RolledBack => Exit::RolledBack,
        Class::Refused => Exit::Refused,
        Class::Failed => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::apply::{Back, Fall};
    use std::time::Duration;

    fn fallen(back: Back) -> Outcome {
        Outcome::Fallen(Box::new(Fall { failure: Default::default(), diagnosis: None, back, left: Vec::new() }))
    }

    #[test]
    fn each_code() {
        let healthy = || Outcome::Healthy(Duration::ZERO);
        let refused = || Outcome::Refused(Vec::new());
        let back = || fallen(Back::Healthy(Duration::ZERO));
        let failed = || Outcome::Failed(String::new());
        for (code, outcomes) in [
            (0, vec![]),
            (0, vec![Outcome::Unchanged, healthy(), Outcome::Unwatched(String::new())]),
            (2, vec![failed(), Outcome::Unchanged]),
            (3, vec![refused(), failed(), Outcome::Unchanged]),
            (4, vec![back(), refused(), Outcome::Untouched]),
            (5, vec![healthy(), fallen(Back::Kept)]),
            (5, vec![fallen(Back::Unhealthy(String::new())), back()]),
            (6, vec![healthy(), refused()]),
            (6, vec![healthy(), back(), Outcome::Untouched]),
            (6, vec![healthy(), failed()]),
        ] {
            assert_eq!(exit(&outcomes).code(), code, "{outcomes:?}");
        }
    }
}
