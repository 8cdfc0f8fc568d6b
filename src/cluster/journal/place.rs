//! Where the journal of a cluster lies: a folder of the user, named by what tells the cluster from others.

use crate::cluster::{Error, Reference, Resource, Server};
use ring::digest::{SHA256, digest};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder below the user's state folder.
const OWN: &str = "kubectl-harden";
/// The namespace that every cluster has for as long as it lives.
const OLDEST: &str = "kube-system";

/// The folders of a cluster.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Where new runs are written down.
    pub(super) folder: PathBuf,
    /// Where they are while the user may not read what tells the cluster: by its address.
    by_address: PathBuf,
}

impl Place {
    /// The place for the cluster behind this server: by the uid of the namespace `kube-system`, which stays when the
    /// address changes. Who may not read that gets a place by the server's address.
    pub(super) async fn of(server: &Server) -> Result<Self, Error> {
        let root = state_folder(&|name| std::env::var_os(name).map(PathBuf::from))?.join(OWN);
        let resource = Arc::new(Resource::builtin("", "v1", "Namespace", "namespaces", false));
        let oldest = Reference { resource, namespace: None, name: OLDEST.to_owned() };
        let by_address = root.join(of_address(&server.address));
        let folder = match server.get(&oldest).await {
            Ok(live) if is_name(live.uid()) => root.join(live.uid()),
            Err(error) if !error.is_forbidden() && !error.is_not_found() => return Err(error),
            _ => by_address.clone(),
        };
        Ok(Self { folder, by_address })
    }

    /// The place in this folder alone.
    #[cfg(test)]
    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), by_address: folder.to_owned() }
    }

    /// The files of the runs.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let mut files = files_in(&self.folder)?;
        if self.by_address != self.folder {
            files.extend(files_in(&self.by_address)?);
        }
        Ok(files)
    }

    /// Make the folder, for the user alone, and see that files can be made in it.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let made = builder.create(&self.folder).and_then(|()| tempfile::tempfile_in(&self.folder));
        made.map(drop).map_err(|error| unwritable(&self.folder, &error))
    }
}

/// Why nothing is changed when the journal cannot be written.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::Other(format!(
        "cannot write the journal {}: {error}; without it a change could not be taken back, so none is made (XDG_STATE_HOME may name another folder)",
        path.display()
    ))
}

/// Why the journal cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Other(format!("cannot read the journal {}: {error}", path.display()))
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error: io::Error| unreadable(folder, &error);
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(unreadable)?,
    };
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let is_run = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jsonl");
    Ok(paths.map_err(unreadable)?.into_iter().filter(is_run).collect())
}

/// The folder for what a program keeps between its runs: `$XDG_STATE_HOME`, or its default; `%LOCALAPPDATA%` on Windows.
fn state_folder(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, Error> {
    let set = |name: &str| variable(name).filter(|path| path.is_absolute());
    let own = set("XDG_STATE_HOME");
    let default = if cfg!(windows) { set("LOCALAPPDATA") } else { set("HOME").map(|home| home.join(".local/state")) };
    own.or(default).ok_or_else(|| {
        let home = if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" };
        Error::Other(format!("there is no folder for the journal: neither XDG_STATE_HOME nor {home} names one"))
    })
}

/// The name of the folder of a server whose cluster is not known.
fn of_address(address: &str) -> String {
    let hash = digest(&SHA256, address.as_bytes());
    let hex: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("address-{hex}")
}

/// Whether a text from the cluster can be the name of a folder.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_folder_is_the_users() {
        let of = |set: &[(&str, &str)]| {
            let set: Vec<(String, PathBuf)> =
                set.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect();
            state_folder(&|name| Some(set.iter().find(|(set, _)| set == name)?.1.clone())).ok()
        };
        assert_eq!(of(&[("XDG_STATE_HOME", "/state"), ("HOME", "/home/a")]), Some("/state".into()));
        assert_eq!(of(&[("XDG_STATE_HOME", "state"), ("HOME", "/home/a")]), Some("/home/a/.local/state".into()));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_uid_that_leads_elsewhere_names_no_folder() {
        assert!(is_name("b2a1c0de-0000-4000-8000-000000000000") && !is_name("../x") && !is_name(""));
        assert_ne!(of_address("https://a"), of_address("https://b"));
    }
}
