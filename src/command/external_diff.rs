//! `KUBECTL_EXTERNAL_DIFF`: the user's own program in the place of the built-in diff, by the rules of `kubectl diff`.

use super::Exit;
use crate::source::interrupt;
use anyhow::Context;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Command;
use tempfile::TempDir;

/// The environment variable.
const VARIABLE: &str = "KUBECTL_EXTERNAL_DIFF";

/// A program with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    name: String,
    arguments: Vec<String>,
}

/// One object: the name of its file in both folders, and its texts. No secret may be in them.
#[derive(Debug)]
pub(super) struct Pair {
    /// `apps.v1.Deployment.shop.web`.
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
}

impl Program {
    /// The one that the environment names.
    pub(super) fn of_environment() -> Option<Self> {
        std::env::var(VARIABLE).ok().and_then(|text| Self::of(&text))
    }

    /// Blanks part the words. No shell looks at them: after the first one, words of other characters than letters, digits,
    /// `-` and `=` are left out.
    fn of(text: &str) -> Option<Self> {
        let plain = |word: &&str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-=".contains(&byte))
        };
        let mut words = text.split(' ');
        let name = words.next().filter(|name| !name.is_empty())?.to_owned();
        Some(Self { name, arguments: words.filter(plain).map(str::to_owned).collect() })
    }

    /// Run it on two folders that hold the objects. It writes where this process does. What it ends with counts: 0 no
    /// difference, 1 some, more an error.
    pub(super) fn run(&self, pairs: &[Pair]) -> anyhow::Result<Exit> {
        let (live, merged) = (folder("LIVE-")?, folder("MERGED-")?);
        for pair in pairs {
            write(&live, &pair.name, &pair.before)?;
            write(&merged, &pair.name, &pair.after)?;
        }
        let ended = Command::new(&self.name).args([live.path(), merged.path()]).args(&self.arguments).status();
        let ended = ended.with_context(|| format!("failed to run {:?}", self.name))?;
        match ended.code() {
            Some(0) => Ok(Exit::Done),
            Some(1) => Ok(Exit::Found),
            Some(code) => anyhow::bail!("{:?} ended with exit code {code}", self.name),
            None => anyhow::bail!("{:?} was killed", self.name),
        }
    }
}

/// A folder for this user's eyes alone, gone when it is dropped or the process is ended.
fn folder(prefix: &str) -> anyhow::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let folder = builder.tempdir().context("cannot make a temporary folder")?;
    interrupt::note(folder.path());
    Ok(folder)
}

fn write(folder: &TempDir, name: &str, text: &str) -> anyhow::Result<()> {
    // A name is a server's word: it must not lead out of the folder.
    let path = folder.path().join(name.replace(['/', '\\'], "_"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_could_mistake_are_left_out() {
        let of = |text: &str| Program::of(text).map(|program| (program.name, program.arguments.join(" ")));
        assert_eq!(of("colordiff -N -u"), Some(("colordiff".to_owned(), "-N -u".to_owned())));
        assert_eq!(
            of("/usr/bin/diff --color=always $(id) a;b  -u"),
            Some(("/usr/bin/diff".to_owned(), "--color=always -u".to_owned()))
        );
        assert_eq!((of(""), of(" diff")), (None, None));
    }

    #[cfg(unix)]
    #[test]
    fn the_program_sees_both_folders_and_its_end_counts() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = tempfile::tempdir().unwrap();
        let script = scratch.path().join("look");
        let seen = scratch.path().join("seen");
        let text = format!(
            "#!/bin/sh\n{{ basename $1 | cut -c1-5; basename $2 | cut -c1-7; stat -c '%a %n' $1 $1/* | sed 's,/tmp.*/,,'; \
             cat $1/* $2/*; echo $3; }} > {}\necho $1 >> {}.where\nexit ${{3#-}}\n",
            seen.display(),
            seen.display()
        );
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        let pair = || Pair { name: "v1.Pod.a.../b".to_owned(), before: "one\n".to_owned(), after: "two\n".to_owned() };
        let run = |code: &str| Program::of(&format!("{} -{code}", script.display())).unwrap().run(&[pair()]);
        assert_eq!(run("0").unwrap(), Exit::Done);
        assert_eq!(run("1").unwrap(), Exit::Found);
        assert!(run("2").unwrap_err().to_string().contains("exit code 2"));
        let seen_text = std::fs::read_to_string(&seen).unwrap();
        let lines: Vec<&str> = seen_text.lines().collect();
        assert_eq!((lines[0], lines[1]), ("LIVE-", "MERGED-"));
        assert!(lines[2].starts_with("700 ") && lines[3].starts_with("600 "), "{seen_text}");
        assert!(lines[3].ends_with("v1.Pod.a..._b"), "{seen_text}");
        assert_eq!(&lines[4..], ["one", "two", "-2"]);
        let places = std::fs::read_to_string(format!("{}.where", seen.display())).unwrap();
        assert!(places.lines().all(|place| !std::path::Path::new(place).exists()));
        let missing = Program { name: "/no/such/program".to_owned(), arguments: Vec::new() };
        assert!(missing.run(&[]).unwrap_err().to_string().starts_with("failed to run"));
    }
}
