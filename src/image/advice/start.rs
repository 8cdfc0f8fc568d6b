//! What a container starts.

use super::script;
use crate::image::Config;
use std::collections::BTreeMap;

/// How a manifest starts an image.
#[derive(Debug, Clone, Default)]
pub struct Start<'a> {
    /// `command`; empty where the image's `ENTRYPOINT` counts.
    pub command: Vec<&'a str>,
    /// `args`; empty where the image's `CMD` counts (and no command is stated).
    pub args: Vec<&'a str>,
    /// The environment; a value that comes from elsewhere is empty.
    pub env: BTreeMap<&'a str, &'a str>,
    /// Where something is mounted that can be written.
    pub writable_mounts: Vec<&'a str>,
}

/// Programs that run whatever they are told.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "busybox"];

impl<'a> Start<'a> {
    /// Whether the manifest names the program itself.
    pub fn is_stated(&self) -> bool {
        !self.command.is_empty()
    }

    /// The whole command line, the image's part where the manifest states none.
    pub fn line<'c>(&self, config: Option<&'c Config>) -> Vec<&'c str>
    where
        'a: 'c,
    {
        let entrypoint = config.map(|config| config.entrypoint.as_slice()).unwrap_or_default();
        let cmd = config.map(|config| config.cmd.as_slice()).unwrap_or_default();
        let mut line: Vec<&'c str> = self.command.clone();
        if line.is_empty() {
            line.extend(entrypoint.iter().map(String::as_str));
        }
        if self.args.is_empty() && !self.is_stated() {
            line.extend(cmd.iter().map(String::as_str));
        }
        line.extend(&self.args);
        line
    }

    /// The script that the manifest gives to a shell (`sh -c "..."`), or hands as arguments to an image whose entrypoint
    /// is one.
    pub fn script(&self, config: Option<&'a Config>) -> Option<&'a str> {
        let line = self.line(config);
        let shell = line.iter().position(|word| !word.contains('=') && base(word) != "env")?;
        if !SHELLS.contains(&base(line[shell])) {
            return None;
        }
        let flag = line[shell..].iter().position(|word| word.starts_with('-') && word.ends_with('c'))?;
        line.get(shell + flag + 1).copied()
    }

    /// Whether a script decides what happens that cannot be seen here, or can and is not tame.
    pub(super) fn is_unclear(&self, config: Option<&'a Config>) -> bool {
        match self.script(config) {
            Some(_) => !self.is_tame(config),
            // A shell with a file, mounted from somewhere.
            None => {
                self.command.len() + self.args.len() > 1
                    && self.command.first().is_some_and(|word| SHELLS.contains(&base(word)))
            }
        }
    }

    /// Whether the manifest's own script does nothing that a user other than root could not do as well: it writes into mounts
    /// and the folders for temporary files alone, and starts nothing that is known to want more.
    pub(super) fn is_tame(&self, config: Option<&'a Config>) -> bool {
        let Some(text) = self.script(config) else { return false };
        let env = self.env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let open = self.writable_mounts.iter().copied().chain(["/tmp", "/run", "/var/tmp"]);
        let open: Vec<&str> = open.map(|path| path.trim_end_matches('/')).collect();
        script::root_work(text).is_none()
            && script::stays_within(text, &env, |path| open.iter().any(|root| super::tree::is_within(path, root)))
    }

    /// What the manifest's own script does that only root can do.
    pub(super) fn root_work(&self, config: Option<&'a Config>) -> Option<&'static str> {
        self.script(config).and_then(script::root_work).or_else(|| {
            let line = self.line(config);
            script::root_work(&line.join(" "))
        })
    }
}

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_goes_before_the_image() {
        let config = Config {
            entrypoint: vec!["/entry.sh".into()],
            cmd: vec!["serve".into(), "--all".into()],
            ..Config::default()
        };
        let line = |command: &[&'static str], args: &[&'static str]| {
            Start { command: command.to_vec(), args: args.to_vec(), ..Start::default() }.line(Some(&config)).join(" ")
        };
        assert_eq!(line(&[], &[]), "/entry.sh serve --all");
        assert_eq!(line(&[], &["migrate"]), "/entry.sh migrate");
        assert_eq!(line(&["/bin/other"], &[]), "/bin/other");
        assert_eq!(line(&["/bin/other"], &["x"]), "/bin/other x");
    }

    #[test]
    fn a_script_is_what_a_shell_is_told() {
        let script = |command: &[&'static str], args: &[&'static str]| {
            Start { command: command.to_vec(), args: args.to_vec(), ..Start::default() }.script(None)
        };
        assert_eq!(script(&["/bin/sh", "-c", "sleep 1"], &[]), Some("sleep 1"));
        assert_eq!(script(&["bash", "-ec"], &["sleep 2"]), Some("sleep 2"));
        assert_eq!(script(&["/usr/bin/env", "sh", "-c", "x"], &[]), Some("x"));
        assert_eq!(script(&["redis-server", "-c", "x"], &[]), None);
        assert_eq!(script(&["sh", "/start.sh"], &[]), None);
    }
}
