//! What a run knows of what containers need: the sources of `--limits-from`, read.

use super::{Console, UsageError};
use crate::cli::{self, LimitsSource};
use crate::profile::Profile;
use crate::resources::{Entry, Recommendations, Source, file, krr, vpa};
use anyhow::Context;
use serde_json::Value;
use std::path::Path;

/// The rule that the flags are about.
const RULE: &str = "limits";

/// Let the profile set what the flags ask for.
pub(super) fn set_parameters(flags: &cli::Limits, profile: &mut Profile) {
    let cpu_limit = flags.cpu_limit.as_deref().map(Value::from);
    let headroom = flags.memory_headroom.map(Value::from);
    for (name, value) in [("cpuLimit", cpu_limit), ("memoryHeadroom", headroom)] {
        if let Some(value) = value {
            profile.set_parameter(RULE, name, &value);
        }
    }
}

/// Read the sources; `live` are those that a server was asked for. With `--strict-limits` one that has a doubt about
/// anything is an error.
pub(super) fn recommendations(
    flags: &cli::Limits,
    profile: &Profile,
    live: Vec<(LimitsSource, Source)>,
    console: &mut Console,
) -> anyhow::Result<Recommendations> {
    let mut live: Vec<(LimitsSource, Source)> = live;
    let named = &flags.limits_from;
    if let Some(at) =
        named.iter().position(|source| *source == LimitsSource::Defaults).filter(|at| at + 1 < named.len())
    {
        let message = format!("--limits-from defaults knows every container: the {} behind it is never asked", {
            if named.len() - at > 2 { "sources" } else { "source" }
        });
        return Err(UsageError(message).into());
    }
    let given = [
        ("--limits-from", !named.is_empty()),
        ("--cpu-limit", flags.cpu_limit.is_some()),
        ("--memory-headroom", flags.memory_headroom.is_some()),
    ];
    for (flag, _) in given.iter().filter(|(_, given)| *given && !profile.runs(RULE)) {
        console.warn(&format!("{flag} changes nothing: rule {RULE:?} does not run"));
    }
    let mut sources = Vec::new();
    let mut doubts = Vec::new();
    for source in named {
        let (path, read): (_, fn(&str, &str) -> _) = match source {
            LimitsSource::Defaults => continue,
            LimitsSource::Krr(path) => (path, krr::read),
            LimitsSource::Vpa(path) => (path, vpa::read),
            LimitsSource::File(path) => (path, file::read),
            LimitsSource::LiveVpa | LimitsSource::Metrics(_) => {
                let at = live.iter().position(|(of, _)| of == source);
                let Some(at) = at else { return Err(of_cluster(source).into()) };
                let read = live.swap_remove(at).1;
                doubts.extend(read.entries().iter().filter_map(|entry| doubt(&source.to_string(), entry)));
                sources.push(read);
                continue;
            }
        };
        let name = path.display().to_string();
        let read: Source = read(&name, &text(path)?)?;
        doubts.extend(read.entries().iter().filter_map(|entry| doubt(&name, entry)));
        sources.push(read);
    }
    if flags.strict_limits && !doubts.is_empty() {
        anyhow::bail!("{}\n  measure again, or leave out --strict-limits", doubts.join("\n"));
    }
    Ok(Recommendations::new(sources))
}

/// Why not to rely on what a source says of a container.
fn doubt(source: &str, entry: &Entry) -> Option<String> {
    Some(format!("{source}: {}: {}", entry.key, entry.doubt.as_ref()?))
}

/// A source that only live objects have.
fn of_cluster(source: &LimitsSource) -> UsageError {
    let file = if *source == LimitsSource::LiveVpa { "vpa=FILE" } else { "krr=FILE" };
    UsageError(format!("--limits-from {source} asks a cluster, which manifests have none of: take {file} for them"))
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read the source of limits {path:?}"))
}
