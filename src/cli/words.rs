//! Where the verb stands: anywhere among the flags, or nowhere, which means `diff`.

use clap::{Arg, Command};
use std::ffi::OsString;

/// The words with the verb first: moved there when flags stand before it, `diff` put there when there is none.
pub(super) fn verb_first(mut args: Vec<OsString>, command: &Command) -> Vec<OsString> {
    let mut index = 1;
    while let Some(word) = args.get(index).and_then(|word| word.to_str()) {
        if word == "--" {
            break;
        }
        if word.len() > 1 && word.starts_with('-') {
            if index == 1 && matches!(word, "-h" | "--help" | "-V" | "--version") {
                return args;
            }
            index += if waits_for_value(word, command) { 2 } else { 1 };
            continue;
        }
        if command.get_subcommands().any(|verb| verb.get_name() == word) {
            let verb = args.remove(index);
            args.insert(1, verb);
            return args;
        }
        break;
    }
    args.insert(1, "diff".into());
    args
}

/// Whether the next word is the value of this flag.
fn waits_for_value(word: &str, command: &Command) -> bool {
    let takes_value = |is_it: &dyn Fn(&Arg) -> bool| {
        let all = command.get_arguments().chain(command.get_subcommands().flat_map(Command::get_arguments));
        let mut found = all.filter(|arg| is_it(arg));
        found.next().is_some_and(|arg| arg.get_action().takes_values() && !arg.is_require_equals_set())
    };
    match word.strip_prefix("--") {
        Some(long) => takes_value(&|arg| arg.get_long() == Some(long)),
        // In a cluster the first flag with a value takes the rest of the word, and the next word if nothing is left.
        None => {
            let first =
                word.char_indices().skip(1).find(|(_, short)| takes_value(&|arg| arg.get_short() == Some(*short)));
            first.is_some_and(|(at, short)| at + short.len_utf8() == word.len())
        }
    }
}
