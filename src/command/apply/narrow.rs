//! The change of an object without what some rules want: planned again, by the same road.

use super::Run;
use crate::cli::{Connection, Input, Selection};
use crate::cluster::{Reference, Target};
use crate::command::Console;
use crate::command::live::LiveSession;
use crate::command::words::Asked;
use crate::report::shown;
use std::collections::BTreeSet;

/// The change without these rules, which is told. `None` where nothing is left of it.
pub(super) fn without(
    run: &Run<'_>,
    reference: &Reference,
    rules: &BTreeSet<&'static str>,
    console: &mut Console,
) -> anyhow::Result<Option<Target>> {
    let mut ruling = run.args.ruling.clone();
    ruling.skip.extend(rules.iter().map(|rule| (*rule).to_owned()));
    // Policies are those of the run, whatever becomes of one object.
    ruling.network_policies = Some(false);
    let rules: Vec<&str> = rules.iter().copied().collect();
    let name = reference.to_string();
    console.say(&format!(
        "{}: left out, since it overrides values of its manager: {} (--force-conflicts)\n",
        shown(&name),
        rules.join(", ")
    ));
    let objects = Selection { words: vec![word(reference).into()], ..Selection::default() };
    let namespace = reference.namespace.clone().or_else(|| run.args.connection.namespace.clone());
    let connection = Connection { namespace, ..run.args.connection.clone() };
    let input = Input::default();
    let asked =
        Asked { verb: "apply", input: &input, objects: &objects, connection: &connection, live: true, reads: false };
    let live = LiveSession::open(&asked, &ruling, console)?;
    let index = live.changing().first().copied();
    Ok(index.and_then(|index| live.runtime.wait(live.target(index)).ok()))
}

/// An object as it is named on the command line, whatever else is called so.
fn word(reference: &Reference) -> String {
    let resource = &reference.resource;
    match resource.group.as_str() {
        "" => format!("{}/{}", resource.plural, reference.name),
        group => format!("{}.{}.{group}/{}", resource.plural, resource.version, reference.name),
    }
}
