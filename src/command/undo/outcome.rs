//! From what became of the objects to the exit code of the run.

use crate::command::Exit;

/// What taking one object back came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is as it was, and its pods work as far as there are any.
    Back,
    /// There was nothing to take back.
    Nothing,
    /// It is as it was, and its pods do not work.
    Broken,
    /// It could not be taken back.
    Failed,
}

/// The exit of a run: what does not work outweighs everything, then it counts whether only some could be taken back.
pub(super) fn exit(outcomes: &[Outcome]) -> Exit {
    let has = |outcome| outcomes.contains(&outcome);
    match (has(Outcome::Broken), has(Outcome::Failed), has(Outcome::Back)) {
        (true, ..) => Exit::Broken,
        (false, true, true) => Exit::Partly,
        (false, true, false) => Exit::Failed,
        (false, false, _) => Exit::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code() {
        use Outcome::{Back, Broken, Failed, Nothing};
        let cases: [(u8, &[Outcome]); 6] = [
            (0, &[]),
            (0, &[Back, Nothing]),
            (2, &[Failed, Nothing]),
            (5, &[Back, Broken, Failed]),
            (6, &[Back, Failed]),
            (0, &[Nothing]),
        ];
        for (code, outcomes) in cases {
            assert_eq!(exit(outcomes).code(), code, "{outcomes:?}");
        }
    }
}
