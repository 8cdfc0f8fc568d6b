//! Containers that do nothing but change owners and modes.

use super::{Start, words};

/// What such a container changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerChanges {
    /// The paths, absolute.
    pub paths: Vec<String>,
    /// Whether it goes into directories.
    pub recursive: bool,
}

/// What a container changes that does nothing else. `None` where it does, or where that cannot be told.
pub fn owner_changes(start: &Start<'_>) -> Option<OwnerChanges> {
    let line = start.line(None);
    let commands = match start.script(None) {
        Some(text) => words::lines(text, &Default::default()),
        None if line.is_empty() => return None,
        None => vec![line.iter().map(|word| (*word).to_owned()).collect()],
    };
    let mut changes = OwnerChanges { paths: Vec::new(), recursive: false };
    for words in commands {
        match words.first().map(String::as_str)? {
            "chown" | "chmod" | "/bin/chown" | "/bin/chmod" | "chgrp" => {
                let mut arguments = words[1..].iter().filter(|word| !word.starts_with('-'));
                changes.recursive |=
                    words[1..].iter().any(|word| word.starts_with('-') && word.contains('R') || word == "--recursive");
                arguments.next()?;
                let paths: Vec<String> = arguments.map(|path| path.trim_end_matches('/').to_owned()).collect();
                if paths.is_empty() || paths.iter().any(|path| !path.starts_with('/') || path.contains(['*', '$', '`']))
                {
                    return None;
                }
                changes.paths.extend(paths);
            }
            "set" | "echo" | "true" | "ls" | "id" => {}
            _ => return None,
        }
    }
    (!changes.paths.is_empty()).then_some(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &[&'static str]) -> Option<(String, bool)> {
        let changes = owner_changes(&Start { command: command.to_vec(), ..Start::default() })?;
        Some((changes.paths.join(" "), changes.recursive))
    }

    #[test]
    fn only_owners_and_modes_count() {
        assert_eq!(of(&["sh", "-c", "chown -R 999:999 /data"]), Some(("/data".into(), true)));
        assert_eq!(of(&["chown", "1000:1000", "/a", "/b/"]), Some(("/a /b".into(), false)));
        assert_eq!(
            of(&["/bin/sh", "-ec", "chown 1 /a && chmod -R 700 /a; echo done"]),
            Some(("/a".to_owned() + " /a", true))
        );
        for other in [
            vec!["sh", "-c", "mkdir -p /data/x && chown 1 /data/x"],
            vec!["sh", "-c", "chown 1 /data/*"],
            vec!["sh", "-c", "chown 1 data"],
            vec!["sh", "-c", "sysctl -w a=b; chown 1 /a"],
            vec!["chown", "1"],
            vec!["sleep", "1"],
            vec![],
        ] {
            assert_eq!(of(&other), None, "{other:?}");
        }
    }
}
