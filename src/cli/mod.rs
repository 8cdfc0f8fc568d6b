//! The command line: which verbs, words and flags there are.
//!
//! Definitions only: one file a verb, [`flags`] for what several verbs share. [`parse`] turns the words of the process
//! into an [`Invocation`] or into what to print instead ([`Stop`]). Nothing here reads a manifest.
#![allow(clippy::disallowed_methods)]

mod apply;
mod check;
mod completion;
mod connection;
mod diff;
mod explain;
mod extract;
mod flags;
mod flows;
mod graph;
mod history;
mod images;
mod limits;
mod name;
mod network;
mod network_input;
mod policies;
mod profile;
mod render;
mod rewrite;
mod selection;
mod service_accounts;
mod undo;
mod usage;
mod words;

pub use apply::{ApplyArgs, ApplyFormat, ChangeArgs, DryRunWish, Trial};
pub use check::{CheckArgs, CheckFormat, FailOn};
pub use completion::{CompletionArgs, Shell};
pub use connection::{Connection, Token};
pub use diff::{DiffArgs, DiffFormat, PatchType};
pub use explain::{ExplainArgs, ImageArgs, ImageFormat, Topic};
pub use extract::Extract;
pub use flags::{ColorWhen, Input, Ruling, Talk};
pub use flows::Flows;
pub use graph::{GraphArgs, GraphFormat};
pub use history::{HistoryArgs, HistoryFormat};
pub use images::{ImageFacts, Images};
pub use limits::{Limits, LimitsSource};
pub use network::{CanArgs, CanFormat, NetworkArgs, NetworkCheckArgs, NetworkFormat, NetworkVerb};
pub use network_input::NetworkInput;
pub use policies::{DnsPeers, Needs, PoliciesArgs, PoliciesFormat, PolicyKind};
pub use profile::{ProfileArgs, ProfileFormat, ProfileVerb};
pub use render::RenderArgs;
pub use rewrite::{RewriteArgs, RewriteFormat};
pub use selection::Selection;
pub use service_accounts::ServiceAccounts;
pub use undo::{UndoArgs, UndoFormat};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;

/// The hidden verb that answers a shell's question for candidates. It never reaches clap: the words after it are
/// unfinished and may be anything.
pub const COMPLETE: &str = "__complete";

/// What the user asked for.
#[derive(Debug)]
pub struct Invocation {
    /// How the user calls this command: `kubectl harden`, or the binary's own name.
    pub name: String,
    /// What to do.
    pub verb: Verb,
    /// How to talk about it.
    pub talk: Talk,
}

/// What to print instead of running.
#[derive(Debug, PartialEq, Eq)]
pub struct Stop {
    /// The text, line break included.
    pub text: String,
    /// A usage error: standard error and exit code 2. Otherwise help or version: standard output and 0.
    pub error: bool,
}

/// Harden Kubernetes workloads: see what would change, then change only that.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-harden",
    version,
    disable_help_subcommand = true,
    subcommand_required = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    help_template = usage::HELP,
    color = clap::ColorChoice::Never,
    max_term_width = 100,
    after_help = "\
Examples:
  # What would change in a folder of manifests (diff is the verb when none is given)
  kubectl harden -f shop/

  # Write it: only the lines that must change differ
  kubectl harden rewrite shop/

  # Fail a build on anything the restricted Pod Security Standard forbids
  kubectl harden check -f shop/ -p restricted

  # Harden what another tool renders
  helm template shop | kubectl harden render -f - | kubectl apply -f -"
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    talk: Talk,
}

/// One variant a verb.
#[derive(Debug, Subcommand)]
#[command(help_template = usage::HELP)]
pub enum Verb {
    /// Show what would change, as a unified diff (the default verb)
    Diff(DiffArgs),
    /// Report what is wrong, with the lines, the reasons and what would mend it
    Check(CheckArgs),
    /// Rewrite files in place; only the lines that must change differ
    Rewrite(RewriteArgs),
    /// Change live objects: tried first, watched, taken back when they do not work
    Apply(Box<ApplyArgs>),
    /// Print the hardened manifests to standard output
    Render(RenderArgs),
    /// Take back what was applied to live objects; what others changed since stays
    Undo(UndoArgs),
    /// List what was applied to live objects, and what became of it
    History(HistoryArgs),
    /// Explain a rule: what it checks, why, what it changes, what can break; or what an image needs
    Explain(ExplainArgs),
    /// Tell what NetworkPolicies allow: who may talk to whom, and what is wrong with them
    Network(NetworkArgs),
    /// List, show and validate profiles
    Profile(ProfileArgs),
    /// Print a completion script for a shell
    Completion(CompletionArgs),
    /// Candidates for a shell; see [`COMPLETE`]
    #[command(skip)]
    Complete(Vec<String>),
}

/// Read the words of a process, its name first.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Invocation, Stop> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    if args.is_empty() {
        args.push("kubectl-harden".into());
    }
    let name = name::shown(&args[0], std::env::var_os("KUBECTL_PATH").is_some());
    if args.get(1).is_some_and(|word| word == COMPLETE) {
        let words = args[2..].iter().map(|word| word.to_string_lossy().into_owned()).collect();
        return Ok(Invocation { name, verb: Verb::Complete(words), talk: Talk::default() });
    }
    let mut command = definition(&name);
    if args.len() == 1 {
        return Err(Stop { text: command.render_help().to_string(), error: false });
    }
    let args = words::verb_first(args, &command);
    let verb = args.get(1).map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    command
        .try_get_matches_from_mut(args)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map(|cli| Invocation { name: name.clone(), verb: cli.verb, talk: cli.talk })
        .map_err(|error| usage::stop(&error, &name, &verb))
}

/// The whole grammar under the name the user knows it by, for parsing and for completion scripts.
pub fn definition(name: &str) -> clap::Command {
    let mut command = Cli::command().bin_name(name);
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for verb in verbs {
        command = command.mut_subcommand(verb, |verb| verb.help_template(usage::HELP));
    }
    usage::rename(command, name)
}

#[cfg(test)]
mod tests;
