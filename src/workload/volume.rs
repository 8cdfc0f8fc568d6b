//! The volumes of a pod and where its containers mount them.

use super::pointer::lookup_below;
use super::{Container, Field, Pod};
use serde_json::Value;

/// A volume of a pod.
#[derive(Debug, Clone)]
pub struct Volume<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its entry in the list.
    pub field: Field<'a>,
}

/// A volume mounted in a container.
#[derive(Debug, Clone)]
pub struct Mount<'a> {
    /// The name of the volume.
    pub volume: &'a str,
    /// Where, as the manifest says it.
    pub path: &'a str,
    /// Whether only a part of the volume is mounted (`subPath`, `subPathExpr`).
    pub is_part: bool,
    /// Whether it cannot be written.
    pub is_read_only: bool,
}

impl<'a> Pod<'a> {
    /// Its volumes.
    pub fn volumes(&self) -> Vec<Volume<'a>> {
        let items = self.field("volumes").items();
        let named = |field: Field<'a>| Some(Volume { name: field.field("name").as_str()?, field });
        items.into_iter().filter_map(named).collect()
    }

    /// The volume of this name.
    pub fn volume(&self, name: &str) -> Option<Volume<'a>> {
        self.volumes().into_iter().find(|volume| volume.name == name)
    }

    /// The names of the ConfigMaps that its containers see, as files or variables.
    pub fn config_maps(&self) -> Vec<&'a str> {
        let volumes = self.volumes();
        let sources = volumes.iter().flat_map(|volume| volume.field.field("projected/sources").items());
        let mounted = volumes.iter().map(|volume| volume.field.clone()).chain(sources);
        let mounted = mounted.map(|source| source.field("configMap/name"));
        let container = |container: &Container<'a>| {
            let from = container.field("envFrom").items().into_iter().map(|from| from.field("configMapRef/name"));
            let env = container.field("env").items().into_iter().map(|env| env.field("valueFrom/configMapKeyRef/name"));
            from.chain(env).collect::<Vec<_>>()
        };
        let names = mounted.chain(self.containers().iter().flat_map(container));
        names.filter_map(|name| name.as_str()).collect()
    }

    /// The access modes of the claim behind a volume, where the run knows it.
    pub fn access_modes(&self, name: &str) -> Vec<&'a str> {
        fn stated(claim: Option<&serde_json::Value>) -> Vec<&str> {
            let modes = claim.and_then(|claim| claim.pointer("/spec/accessModes")?.as_array());
            modes.into_iter().flatten().filter_map(|mode| mode.as_str()).collect()
        }
        let Some(volume) = self.volume(name) else {
            return stated(
                self.claim_templates().iter().find(|(template, _)| *template == name).map(|(_, claim)| *claim),
            );
        };
        if volume.is("ephemeral") {
            return stated(volume.field.field("ephemeral/volumeClaimTemplate").value);
        }
        let claim = volume.field.field("persistentVolumeClaim/claimName").as_str().and_then(|name| self.claim(name));
        claim.map(|claim| claim.access_modes).unwrap_or_default()
    }

    /// Whether a volume is backed by a claim: stated, made for the pod alone, or made by its StatefulSet.
    pub fn is_claimed(&self, name: &str) -> bool {
        match self.volume(name) {
            Some(volume) => volume.is("persistentVolumeClaim") || volume.is("ephemeral"),
            None => self.claim_templates().iter().any(|(template, _)| *template == name),
        }
    }
}

impl Volume<'_> {
    /// Whether it is of this type, such as `emptyDir`.
    pub fn is(&self, kind: &str) -> bool {
        self.field.field(kind).is_stated()
    }

    /// Whether it holds files that not everybody may read: a Secret, ConfigMap or projected volume with such a mode.
    pub fn is_secretive(&self) -> bool {
        let shut = |mode: Option<i64>| mode.is_some_and(|mode| mode & 0o004 == 0);
        ["secret", "configMap", "projected", "downwardAPI"].iter().map(|kind| self.field.field(kind)).any(|source| {
            let parts = source.field("sources").items();
            let parts = parts.iter().flat_map(|part| part.entries()).map(|(_, part)| part);
            let items = parts.chain([source.clone()]).flat_map(|part| part.field("items").items());
            shut(source.field("defaultMode").as_i64())
                || items.into_iter().any(|item| shut(item.field("mode").as_i64()))
        })
    }
}

impl<'a> Container<'a> {
    /// What is mounted in it.
    pub fn mounts(&self) -> Vec<Mount<'a>> {
        fn mount(item: &Value) -> Option<Mount<'_>> {
            let stated = |key: &str| lookup_below(item, key).filter(|value| !value.is_null());
            Some(Mount {
                volume: stated("name").and_then(Value::as_str).unwrap_or_default(),
                path: stated("mountPath")?.as_str()?,
                is_part: stated("subPath").is_some() || stated("subPathExpr").is_some(),
                is_read_only: stated("readOnly").and_then(Value::as_bool) == Some(true),
            })
        }
        self.list_at("volumeMounts").iter().filter_map(mount).collect()
    }

    /// Every port that it says it opens or is asked on: `ports`, and the numbers in its probes.
    pub fn ports(&self) -> Vec<u16> {
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"];
        let probed = probes.iter().flat_map(|probe| {
            let probe = self.value(probe);
            let port = |path: &str| lookup_below(probe?, path)?.as_i64();
            ["httpGet/port", "tcpSocket/port", "grpc/port"].map(port)
        });
        let stated = self.list_at("ports").iter().map(|port| lookup_below(port, "containerPort")?.as_i64());
        stated.chain(probed).flatten().filter_map(|port| u16::try_from(port).ok()).collect()
    }
}
