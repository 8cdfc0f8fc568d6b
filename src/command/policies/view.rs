//! How much of what belongs together a run sees.

use super::super::reading::Sources;
use crate::source;
use std::path::PathBuf;

/// How much a run sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::command) enum View {
    /// Objects of a cluster: what is seen of them stands elsewhere.
    #[default]
    None,
    /// All that is below these folders, or what comes as one stream.
    Whole(Vec<PathBuf>),
    /// Perhaps not all, and policies were asked for in so many words.
    Asked,
    /// Perhaps not all, and why.
    Part(&'static str),
}

const SINGLE_FILES: &str = "of single files nobody can tell which flows others need; name their folder, or ask for them with --network-policies or --max-risk unproven";
const TEMPLATES: &str = "some files are templates, and what they make may need more flows; render them, or ask for them with --network-policies or --max-risk unproven";

impl View {
    /// What is seen with these sources. `asked` tells whether policies were asked for.
    pub(in crate::command) fn of(sources: &Sources, asked: bool) -> Self {
        let folders = source::whole_folders(&sources.names, sources.commas, sources.recursive);
        match folders {
            Some(folders) => Self::Whole(folders),
            None if asked => Self::Asked,
            None => Self::Part(SINGLE_FILES),
        }
    }

    /// The same where files were skipped because they are templates.
    pub(in crate::command) fn without_templates(self, asked: bool) -> Self {
        match self {
            Self::Whole(_) if asked => Self::Asked,
            Self::Whole(_) => Self::Part(TEMPLATES),
            other => other,
        }
    }

    /// Whether nothing else is known to need the pods of the run.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }
}
