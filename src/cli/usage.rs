//! What help looks like, and usage errors in kubectl's sentences.

use super::Stop;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

/// kubectl's order: what it does, how to use it, the flags.
pub(super) const HELP: &str = "{about}{after-help}\n\n{all-args}\n\nUsage:\n  {usage}\n";

/// The examples of a verb with the name the user knows.
pub(super) fn rename(command: Command, name: &str) -> Command {
    let examples = command.get_after_help().map(|text| text.to_string().replace("kubectl harden", name));
    let command = match examples {
        Some(examples) => command.after_help(examples),
        None => command,
    };
    command.mut_subcommands(|verb| rename(verb, name))
}

/// What to print for clap's refusal. `verb` is the first word.
pub(super) fn stop(error: &Error, name: &str, verb: &str) -> Stop {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Stop { text: error.render().to_string(), error: false };
    }
    let mut text = format!("error: {}\n", sentence(error));
    if let Some(suggestion) = suggestion(error) {
        text.push_str(&format!("  did you mean {suggestion}?\n"));
    }
    let topic = if verb.starts_with('-') { name.to_owned() } else { format!("{name} {verb}") };
    text.push_str(&format!("See '{topic} -h' for help and examples\n"));
    Stop { text: crate::report::lines_shown(&text), error: true }
}

fn sentence(error: &Error) -> String {
    let context = |kind| error.get(kind).map(as_text).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    // `--max-risk <LEVEL>` and `--dry-run[=<STRATEGY>]` are the flag and its value's name: the flag is enough.
    let flag = argument.split([' ', '=', '[']).next().unwrap_or_default().to_owned();
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with("--") => format!("unknown flag: {argument}"),
        ErrorKind::UnknownArgument if argument.starts_with('-') => format!("unknown shorthand flag: {argument}"),
        ErrorKind::UnknownArgument => format!("unexpected word \"{argument}\""),
        ErrorKind::InvalidSubcommand => format!("unknown verb \"{}\"", context(ContextKind::InvalidSubcommand)),
        ErrorKind::InvalidValue if value.is_empty() => format!("flag needs an argument: {flag}"),
        ErrorKind::InvalidValue => {
            let allowed = context(ContextKind::ValidValue);
            format!("invalid value \"{value}\" for {flag}: allowed are {allowed}")
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            format!("invalid value \"{value}\" for {flag}: {why}")
        }
        ErrorKind::MissingRequiredArgument => format!("you must give {argument}"),
        ErrorKind::ArgumentConflict if argument == context(ContextKind::PriorArg) => {
            format!("{flag} may stand only once")
        }
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg);
            format!("{flag} and {} exclude each other", other.split(' ').next().unwrap_or_default())
        }
        ErrorKind::TooManyValues => format!("{flag} takes no value \"{value}\""),
        ErrorKind::InvalidUtf8 => "a word is not valid UTF-8".to_owned(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a verb is missing".to_owned()
        }
        // A kind that this grammar does not bring forth today: clap's own first line, without its prefix.
        _ => {
            let text = error.render().to_string();
            let line = text.lines().next().unwrap_or_default();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        }
    }
}

fn suggestion(error: &Error) -> Option<String> {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedValue, ContextKind::SuggestedSubcommand];
    let found = kinds.into_iter().find_map(|kind| error.get(kind))?;
    let text = as_text(found);
    (!text.is_empty()).then_some(text)
}

fn as_text(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(list) => list.join(", "),
        other => other.to_string(),
    }
}
