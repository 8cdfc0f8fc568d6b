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
    /// Where anything is mounted.
    pub mounts: Vec<&'a str>,
    /// The commands that the kubelet runs in the container beside its own: lifecycle hooks and probes.
    pub hooks: Vec<Vec<&'a str>>,
}

/// Programs that run whatever they are told.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "busybox"];
/// Parts of the names of flags and variables that say where data goes.
const TELLING: [&str; 7] = ["data", "dir", "storage", "cache", "upload", "tmpdir", "persist"];
/// Parts of those that say where something is read.
const MISLEADING: [&str; 14] = [
    "conf", "cert", "key", "plugin", "ssl", "tls", "template", "lib", "static", "url", "web", "bin", "module",
    "program",
];
/// Programs that take code on their command line.
const INTERPRETERS: [&str; 5] = ["python", "node", "perl", "ruby", "php"];

impl<'a> Start<'a> {
    /// Whether the manifest names the program itself.
    pub fn is_stated(&self) -> bool {
        !self.command.is_empty()
    }

    /// Whether the manifest gives the image anything that may tell its program to work otherwise.
    pub fn is_configured(&self) -> bool {
        !(self.command.is_empty() && self.args.is_empty() && self.env.is_empty() && self.mounts.is_empty())
    }

    /// A directory that an argument or variable names for data and that nobody knows: neither mounted nor below one that
    /// `is_known`. The program would make it as root, and another user cannot.
    pub(super) fn strange_directory(&self, is_known: impl Fn(&str) -> bool) -> Option<&'a str> {
        let telling = |name: &str| {
            let name = name.to_ascii_lowercase();
            TELLING.iter().any(|part| name.contains(part)) && !MISLEADING.iter().any(|part| name.contains(part))
        };
        let words: Vec<&'a str> = self.command.iter().chain(&self.args).copied().collect();
        let mut named: Vec<&'a str> =
            self.env.iter().filter(|(name, _)| telling(name)).map(|(_, value)| *value).collect();
        for (at, word) in words.iter().enumerate().filter(|(_, word)| word.starts_with('-')) {
            match word.split_once('=') {
                Some((name, value)) => named.extend(telling(name).then_some(value)),
                None => named.extend(words.get(at + 1).filter(|_| telling(word)).copied()),
            }
        }
        // `server /export`: a verb and where it works.
        if let ["server", place] | [_, "server", place] = words.as_slice() {
            named.push(place);
        }
        let mounted =
            |path: &str| self.mounts.iter().any(|mount| super::tree::is_within(path, mount.trim_end_matches('/')));
        let system = ["/bin", "/dev", "/etc", "/lib", "/proc", "/sbin", "/sys", "/tmp", "/usr"];
        named.into_iter().find(|path| {
            path.starts_with('/')
                && path.len() > 1
                && !path.contains([':', ' ', '$'])
                && !system.iter().any(|root| super::tree::is_within(path, root))
                && !mounted(path)
                && !is_known(path)
        })
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
        script_of(&self.line(config))
    }

    /// Whether a script decides what happens that cannot be seen here, or can and is not tame: the container's own or one of
    /// its hooks. `open` are the directories that it may write beside its mounts.
    pub(super) fn is_unclear(&self, config: Option<&'a Config>, open: &[&str]) -> bool {
        let own = match self.script(config) {
            Some(text) => !self.is_tame(text, open),
            None => self.runs_a_file(config),
        };
        own || self.has_wild_hook(open)
    }

    /// Whether a hook does what a user other than root, or a read-only root, may not allow: the container is killed when its
    /// `postStart` fails.
    pub(super) fn has_wild_hook(&self, open: &[&str]) -> bool {
        let text = |hook: &Vec<&str>| script_of(hook).map_or_else(|| hook.join(" "), str::to_owned);
        self.hooks.iter().any(|hook| !self.is_tame(&text(hook), open))
    }

    /// Whether it runs a script or a program that is no part of the image, or code that stands on the command line.
    fn runs_a_file(&self, config: Option<&'a Config>) -> bool {
        let stated: Vec<&str> = self.command.iter().chain(&self.args).copied().collect();
        let Some(first) = stated.first().copied() else { return false };
        let mounted =
            |word: &str| self.mounts.iter().any(|mount| super::tree::is_within(word, mount.trim_end_matches('/')));
        let shell = self.line(config).first().is_some_and(|word| SHELLS.contains(&base(word)));
        (shell && stated.len() > 1)
            || mounted(first)
            || (INTERPRETERS.iter().any(|name| base(first).starts_with(name))
                && stated.iter().any(|word| matches!(*word, "-c" | "-e" | "-r" | "--eval")))
    }

    /// Whether a script does nothing that a user other than root could not do as well: it writes into mounts and the folders
    /// for temporary files alone, and starts nothing that is known to want more.
    fn is_tame(&self, text: &str, open: &[&str]) -> bool {
        let env = self.env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mounted = self.writable_mounts.iter().copied().chain(["/tmp", "/run", "/var/tmp"]);
        let open = mounted.chain(open.iter().copied());
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

/// The script that a command line gives to a shell.
fn script_of<'l>(line: &[&'l str]) -> Option<&'l str> {
    let shell = line.iter().position(|word| !word.contains('=') && base(word) != "env")?;
    if !SHELLS.contains(&base(line[shell])) {
        return None;
    }
    let flag = line[shell..].iter().position(|word| word.starts_with('-') && word.ends_with('c'))?;
    line.get(shell + flag + 1).copied()
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
    fn a_directory_for_data_that_nobody_knows_is_strange() {
        let start = |args: &[&'static str], env: &[(&'static str, &'static str)]| {
            let start = Start { args: args.to_vec(), env: env.iter().copied().collect(), ..Start::default() };
            let start = Start { mounts: vec!["/mounted"], ..start };
            start.strange_directory(|path| super::super::tree::is_within(path, "/data"))
        };
        assert_eq!(start(&["server", "/export"], &[]), Some("/export"));
        assert_eq!(start(&["--storage.tsdb.path=/tsdb"], &[]), Some("/tsdb"));
        assert_eq!(start(&["redis-server", "--dir", "/var/redis"], &[]), Some("/var/redis"));
        assert_eq!(start(&[], &[("PGDATA", "/custom/data")]), Some("/custom/data"));
        for args in [
            &["server", "/data"][..],
            &["--datadir=/mounted/x"],
            &["--config-dir=/config", "--plugin-path", "/plugins"],
            &["--data-dir", "relative"],
            &["--log-level", "/debug"],
        ] {
            assert_eq!(start(args, &[("PATH", "/usr/bin:/bin"), ("TLS_DIR", "/tls")]), None, "{args:?}");
        }
    }

    #[test]
    fn what_is_run_that_cannot_be_seen_is_unclear() {
        let unclear = |words: &[&'static str], hooks: &[&[&'static str]]| {
            let hooks = hooks.iter().map(|hook| hook.to_vec()).collect();
            let start = Start { args: words.to_vec(), hooks, mounts: vec!["/scripts/"], ..Start::default() };
            (
                start.is_unclear(None, &["/data"]),
                Start { command: words.to_vec(), args: Vec::new(), ..start.clone() }.is_unclear(None, &["/data"]),
            )
        };
        for words in [
            &["/scripts/backup.sh"][..],
            &["bash", "/start.sh"],
            &["sh", "-c", "date > /etc/x"],
            &["python3.11", "-c", "open('x', 'w')"],
            &["node", "-e", "1"],
        ] {
            assert_eq!(unclear(words, &[]), (true, true), "{words:?}");
        }
        for words in
            [&[][..], &["redis-server", "/scripts/redis.conf"], &["python", "/app/x.py"], &["sh", "-c", "date"]]
        {
            assert_eq!(unclear(words, &[]), (false, false), "{words:?}");
        }
        for hook in
            [&["sh", "-c", "echo Hello > /usr/share/message"][..], &["touch", "/var/ready"], &["chown", "1", "/tmp"]]
        {
            assert_eq!(unclear(&[], &[hook]), (true, true), "{hook:?}");
        }
        for hook in [
            &["nginx", "-s", "quit"][..],
            &["sh", "-c", "sleep 5 && redis-cli ping | grep PONG > /dev/null"],
            &["sh", "-c", "curl -s -o /dev/null http://localhost/"],
            &["cat", "/tmp/healthy"],
            &["mkdir", "-p", "/data/bucket"],
        ] {
            assert_eq!(unclear(&[], &[hook]), (false, false), "{hook:?}");
        }
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
