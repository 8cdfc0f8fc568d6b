//! What each verb does: gather, plan, and hand the plan to a report or the texts to their files. One file a verb.
//!
//! [`Session`] is the road all file verbs share; [`Console`] is the one place that prints.
#![allow(clippy::disallowed_methods)] // An edge: it reads profiles, the clock, the directory, and prints.

#[cfg(feature = "cluster")]
mod apply;
#[cfg(feature = "cluster")]
mod candidates;
mod check;
mod complete;
mod completion;
mod console;
mod diff;
mod explain;
#[cfg(feature = "cluster")]
mod external_diff;
mod extract;
mod hint;
#[cfg(feature = "cluster")]
mod history;
mod images;
mod join;
mod kustomizations;
mod limits;
#[cfg(feature = "cluster")]
mod live;
mod lock;
mod network;
mod opened;
mod patch;
mod policies;
mod profile;
mod reading;
#[cfg(feature = "cluster")]
mod recorded;
mod render;
mod rewrite;
mod session;
#[cfg(feature = "cluster")]
mod undo;
mod words;

use crate::cli::{Invocation, Stop, Verb};
use console::Console;
use session::Session;
use std::io::Write as _;

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and nothing to report.
    Done,
    /// Changes or findings, for the verbs that look for them.
    Found,
    /// A usage error, an input that could not be used, or any other error.
    Failed,
    /// Nothing was changed: another one manages the object, it conflicts, it changed meanwhile, the server refuses it.
    Refused,
    /// The changed workload did not work, and the change was taken back.
    RolledBack,
    /// The changed workload does not work, and the change is still there.
    Broken,
    /// Some objects are changed, some are not.
    Partly,
}

impl Exit {
    /// The process' exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Found => 1,
            Self::Failed => 2,
            Self::Refused => 3,
            Self::RolledBack => 4,
            Self::Broken => 5,
            Self::Partly => 6,
        }
    }
}

/// A wrong use of the command line that only the verb itself can tell.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// Have a panic tell where it happened and nothing else: its message could hold what a manifest holds.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(std::io::stderr(), "error: a bug, at {place}; please report it");
    }));
}

/// Run what the user asked for, errors and all.
pub fn run(invocation: &Invocation) -> Exit {
    let mut console = Console::new(invocation);
    let result = verb(invocation, &mut console).and_then(|exit| console.finish().map(|()| exit));
    result.unwrap_or_else(|error| {
        console.fail(&error, verb_name(&invocation.verb));
        Exit::Failed
    })
}

/// Print help, the version, or a usage error.
pub fn stop(stop: &Stop) -> Exit {
    Console::stop(stop)
}

fn verb(invocation: &Invocation, console: &mut Console) -> anyhow::Result<Exit> {
    match &invocation.verb {
        Verb::Diff(args) => diff::run(args, console),
        Verb::Check(args) => check::run(args, console),
        Verb::Rewrite(args) => rewrite::run(args, console),
        #[cfg(feature = "cluster")]
        Verb::Apply(args) => apply::run(args, console),
        Verb::Render(args) => render::run(args, console),
        #[cfg(feature = "cluster")]
        Verb::Undo(args) => undo::run(args, console),
        #[cfg(feature = "cluster")]
        Verb::History(args) => history::run(args, console),
        #[cfg(not(feature = "cluster"))]
        Verb::Apply(_) | Verb::Undo(_) | Verb::History(_) => {
            Err(UsageError("this build knows no clusters".to_owned()).into())
        }
        Verb::Explain(args) => explain::run(args, console),
        Verb::Network(args) => network::run(&args.verb, console),
        Verb::Profile(args) => profile::run(&args.verb, console),
        Verb::Completion(args) => completion::run(args.shell, console),
        Verb::Complete(words) => complete::run(words, console),
    }
}

fn verb_name(verb: &Verb) -> &'static str {
    match verb {
        Verb::Diff(_) => "diff",
        Verb::Check(_) => "check",
        Verb::Rewrite(_) => "rewrite",
        Verb::Apply(_) => "apply",
        Verb::Render(_) => "render",
        Verb::Undo(_) => "undo",
        Verb::History(_) => "history",
        Verb::Explain(_) => "explain",
        Verb::Network(_) => "network",
        Verb::Profile(_) => "profile",
        Verb::Completion(_) => "completion",
        Verb::Complete(_) => crate::cli::COMPLETE,
    }
}
