//! A folder of files to test on, and the test binary run again in another environment.

use kubectl_harden::manifest::Stream;
use kubectl_harden::source::{Gathered, Limits, NameError, Origin, Progress, Request, gather};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub(crate) const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n";

/// A folder that is removed at the end.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// With a pod in each of these files.
    pub(crate) fn with(files: &[&str]) -> Self {
        let folder = Self::new();
        for file in files {
            folder.write(file, POD);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    /// Write a file, its folders made.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The paths of what was gathered, from this folder.
    pub(crate) fn names(&self, gathered: &Gathered) -> Vec<String> {
        gathered.manifests.iter().map(|manifest| self.relative(&manifest.origin)).collect()
    }

    pub(crate) fn relative(&self, origin: &Origin) -> String {
        let prefix = format!("{}/", self.path().display());
        origin.to_string().replace(&prefix, "")
    }

    /// Everything in the folder that a tool left behind.
    pub(crate) fn litter(&self) -> Vec<OsString> {
        let names = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().contains("harden")).collect()
    }
}

/// A request that can be changed with struct update syntax.
pub(crate) fn request<'r>(names: impl IntoIterator<Item = impl Into<OsString>>, progress: &'r Progress) -> Request<'r> {
    Request {
        names: names.into_iter().map(Into::into).collect(),
        commas: true,
        kustomize: None,
        recursive: false,
        ignore_named: false,
        limits: Limits::default(),
        keep: &|_: &Stream| true,
        progress,
    }
}

pub(crate) fn try_read(names: &[PathBuf], recursive: bool) -> Result<Gathered, NameError> {
    let progress = Progress::hidden();
    gather(&Request { recursive, ..request(names, &progress) })
}

pub(crate) fn read(names: &[PathBuf], recursive: bool) -> Gathered {
    try_read(names, recursive).unwrap()
}

/// The only refusal.
pub(crate) fn refusal(gathered: &Gathered) -> &str {
    assert_eq!(gathered.refused.len(), 1, "{gathered:?}");
    &gathered.refused[0].message
}

/// Set in the environment of a test binary that was started by [`again`], to what that one should work on.
pub(crate) const AGAIN: &str = "KUBECTL_HARDEN_TEST_AGAIN";

/// The folder to work on, in a process started by [`again`].
pub(crate) fn inside() -> Option<PathBuf> {
    std::env::var_os(AGAIN).map(PathBuf::from)
}

/// This test binary, to run one test again on `folder`; `wrapper` is put before it.
pub(crate) fn again(wrapper: &[&str], test: &str, folder: &Path) -> Command {
    let binary = std::env::current_exe().unwrap();
    let mut words: Vec<OsString> = wrapper.iter().map(OsString::from).collect();
    words.extend([binary.into(), test.into(), "--exact".into(), "--nocapture".into()]);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env(AGAIN, folder);
    command
}

/// Run a test again as a user without rights. `None` where that cannot be done.
#[cfg(unix)]
pub(crate) fn as_nobody(test: &str, folder: &Path) -> Option<Output> {
    use std::os::unix::fs::MetadataExt;
    let me = fs::metadata(folder).unwrap().uid();
    let wrapper: &[&str] = match me {
        0 => &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
        _ => &["env"],
    };
    match again(wrapper, test, folder).output() {
        Ok(output) if output.status.code() != Some(126) && output.status.code() != Some(127) => Some(output),
        _ => {
            println!("skipped {test}: no way to become another user");
            None
        }
    }
}

/// The process started by [`again`] did its test, and all was well.
pub(crate) fn passed(output: &Output) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
}
