//! What is wrong with a profile, and where.

use crate::manifest::Position;
use std::fmt;

/// One thing that is wrong in a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the name of a built-in profile.
    pub file: String,
    /// Where in it; `None` when the profile could not be read at all.
    pub position: Option<Position>,
    /// What was found and what was expected, one line.
    pub message: String,
    /// What to do: one suggestion.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    /// `profiles/team.yaml:7:5: unknown rule "run-as-nonroot"`, and the help on an indented line of its own.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(out, "{}:", self.file)?;
        }
        if let Some(position) = self.position {
            write!(out, "{position}:")?;
        }
        let gap = if self.file.is_empty() && self.position.is_none() { "" } else { " " };
        write!(out, "{gap}{}", self.message)?;
        match &self.help {
            Some(help) => write!(out, "\n  {help}"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a profile and those it extends. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ProfileError {
    /// The problems, in the order of the text.
    pub problems: Vec<Problem>,
}
