//! What a shell is offered of a cluster and of the kubeconfig. No answer in time, no right, no cluster: nothing is offered,
//! and nothing is said.

use super::complete::{Candidates, Question};
use crate::cli::Connection;
use crate::cluster::journal::{self, Entry};
use crate::cluster::{Discovery, Error, ListOptions, Runtime, Server, known};
use clap::{Args, Command, FromArgMatches};
use std::collections::BTreeSet;
use std::time::Duration;

/// A shell waits no longer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many objects are asked for at a time.
const CHUNK: u32 = 500;

/// What there is for an argument, by its id.
pub(super) fn of(question: &Question<'_>) -> Candidates {
    let connection = connection(question.flags);
    match (question.argument, question.kind) {
        ("words", None) => types(&connection),
        ("words", Some(kind)) => names(&connection, kind),
        ("namespace", _) => names(&connection, "namespaces"),
        ("what", _) => recorded(&connection, true),
        ("past", _) => recorded(&connection, false),
        ("context" | "cluster" | "user", _) => of_kubeconfig(&connection, question.argument),
        _ => Candidates::new(),
    }
}

/// The connection flags among those that were given, each `--name=value`. What cannot be read counts as not given.
fn connection(flags: &[String]) -> Connection {
    let command = || Connection::augment_args(Command::new("flags").no_binary_name(true));
    let own = |flag: &&String| command().try_get_matches_from([flag]).is_ok();
    let matches = command().try_get_matches_from(flags.iter().filter(own));
    let read = matches.ok().and_then(|matches| Connection::from_arg_matches(&matches).ok()).unwrap_or_default();
    Connection { request_timeout: Some(PATIENCE), ..read }
}

/// The types of objects.
fn types(connection: &Connection) -> Candidates {
    let mut seen = BTreeSet::new();
    let found = ask(connection, async |server| Discovery::of(&server).await).unwrap_or_default();
    let listed = found.resources().iter().filter(|resource| resource.verbs.iter().any(|verb| verb == "list"));
    let named = listed.map(|resource| (resource.plural.clone(), resource.api_version()));
    named.filter(|(name, _)| seen.insert(name.clone())).collect()
}

/// The objects of a type, in the namespace at hand.
fn names(connection: &Connection, kind: &str) -> Candidates {
    let found = ask(connection, async |server| {
        let resource = Discovery::of(&server).await?.must_find(kind)?;
        let namespace = resource.namespaced.then_some(server.namespace.as_str());
        let options = ListOptions { chunk: CHUNK, ..ListOptions::default() };
        let mut names = Candidates::new();
        let each = |live: crate::cluster::Live| names.push((live.reference.name, String::new()));
        server.list_metadata(&resource, namespace, &options, each).await?;
        Ok(names)
    });
    found.unwrap_or_default()
}

/// Contexts, clusters or users.
fn of_kubeconfig(connection: &Connection, what: &str) -> Candidates {
    // A name that is no line of its own cannot be offered.
    let offered = |name: &String| !name.contains(char::is_control);
    let names = known(connection, what).unwrap_or_default();
    names.into_iter().filter(offered).map(|name| (name, String::new())).collect()
}

/// Runs and the objects that they changed: those in effect, or all.
fn recorded(connection: &Connection, in_effect: bool) -> Candidates {
    let entries = ask(connection, async |server| journal::entries(&server).await).unwrap_or_default();
    let mut seen = BTreeSet::new();
    let of_one = |entry: &Entry| {
        let run = (entry.run.clone(), format!("profile {}", entry.profile));
        let namespace = entry.reference.namespace.as_deref().unwrap_or_default();
        [run, (entry.reference.to_string(), namespace.to_owned())]
    };
    let wanted = entries.iter().filter(|entry| !in_effect || entry.is_in_effect());
    wanted.flat_map(of_one).filter(|(name, _)| seen.insert(name.clone())).collect()
}

/// What the server says that the flags and the kubeconfig lead to.
fn ask<T>(connection: &Connection, question: impl AsyncFnOnce(Server) -> Result<T, Error>) -> Option<T> {
    let runtime = Runtime::new().ok()?;
    let _inside = runtime.enter();
    let server = Server::connect(connection).ok()?;
    runtime.wait(async { tokio::time::timeout(PATIENCE, question(server)).await }).ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flags_of_the_connection_count() {
        let flags = ["--max-risk=safe", "--namespace=shop", "--context=a b", "--insecure-skip-tls-verify=perhaps"];
        let read = connection(&flags.map(str::to_owned));
        assert_eq!((read.namespace.as_deref(), read.context.as_deref()), (Some("shop"), Some("a b")));
        assert_eq!((read.insecure_skip_tls_verify, read.request_timeout), (None, Some(PATIENCE)));
    }
}
