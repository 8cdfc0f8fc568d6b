//! What the journal has, and how the words of a command line name it.

use super::live::connect;
use super::{Console, UsageError};
use crate::cli::Connection;
use crate::cluster::journal::{self, Entry};
use crate::cluster::select::{Asked, Flags, parse};
use crate::cluster::{Discovery, Error, Reference, Runtime, Server};

/// The journal of a cluster.
pub(super) struct Recorded {
    /// Waits for the server.
    pub(super) runtime: Runtime,
    /// The server.
    pub(super) server: Server,
    /// The newest first.
    pub(super) entries: Vec<Entry>,
}

impl Recorded {
    /// Read it.
    pub(super) fn open(connection: &Connection, console: &Console) -> anyhow::Result<Self> {
        let (runtime, server) = connect(connection, console)?;
        let entries = runtime.wait(journal::entries(&server))?;
        Ok(Self { runtime, server, entries })
    }

    /// The objects that words name: `TYPE/NAME`, or `TYPE NAME`.
    pub(super) fn objects(&self, words: &[String], command: &str) -> anyhow::Result<Vec<Reference>> {
        let named = named(words, command)?;
        let discovery = self.runtime.wait(Discovery::of(&self.server))?;
        let reference = |(kind, name): (String, String)| {
            let resource = discovery.must_find(&kind)?;
            let namespace = resource.namespaced.then(|| self.server.namespace.clone());
            Ok(Reference { resource, namespace, name })
        };
        let found: Result<Vec<Reference>, Error> = named.into_iter().map(reference).collect();
        Ok(found?)
    }
}

/// The types and names of objects.
fn named(words: &[String], command: &str) -> Result<Vec<(String, String)>, UsageError> {
    match parse(words, &Flags { command, reads: true, ..Flags::default() }) {
        Ok(Asked::Named(named)) => Ok(named),
        Ok(_) => {
            let word = words.first().map(String::as_str).unwrap_or_default();
            Err(UsageError(format!(
                "the journal of this cluster has no run {word:?}, and objects are named as TYPE/NAME"
            )))
        }
        Err(error) => Err(UsageError(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_object_is_told_with_what_could_be_meant() {
        let pair = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        let of = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            named(&words, "kubectl harden undo").map_err(|error| error.to_string())
        };
        assert_eq!(of("deploy/web"), Ok(vec![pair("deploy", "web")]));
        assert_eq!(of("deploy web"), Ok(vec![pair("deploy", "web")]));
        assert_eq!(
            of("nonsense").unwrap_err(),
            "the journal of this cluster has no run \"nonsense\", and objects are named as TYPE/NAME"
        );
    }
}
