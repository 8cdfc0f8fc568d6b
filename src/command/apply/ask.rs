//! The one question of a run.

use crate::command::Console;

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// Show the diff, then ask again.
    Diff,
}

/// Ask until the answer is yes or no. `None` where there is nobody to ask.
pub(super) fn agreed(question: &str, console: &mut Console, diff: &mut dyn FnMut(&mut Console)) -> Option<bool> {
    loop {
        match answer(&console.ask(question)?) {
            Answer::Yes => return Some(true),
            Answer::No => return Some(false),
            Answer::Diff => diff(console),
        }
    }
}

/// Anything that is not a clear yes is a no.
fn answer(line: &str) -> Answer {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        "d" | "diff" => Answer::Diff,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        assert_eq!(["y", "YES", " yes "].map(answer), [Answer::Yes; 3]);
        assert_eq!(["d", "Diff"].map(answer), [Answer::Diff; 2]);
        assert_eq!(["", "n", "yep", "ja", "yes please"].map(answer), [Answer::No; 5]);
    }
}
