//! Whether a cluster enforces NetworkPolicies: every API server takes them, and only some network plugins act on them.

use super::programs::{images, is_of, words};
use crate::image::Reference;
use crate::network::world::{Workload, World};
use serde::Deserialize;
use std::fmt;
use std::sync::LazyLock;

/// A row of `plugins.yaml`, which describes the fields.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row {
    plugin: String,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    daemon_sets: Vec<String>,
    version: Option<String>,
    enforces: Condition,
    argument: Option<String>,
    since: Option<String>,
    #[serde(default)]
    late: bool,
    setting: Option<Setting>,
}

/// What turns policies off.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Setting {
    config_map: String,
    key: String,
    off: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Condition {
    Always,
    Never,
    When,
    Unless,
}

fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        // The file is part of the program; a test proves that it reads.
        serde_yaml::from_str(include_str!("plugins.yaml")).unwrap_or_default()
    });
    &ROWS
}

/// Whether policies are enforced. `Display` is a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enforcement {
    /// By this plugin.
    By(String),
    /// By this plugin, a while after a pod has started.
    Late(String),
    /// By this plugin, unless a ConfigMap that could not be read turns them off.
    Unless(String, String),
    /// They are accepted and nothing happens: this plugin does not act on them.
    NotBy(String),
    /// No plugin that is known is there.
    Unknown,
}

impl fmt::Display for Enforcement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By(plugin) => write!(out, "NetworkPolicies are enforced by {plugin}"),
            Self::Late(plugin) => write!(
                out,
                "NetworkPolicies are enforced by {plugin}, which knows a pod only a while after it has started: what a Job calls at once may be refused, so let it try again"
            ),
            Self::Unless(plugin, setting) => write!(
                out,
                "NetworkPolicies are enforced by {plugin}, unless {setting}: the ConfigMap could not be read"
            ),
            Self::NotBy(plugin) => {
                write!(
                    out,
                    "NetworkPolicies are accepted but not enforced: {plugin} does not act on them as it is set up"
                )
            }
            Self::Unknown => out.write_str(
                "whether NetworkPolicies are enforced is not known: the network plugin is none of those known",
            ),
        }
    }
}

/// Whether the policies of a live cluster are enforced. `version` is that of the server, `v1.33.1+k3s1`.
pub fn enforcement(world: &World, version: Option<&str>) -> Enforcement {
    let mut idle: Option<String> = None;
    for row in rows() {
        let built_in = row.version.as_deref().is_some_and(|mark| version.is_some_and(|version| version.contains(mark)));
        if built_in {
            return row.by(row.plugin.clone());
        }
        let agents = world.workloads.iter().filter(|one| one.kind == "DaemonSet" && row.is_agent(world, one));
        for agent in agents {
            let told = format!("{} (DaemonSet {}/{})", row.plugin, agent.namespace, agent.name);
            let setting = row.setting.as_ref();
            match setting.map_or(Some(false), |setting| setting.is_off(world, agent)) {
                Some(false) if row.acts(world, agent) => return row.by(told),
                None if row.acts(world, agent) => {
                    let setting = setting.map(|setting| setting.told(agent)).unwrap_or_default();
                    return Enforcement::Unless(told, setting);
                }
                Some(true) => {
                    idle = Some(format!("{told}, as {},", setting.map(|one| one.told(agent)).unwrap_or_default()))
                }
                _ => drop(idle.get_or_insert(told)),
            }
        }
    }
    idle.map_or(Enforcement::Unknown, Enforcement::NotBy)
}

impl Row {
    fn by(&self, told: String) -> Enforcement {
        if self.late { Enforcement::Late(told) } else { Enforcement::By(told) }
    }

    fn is_agent(&self, world: &World, daemons: &Workload) -> bool {
        let name = || format!("{}/{}", daemons.namespace, daemons.name);
        self.own_images(world, daemons).next().is_some() || self.daemon_sets.contains(&name())
    }

    fn own_images<'a>(&'a self, world: &'a World, daemons: &Workload) -> impl Iterator<Item = &'a str> {
        images(world, daemons).filter(|image| self.images.iter().any(|wanted| is_of(image, wanted)))
    }

    /// Whether it enforces policies as it is set up.
    fn acts(&self, world: &World, daemons: &Workload) -> bool {
        let told = || words(world, daemons).any(|word| Some(word) == self.argument.as_deref());
        let acts = match self.enforces {
            Condition::Always => true,
            Condition::Never => false,
            Condition::When => told(),
            Condition::Unless => !told(),
        };
        let is_new = |image: &str| match (&self.since, tag(image)) {
            (Some(since), Some(tag)) => tag >= since.as_str(),
            (since, _) => since.is_none(),
        };
        acts && (self.since.is_none() || self.own_images(world, daemons).any(is_new))
    }
}

impl Setting {
    /// Whether it turns policies off for an agent; `None` where nobody knows.
    fn is_off(&self, world: &World, agent: &Workload) -> Option<bool> {
        match world.find(Some(&agent.namespace), "", "ConfigMap", &self.config_map) {
            Some(map) => Some(map.at("/data").and_then(|data| data.get(&self.key)?.as_str()) == Some(&self.off)),
            None => (!world.unread.contains("ConfigMap")).then_some(false),
        }
    }

    /// `ConfigMap kube-system/cilium-config says enable-policy: never`.
    fn told(&self, agent: &Workload) -> String {
        format!("ConfigMap {}/{} says {}: {}", agent.namespace, self.config_map, self.key, self.off)
    }
}

/// The tag of an image.
fn tag(image: &str) -> Option<&str> {
    let (_, rest) = Reference::cut(image);
    rest.split('@').next()?.strip_prefix(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_every_row_can_be_met() {
        let rows: Vec<Row> = serde_yaml::from_str(include_str!("plugins.yaml")).unwrap();
        assert!(rows.len() > 10);
        for row in &rows {
            assert!(!row.images.is_empty() || !row.daemon_sets.is_empty() || row.version.is_some(), "{row:?}");
            let conditional = matches!(row.enforces, Condition::When | Condition::Unless);
            assert_eq!(conditional, row.argument.is_some(), "{row:?}");
        }
    }
}
