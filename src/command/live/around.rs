//! What a server tells around the objects of a run.

use super::super::Console;
use super::super::reading::Around;
use super::find::Request;
use super::taken::Handle;
use crate::cli::{LimitsSource, Ruling};
use crate::cluster::surround::{self, Missing, Place};
use crate::cluster::{Discovery, Server};
use crate::profile::Profile;
use crate::rules::image_digest;
use std::collections::BTreeSet;

/// Read it, as far as the rules want it and the user may.
pub(super) async fn read(
    request: &Request<'_>,
    server: &Server,
    discovery: &Discovery,
    profile: &Profile,
    ruling: &Ruling,
    handles: &[Handle],
    console: &mut Console,
) -> anyhow::Result<Around> {
    let mut around = Around::default();
    if handles.is_empty() {
        return Ok(around);
    }
    let namespaces: BTreeSet<String> = handles.iter().filter_map(|handle| handle.reference.namespace.clone()).collect();
    let namespaces = (!request.is_everywhere()).then_some(&namespaces);
    let place = Place { server, discovery, namespaces, chunk: request.chunk() };
    let mut missing = Missing::default();
    around.neighbours = surround::neighbours(&place, &|rule| profile.runs(rule), &mut missing).await;
    if profile.runs(image_digest::RULE.id) {
        around.pins = surround::digests(&place, &mut missing).await;
    }
    for source in &ruling.limits.limits_from {
        let read = match source {
            LimitsSource::LiveVpa => surround::recommendations(&place, &mut missing).await?,
            LimitsSource::Metrics(window) => {
                let mut progress = |left: std::time::Duration| {
                    console.say(&format!("watching what the pods use for {} s more\n", left.as_secs()));
                };
                surround::usage(&place, *window, &mut progress, &mut missing).await
            }
            _ => continue,
        };
        around.sources.push((source.clone(), read));
    }
    missing.told().iter().for_each(|line| console.warn(line));
    Ok(around)
}
