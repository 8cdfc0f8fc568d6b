//! The one place where the program waits for a server.

use super::Error;
use std::future::Future;

/// Runs what is async, on the thread that calls it.
#[derive(Debug)]
pub struct Runtime(tokio::runtime::Runtime);

impl Runtime {
    /// A runtime with its timers and sockets.
    pub fn new() -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map(Self).map_err(|error| Error::Other(format!("cannot wait for a server: {error}")))
    }

    /// Wait for the answer.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.0.block_on(answer)
    }

    /// Have what is built inside find its timers and sockets.
    pub fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.0.enter()
    }
}
