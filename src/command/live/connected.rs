//! A server that answers, and what it serves.

use super::super::Console;
use crate::cli::Connection;
use crate::cluster::{Discovery, Runtime, Server};

/// A server, before anything is asked of it, and what waits for its answers. Requests that are repeated are told at `-v`.
pub(in crate::command) fn connect(connection: &Connection, console: &Console) -> anyhow::Result<(Runtime, Server)> {
    let runtime = Runtime::new()?;
    let guard = runtime.enter();
    let mut server = Server::connect(connection)?;
    drop(guard);
    if let Some(listener) = console.retries() {
        server.tell_retries(listener);
    }
    Ok((runtime, server))
}

/// A connection that has been used once.
pub(in crate::command) struct Connected {
    /// Waits for the server.
    pub(in crate::command) runtime: Runtime,
    /// The server.
    pub(in crate::command) server: Server,
    /// What it serves.
    pub(in crate::command) discovery: Discovery,
}

impl Connected {
    /// Connect, and ask what is served. What the server cannot tell of that is told.
    pub(in crate::command) fn open(connection: &Connection, console: &mut Console) -> anyhow::Result<Self> {
        let (runtime, server) = connect(connection, console)?;
        let discovery = runtime.wait(Discovery::of(&server))?;
        discovery.notes().iter().for_each(|note| console.warn(note));
        Ok(Self { runtime, server, discovery })
    }
}
