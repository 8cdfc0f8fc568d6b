//! What the journal has, and how the words of a command line name it.

use super::Console;
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
        let runtime = Runtime::new()?;
        let guard = runtime.enter();
        let mut server = Server::connect(connection)?;
        drop(guard);
        if let Some(listener) = console.retries() {
            server.tell_retries(listener);
        }
        let entries = runtime.wait(journal::entries(&server))?;
        Ok(Self { runtime, server, entries })
    }

    /// The objects that words name: `TYPE/NAME`, or `TYPE NAME`.
    pub(super) fn objects(&self, words: &[String], command: &str) -> anyhow::Result<Vec<Reference>> {
        let Asked::Named(named) = parse(words, &Flags { command, ..Flags::default() })? else {
            anyhow::bail!("resource(s) were provided, but no name was specified");
        };
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
