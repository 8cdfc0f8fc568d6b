//! Live objects on the road of all verbs: found, made into manifests, with what stands around them.

mod around;
mod connected;
mod find;
mod outside;
mod taken;
mod target;
mod traffic;
mod trial;

pub(super) use connected::{Connected, connect};
pub(super) use taken::{Handle, file_name};
pub(super) use target::Moved;

use super::reading::{Material, load_profile};
use super::words::Asked;
use super::{Console, Session, UsageError};
use crate::cli::Ruling;
use crate::cluster::select::Places;
use crate::cluster::{Discovery, Error, Runtime, Server};
use crate::report::{Aside, AsideSort};
use std::collections::BTreeMap;
use taken::Taken;
use traffic::Ground;

/// A run over live objects. Each is a manifest of the session, and has its handle under the same index.
pub(super) struct LiveSession {
    /// Waits for the server.
    pub(super) runtime: Runtime,
    /// The server.
    pub(super) server: Server,
    /// What it serves.
    pub(super) discovery: Discovery,
    /// The plan, and the texts of the objects.
    pub(super) session: Session,
    /// How each is found again; what stands behind them in the session are policies.
    pub(super) handles: Vec<Handle>,
    /// Where policies come about, by namespace.
    pub(super) grounds: BTreeMap<String, Ground>,
}

impl LiveSession {
    /// Find the objects that are asked for, read what stands around them, and plan. What cannot be had is told.
    pub(super) fn open(asked: &Asked<'_>, ruling: &Ruling, console: &mut Console) -> anyhow::Result<Self> {
        if ruling.extract.extract_secrets.is_some() {
            let why = "--extract-secrets works on manifests: a live object would look for a Secret that is not there";
            return Err(UsageError(why.to_owned()).into());
        }
        let request = find::Request::of(asked, console)?;
        let mut profile = load_profile(ruling)?;
        let Connected { runtime, server, discovery } = Connected::open(asked.connection, console)?;
        if ruling.kubernetes_version.is_none() {
            profile.kubernetes = runtime.wait(server.version()).ok().flatten().unwrap_or(profile.kubernetes);
        }

        let mut taken = Taken::default();
        let found = find::find(&request, &server, &discovery, &profile, &mut taken, console);
        let told = runtime.wait(found)?;
        told.notes.iter().for_each(|note| console.note(note));
        let mut errors = told.errors;
        // Where there is nothing to go on with, the last error ends the run.
        let last = if taken.manifests.is_empty() { errors.pop() } else { None };
        errors.iter().for_each(|error| console.error(&error.to_string()));
        if let Some(last) = last {
            return Err(last.into());
        }
        if taken.manifests.is_empty() {
            // A typing error in the namespace must not pass for a clean one.
            let place = Some(server.namespace.as_str()).filter(|_| request.is_in_one_namespace());
            if let Some(missing) = runtime.wait(Places::default().missing(&server, place)) {
                return Err(missing.into());
            }
            console.say(&request.nothing(&server));
        }

        let Taken { manifests, handles, fixed, refused } = taken;
        let mut around =
            runtime.wait(around::read(&request, &server, &discovery, &profile, ruling, &handles, console))?;
        around.fixed = fixed;
        let mut manifests = manifests;
        let reading = traffic::Reading {
            request: &request,
            server: &server,
            discovery: &discovery,
            profile: &profile,
            handles: &handles,
        };
        let traffic = runtime.wait(reading.read(asked.verb, ruling, &mut manifests, console))?;
        let unread = errors.iter().map(unread).collect();
        let grounds = traffic.as_ref().map(|traffic| reading.grounds(traffic)).unwrap_or_default();
        let material = Material { manifests, refused, unread, around, is_live: true, traffic, ..Material::default() };
        let session = Session::of(profile, material, ruling, console)?;
        Ok(Self { runtime, server, discovery, session, handles, grounds })
    }
}

/// What could not be had, for reports.
fn unread(error: &Error) -> Aside {
    let details = error.status().map(|status| &status.details);
    let (name, sort) = match details {
        Some(details) if details.name.is_empty() => (details.kind.clone(), AsideSort::Type),
        Some(details) => (format!("{}/{}", details.kind, details.name), AsideSort::Object),
        // It was read, and runs no pods.
        None if matches!(error, Error::Other(_)) => (String::new(), AsideSort::Text),
        None => (String::new(), AsideSort::Object),
    };
    Aside { name, position: None, why: error.to_string(), sort }
}
