//! What an image that starts as root says of other users, and the programs that it starts.

use super::script;
use super::start::base;
use crate::image::{Contents, Files};

/// Programs that start other programs, often as other users.
const SUPERVISORS: [&str; 8] =
    ["s6-svscan", "s6-overlay", "init", "supervisord", "runsvdir", "runit", "runsvdir-start", "my_init"];
/// Programs that run what they are told.
const INTERPRETERS: [&str; 12] =
    ["python", "python3", "node", "java", "ruby", "perl", "php", "sh", "bash", "dotnet", "deno", "bun"];

/// The supervisor among the programs that a container starts.
pub(super) fn supervisor(started: &[String]) -> Option<&str> {
    started.iter().map(String::as_str).find(|name| SUPERVISORS.contains(name))
}

/// Names of users that an image which starts as root speaks of, the surest first, each with how.
pub(super) fn candidates(contents: &Contents, files: &Files, line: &[&str]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let config = &contents.config;
    for (path, text) in &files.scripts {
        for name in script::becomes(text, &config.env) {
            all.push((name, format!("{path} starts the program as")));
        }
    }
    for (at, word) in line.iter().enumerate() {
        let (flag, value) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        if matches!(flag, "-u" | "--user" | "--uid" | "--setuid")
            && let Some(name) = value.or_else(|| line.get(at + 1).copied()).filter(|name| script::is_name(name))
        {
            all.push((name.to_owned(), format!("its arguments say {flag}")));
        }
    }
    let programs = programs(files, line);
    let interpreter = programs
        .iter()
        .all(|program| INTERPRETERS.contains(&program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')));
    let related = |path: &str| programs.iter().any(|program| program.len() > 2 && path.contains(program.as_str()));
    let mut named: Vec<_> = files.named_users.iter().filter(|named| related(&named.path)).collect();
    let distinct = files.named_users.iter().all(|named| named.name == files.named_users[0].name);
    if named.is_empty() && distinct && !interpreter {
        named.extend(&files.named_users);
    }
    all.extend(named.iter().map(|named| (named.name.clone(), format!("{} names the user", named.path))));
    for user in files.users.iter().filter(|user| user.uid > 0) {
        let alike = |program: &String| {
            program.len() > 3 && (program.starts_with(&user.name) || user.name.starts_with(program.as_str()))
        };
        if user.name.len() > 3 && programs.iter().any(alike) {
            all.push((user.name.clone(), "the image has a user named like its program:".to_owned()));
        }
    }
    for (program, name) in CUSTOMARY {
        if programs.iter().any(|known| known == program) {
            all.push((name.to_owned(), format!("{program} customarily runs as")));
        }
    }
    let owner = |path: &String| files.dirs.get(&super::tree::resolve(files, path)).map(|dir| dir.uid);
    let owners: Vec<u32> = config.volumes.iter().filter_map(owner).filter(|uid| *uid > 0).collect();
    if let Some(uid) = owners.first().filter(|first| owners.iter().all(|uid| uid == *first)) {
        all.push((uid.to_string(), "the image's volumes belong to".to_owned()));
    }
    all
}

/// Programs and the users that distributions make for them, where the names are not alike.
const CUSTOMARY: [(&str, &str); 12] = [
    ("nginx", "www-data"),
    ("apache2", "www-data"),
    ("apache2-foreground", "www-data"),
    ("httpd", "www-data"),
    ("httpd-foreground", "www-data"),
    ("httpd", "apache"),
    ("php-fpm", "www-data"),
    ("mysqld", "mysql"),
    ("mariadbd", "mysql"),
    ("named", "bind"),
    ("squid", "proxy"),
    ("mongod", "mongodb"),
];

/// The names of the programs that the container starts: the words of its command line up to the first flag, and what the
/// start scripts `exec`.
pub(super) fn programs(files: &Files, line: &[&str]) -> Vec<String> {
    let mut names: Vec<String> =
        line.iter().take_while(|word| !word.starts_with('-')).map(|word| base(word).to_owned()).collect();
    for text in files.scripts.values() {
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            if word == "exec" {
                names.extend(words.next().map(|word| base(word.trim_matches(['"', '\''])).to_owned()));
            }
        }
    }
    names.retain(|name| !name.is_empty() && !name.contains('$'));
    names
}
