//! What a run reads: the profile that the flags ask for, manifests, and what a server tells around them.

use super::{Console, UsageError, extract, limits as requests, policies};
use crate::cli::{LimitsSource, Ruling};
use crate::image::{Pin, Reference};
use crate::manifest::Stream;
use crate::network;
use crate::profile::{self, Profile, ProfileText};
use crate::report::{Aside, AsideSort};
use crate::resources;
use crate::rules;
use crate::secrets::redacted;
use crate::source::{self, Gathered, Manifest, Origin, Progress, Request};
use crate::workload::{Neighbours, World};
use policies::{Traffic, View};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Which manifests, and what for.
pub(super) struct Sources {
    /// Files, directories, patterns, URLs, `-`.
    pub(super) names: Vec<OsString>,
    /// Whether a name may be a list with commas.
    pub(super) commas: bool,
    /// A kustomization.
    pub(super) kustomize: Option<PathBuf>,
    /// Whether `.kubectl-hardenignore` holds for files named one by one.
    pub(super) ignore_named: bool,
    /// Whether directories are searched with all that is below them.
    pub(super) recursive: bool,
    /// Whether manifests without workloads are needed, too.
    pub(super) all: bool,
}

/// What was read for a run.
#[derive(Default)]
pub(super) struct Material {
    pub(super) manifests: Vec<Manifest>,
    pub(super) skipped: Vec<Aside>,
    pub(super) refused: Vec<Aside>,
    /// What could not be had, and was told already.
    pub(super) unread: Vec<Aside>,
    /// What was read and holds nothing of use.
    pub(super) others: Vec<Origin>,
    pub(super) around: Around,
    /// Whether these are objects of a cluster.
    pub(super) is_live: bool,
    /// How much of what belongs together this is.
    pub(super) view: View,
    /// What the policies of live objects are made of; `None` where none are.
    pub(super) traffic: Option<Traffic>,
}

/// What a server tells around the manifests.
#[derive(Default)]
pub(super) struct Around {
    pub(super) neighbours: Neighbours,
    /// The digests that pods run.
    pub(super) pins: Vec<(Reference, Pin)>,
    /// What it was asked for with `--limits-from`.
    pub(super) sources: Vec<(LimitsSource, resources::Source)>,
    /// Manifests that cannot be changed, and why.
    pub(super) fixed: Vec<(usize, String)>,
}

pub(super) fn aside(origin: &Origin, position: Option<crate::manifest::Position>, why: String) -> Aside {
    // An error of another program may quote what it read.
    Aside { name: origin.to_string(), position, why: redacted(&why), sort: AsideSort::Text }
}

/// What could not be read.
pub(super) fn refused_source(one: source::Refused) -> Aside {
    // Without a place there is no text that could be wrong: kubectl has not built one.
    let unbuilt = matches!(one.origin, Origin::Kustomize(_)) && one.position.is_none();
    let sort = if unbuilt { AsideSort::Kustomization } else { AsideSort::Text };
    Aside { sort, ..aside(&one.origin, one.position, one.message) }
}

/// Read what is named. `needed` tells of a stream whether it is kept.
pub(super) fn gather(
    sources: Sources,
    needed: &(dyn Fn(&Stream) -> bool + Sync),
    console: &Console,
) -> anyhow::Result<Gathered> {
    let progress = if console.talk.quiet { Progress::hidden() } else { Progress::on_stderr() };
    let gathered = source::gather(&Request {
        names: sources.names,
        commas: sources.commas,
        kustomize: sources.kustomize,
        recursive: sources.recursive,
        ignore_named: sources.ignore_named,
        limits: source::Limits::default(),
        keep: needed,
        progress: &progress,
    });
    match gathered {
        Err(error @ source::NameError::Nothing) => Err(UsageError(error.to_string()).into()),
        other => Ok(other?),
    }
}

/// Whether a stream holds an object that the profile has to do with.
pub(super) fn is_wanted(profile: &Profile, stream: &Stream) -> bool {
    let policies = profile.runs(policies::RULE);
    let wants = |api_version: &str, kind: &str| {
        is_looked_at(profile, api_version, kind) || policies && network::world::wants(api_version, kind)
    };
    World::wants(stream, &profile.kinds, wants) || policies && policies::is_emptied(stream.text())
}

/// Whether a rule of the profile looks at whole objects of this `apiVersion` and kind.
pub(super) fn is_looked_at(profile: &Profile, api_version: &str, kind: &str) -> bool {
    profile.rules.iter().any(|setting| setting.enabled && setting.rule.wants(api_version, kind))
}

/// The profile that the flags ask for.
pub(super) fn load_profile(ruling: &Ruling) -> anyhow::Result<Profile> {
    let mut profile = profile::load(&ruling.profile, &read_profile)?;
    if !ruling.only.is_empty() {
        profile.only(&ruling.only)?;
    }
    profile.skip(&ruling.skip)?;
    match ruling.network_policies {
        Some(true) => profile.enable(&rules::network_policies::RULE),
        Some(false) => profile.skip(&[policies::RULE.to_owned()])?,
        None => {}
    }
    if ruling.service_accounts.own_service_accounts {
        profile.set_parameter(rules::service_account::RULE.id, "create", &true.into());
    }
    requests::set_parameters(&ruling.limits, &mut profile);
    profile.kubernetes = ruling.kubernetes_version.unwrap_or(profile.kubernetes);
    extract::prepare(&mut profile, &ruling.extract)?;
    Ok(profile)
}

/// Read a profile file; a path in a file is seen from that file.
pub(super) fn read_profile(path: &str, from: Option<&str>) -> Result<ProfileText, String> {
    let beside = from.and_then(|from| Path::new(from).parent()).unwrap_or(Path::new(""));
    let path = beside.join(path);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read the profile {path:?}: {error}"))?;
    Ok(ProfileText { name: path.display().to_string(), text })
}
