//! The words of a shell script: simple commands, with quotes taken off and the variables that are known replaced.
//!
//! This runs nothing, and leaves as it stands what it cannot resolve.

use std::collections::BTreeMap;

/// The simple commands of a script as words, with quotes taken off and variables replaced.
pub(super) fn lines(text: &str, env: &BTreeMap<String, String>) -> Vec<Vec<String>> {
    let mut variables = env.clone();
    let mut commands = Vec::new();
    let joined = text.replace("\\\n", " ");
    for line in joined.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        for command in split(line) {
            let words: Vec<String> = command.iter().map(|word| expand(word, &variables)).collect();
            for word in &words {
                let Some((name, value)) = word.split_once('=').filter(|(name, _)| is_variable(name)) else {
                    if matches!(word.as_str(), "export" | "local" | "readonly" | "declare" | ":") {
                        continue;
                    }
                    break;
                };
                variables.insert(name.to_owned(), value.to_owned());
            }
            // `: "${VAR:=value}"` sets a default.
            if words.first().is_some_and(|word| word == ":") {
                for word in &command[1..] {
                    if let Some((name, value)) = word
                        .strip_prefix("${")
                        .and_then(|rest| rest.strip_suffix('}'))
                        .and_then(|rest| rest.split_once(":=").or_else(|| rest.split_once('=')))
                    {
                        variables.entry(name.to_owned()).or_insert_with(|| value.to_owned());
                    }
                }
            }
            if !words.is_empty() {
                commands.push(words);
            }
        }
    }
    commands
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// Cut a line into simple commands and these into words.
fn split(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word = String::new();
    let (mut single, mut double) = (false, false);
    let end_word = |word: &mut String, commands: &mut Vec<Vec<String>>| {
        if !word.is_empty()
            && let Some(last) = commands.last_mut()
        {
            last.push(std::mem::take(word));
        }
    };
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            '\\' if !single => word.extend(chars.next()),
            _ if single || double => word.push(char),
            '#' if word.is_empty() => break,
            ';' | '|' | '&' | '(' | ')' | '`'
                if !(char == '&' && (word.ends_with('>') || chars.peek() == Some(&'>')))
                    && !(char == '(' && word.ends_with('$'))
                    && !(char == '|' && word.ends_with('>')) =>
            {
                end_word(&mut word, &mut commands);
                commands.push(Vec::new());
            }
            char if char.is_whitespace() => end_word(&mut word, &mut commands),
            '>' if !word.is_empty() && !word.ends_with('>') && !word.chars().all(|char| char.is_ascii_digit()) => {
                end_word(&mut word, &mut commands);
                word.push('>');
            }
            char => word.push(char),
        }
    }
    end_word(&mut word, &mut commands);
    commands.retain(|command| !command.is_empty());
    commands
}

/// Replace variables whose value is known; the others stay as they are.
fn expand(word: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, default, end) = if let Some(braced) = after.strip_prefix('{') {
            let Some(close) = braced.find('}') else { break };
            let inside = &braced[..close];
            let cut = inside.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(inside.len());
            let default = inside[cut..].trim_start_matches(':').strip_prefix(['-', '=']);
            (&inside[..cut], default, at + 1 + close + 2)
        } else {
            let cut = after.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(after.len());
            (&after[..cut], None, at + 1 + cut)
        };
        match variables.get(name).map(String::as_str).filter(|value| !value.is_empty()).or(default) {
            Some(value) if !name.is_empty() => out.push_str(value),
            _ => out.push_str(&rest[at..end]),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
