//! The client, with credentials that are renewed when they end.

use super::super::{Error, failure};
use super::plugin::{Plugin, ends_soon};
use http::{Request, Response};
use jiff::Timestamp;
use kube::client::Body;
use kube::{Client, Config};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The line to a server. It has no `Debug`: it knows the credentials.
pub(in crate::cluster) struct Line {
    plugin: Option<(Plugin, Config)>,
    state: Mutex<State>,
}

struct State {
    client: Client,
    /// When the credentials end.
    ends: Option<Timestamp>,
}

impl Line {
    /// A line by this configuration. Runs the plugin; opens no connection.
    pub(super) fn new(config: Config, plugin: Option<Plugin>) -> Result<Self, Error> {
        let state = dial(&config, plugin.as_ref())?;
        Ok(Self { plugin: plugin.map(|plugin| (plugin, config)), state: Mutex::new(state) })
    }

    /// Send a request. Credentials that end within a minute are renewed first.
    pub(in crate::cluster) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, kube::Error> {
        let client = {
            let mut state = self.state();
            // With credentials that cannot be renewed the server says what is wrong.
            if let Some((plugin, config)) = &self.plugin
                && ends_soon(state.ends)
                && let Ok(renewed) = dial(config, Some(plugin))
            {
                *state = renewed;
            }
            state.client.clone()
        };
        client.send(request).await
    }

    /// Ask the plugin for new credentials, since the server took the old ones no longer. `false` where there is none.
    pub(in crate::cluster) fn renew(&self) -> Result<bool, Error> {
        let Some((plugin, config)) = &self.plugin else { return Ok(false) };
        *self.state() = dial(config, Some(plugin))?;
        Ok(true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn dial(config: &Config, plugin: Option<&Plugin>) -> Result<State, Error> {
    let mut config = config.clone();
    let ends = plugin.map(|plugin| plugin.log_in(&mut config)).transpose()?.flatten();
    let client = Client::try_from(config).map_err(|error| failure::of_setup(&error))?;
    Ok(State { client, ends })
}
