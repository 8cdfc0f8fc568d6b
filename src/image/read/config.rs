//! An image's config, as Docker and the OCI image specification (`config.md`) write it.

use super::{Digest, Trouble};
use crate::image::Config;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The config, and the digests of the layers when they are unpacked, lowest first.
pub(super) fn parse(json: &[u8]) -> Result<(Config, Vec<Digest>), Trouble> {
    let file: File = serde_json::from_slice(json).map_err(|error| Trouble::damaged(format!("its config: {error}")))?;
    let run = file.config.unwrap_or_default();
    let layers: Option<Vec<Digest>> = file.rootfs.diff_ids.iter().map(|id| Digest::parse(id)).collect();
    let layers = layers.ok_or_else(|| Trouble::damaged("its config names a layer by something other than sha256"))?;
    let env = run.env.unwrap_or_default();
    let env = env.iter().map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let config = Config {
        user: run.user.unwrap_or_default(),
        volumes: keys(run.volumes).map(|path| if path.starts_with('/') { path } else { format!("/{path}") }).collect(),
        ports: ports(keys(run.exposed_ports)),
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        working_dir: run.working_dir.unwrap_or_default(),
        entrypoint: run.entrypoint.map(Words::into_list).unwrap_or_default(),
        cmd: run.cmd.map(Words::into_list).unwrap_or_default(),
        labels: run.labels.unwrap_or_default(),
    };
    Ok((config, layers))
}

#[derive(Deserialize)]
struct File {
    config: Option<Run>,
    #[serde(default)]
    rootfs: RootFs,
}

#[derive(Deserialize, Default)]
struct RootFs {
    #[serde(default)]
    diff_ids: Vec<String>,
}

/// Each may be `null`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Run {
    user: Option<String>,
    volumes: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    exposed_ports: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    env: Option<Vec<String>>,
    working_dir: Option<String>,
    entrypoint: Option<Words>,
    cmd: Option<Words>,
    labels: Option<BTreeMap<String, String>>,
}

/// Very old images have one string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    One(String),
}

impl Words {
    fn into_list(self) -> Vec<String> {
        match self {
            Self::List(list) => list,
            Self::One(one) => one.split_whitespace().map(str::to_owned).collect(),
        }
    }
}

fn keys<V>(map: Option<BTreeMap<String, V>>) -> impl Iterator<Item = String> {
    map.into_iter().flatten().map(|(key, _)| key)
}

/// `80/tcp`, `53/udp`, `8080` (buildah), `8000-8010/tcp`; sorted, each once. Of a range only its ends: what lies between
/// says nothing more.
fn ports(keys: impl Iterator<Item = String>) -> Vec<u16> {
    let mut ports: Vec<u16> = Vec::new();
    for key in keys {
        let numbers = key.split('/').next().unwrap_or_default();
        ports.extend(numbers.split('-').filter_map(|number| number.parse::<u16>().ok()));
    }
    ports.sort_unstable();
    ports.dedup();
    ports
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_a_config_says() {
        let json = r#"{"os": "linux", "config": {
            "User": "app:app", "ExposedPorts": {"80/tcp": {}, "53/udp": {}, "8080": {}, "9000-9010/tcp": {}},
            "Env": ["PATH=/bin", "A=b=c", "EMPTY"], "Entrypoint": ["/e", "x"], "Cmd": null,
            "Volumes": {"/data": {}, "var": {}}, "WorkingDir": "/w", "Labels": {"a": "b"}},
            "rootfs": {"type": "layers", "diff_ids": []}}"#;
        let (config, _) = parse(json.as_bytes()).unwrap();
        assert_eq!(config.user, "app:app");
        assert_eq!(config.ports, [53, 80, 8080, 9000, 9010]);
        assert_eq!(config.env["A"], "b=c");
        assert_eq!(config.env["EMPTY"], "");
        assert_eq!(config.entrypoint, ["/e", "x"]);
        assert!(config.cmd.is_empty());
        assert_eq!(config.volumes, ["/data", "/var"]);
        assert_eq!((config.working_dir.as_str(), config.labels["a"].as_str()), ("/w", "b"));
    }

    #[test]
    fn little_is_enough_and_rubbish_is_damage() {
        assert_eq!(parse(b"{}").unwrap().0, crate::image::Config::default());
        assert_eq!(parse(br#"{"config": {"Cmd": "sh -c x"}}"#).unwrap().0.cmd, ["sh", "-c", "x"]);
        let deep = format!("{{\"config\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        for bad in ["", "[]", "nonsense", r#"{"rootfs": {"diff_ids": ["md5:x"]}}"#, &deep] {
            assert!(matches!(parse(bad.as_bytes()), Err(super::Trouble::Damaged(_))));
        }
    }
}
