//! Flags that say which live objects are looked at, with kubectl's names and words.

use clap::Args;
use std::ffi::OsString;

/// Which live objects.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Objects")]
pub struct Selection {
    /// Live objects, named as kubectl takes them: TYPE, TYPE NAME, TYPE/NAME, TYPE1,TYPE2; several with blanks between them
    #[arg(value_name = "TYPE/NAME", help_heading = "Objects")]
    pub words: Vec<OsString>,
    /// Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Selector (field query) to filter on, supports '=', '==', and '!='
    #[arg(long, value_name = "SELECTOR")]
    pub field_selector: Option<String>,
    /// Look across all namespaces; without a TYPE at all workloads
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Look at all objects of the TYPE in the namespace; without a TYPE at all workloads
    #[arg(long)]
    pub all: bool,
    /// Return large lists in chunks rather than all at once. Pass 0 to disable
    #[arg(long, value_name = "NUMBER", default_value_t = Self::CHUNK, hide_default_value = true)]
    pub chunk_size: u32,
}

impl Selection {
    /// How many objects a server is asked for at a time.
    pub const CHUNK: u32 = 500;

    /// Whether anything here asks for live objects.
    pub fn is_live(&self) -> bool {
        !self.words.is_empty() || self.filter().is_some()
    }

    /// The first flag that picks among live objects.
    pub fn filter(&self) -> Option<&'static str> {
        let given = [
            ("--selector", self.selector.is_some()),
            ("--field-selector", self.field_selector.is_some()),
            ("--all-namespaces", self.all_namespaces),
            ("--all", self.all),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            words: Vec::new(),
            selector: None,
            field_selector: None,
            all_namespaces: false,
            all: false,
            chunk_size: Self::CHUNK,
        }
    }
}
