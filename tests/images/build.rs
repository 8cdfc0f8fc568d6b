//! Builds images: layouts, archives, and the parts that a registry takes.

use crate::tar::{ROOT_FILE, Tar};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// An image: its config and its layers.
pub(crate) struct Image {
    pub(crate) config: Value,
    /// Unpacked, lowest first.
    pub(crate) layers: Vec<Vec<u8>>,
    pub(crate) packing: Packing,
}

/// How layers are packed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// The parts of an image by their digests.
pub(crate) struct Parts {
    pub(crate) manifest: Vec<u8>,
    /// Config first.
    pub(crate) blobs: Vec<Vec<u8>>,
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, bytes);
    hash.as_ref().iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Image {
    /// An image whose config has this `config`.
    pub(crate) fn new(config: Value, layers: impl IntoIterator<Item = Tar>) -> Self {
        Self { config, layers: layers.into_iter().map(Tar::end).collect(), packing: Packing::Gzip }
    }

    pub(crate) fn packed(self, packing: Packing) -> Self {
        Self { packing, ..self }
    }

    fn config_json(&self) -> Vec<u8> {
        let diff_ids: Vec<String> = self.layers.iter().map(|layer| sha256(layer)).collect();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": self.config,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        config.to_string().into_bytes()
    }

    pub(crate) fn parts(&self) -> Parts {
        let config = self.config_json();
        let pack = |layer: &Vec<u8>| match self.packing {
            Packing::Plain => layer.clone(),
            Packing::Gzip => gzip(layer),
            Packing::Zstd => {
                ruzstd::encoding::compress_to_vec(layer.as_slice(), ruzstd::encoding::CompressionLevel::Fastest)
            }
        };
        let layers: Vec<Vec<u8>> = self.layers.iter().map(pack).collect();
        let kind = "application/vnd.oci.image";
        let layer = |bytes: &Vec<u8>| json!({"mediaType": format!("{kind}.layer.v1.tar+gzip"), "digest": sha256(bytes), "size": bytes.len()});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": format!("{kind}.manifest.v1+json"),
            "config": {"mediaType": format!("{kind}.config.v1+json"), "digest": sha256(&config), "size": config.len()},
            "layers": layers.iter().map(layer).collect::<Vec<_>>(),
        });
        Parts { manifest: manifest.to_string().into_bytes(), blobs: std::iter::once(config).chain(layers).collect() }
    }

    /// Write an OCI layout. `name` becomes its annotation.
    pub(crate) fn oci(&self, folder: &Path, name: Option<&str>) -> PathBuf {
        let parts = self.parts();
        std::fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
        let blob =
            |bytes: &Vec<u8>| std::fs::write(folder.join("blobs/sha256").join(&sha256(bytes)[7..]), bytes).unwrap();
        parts.blobs.iter().for_each(blob);
        blob(&parts.manifest);
        let mut entry = json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": sha256(&parts.manifest), "size": parts.manifest.len(),
        });
        if let Some(name) = name {
            entry["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        }
        std::fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#).unwrap();
        std::fs::write(folder.join("index.json"), json!({"schemaVersion": 2, "manifests": [entry]}).to_string())
            .unwrap();
        folder.to_owned()
    }

    /// What `docker save` writes.
    pub(crate) fn docker(&self, tags: &[&str]) -> Vec<u8> {
        let config = self.config_json();
        let mut tar = Tar::new();
        let mut names = Vec::new();
        for layer in &self.layers {
            let name = format!("{}/layer.tar", &sha256(layer)[7..]);
            tar = tar.file(&name, ROOT_FILE, layer);
            names.push(name);
        }
        let config_name = format!("{}.json", &sha256(&config)[7..]);
        let manifest = json!([{"Config": config_name, "RepoTags": tags, "Layers": names}]);
        tar.file(&config_name, ROOT_FILE, &config).file("manifest.json", ROOT_FILE, manifest.to_string()).end()
    }
}

/// A folder as a tar.
pub(crate) fn tar_of(folder: &Path) -> Vec<u8> {
    fn add(mut tar: Tar, folder: &Path, below: &Path) -> Tar {
        let mut entries: Vec<_> = std::fs::read_dir(below).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            tar = match path.is_dir() {
                true => add(tar.dir(&name, crate::tar::ROOT_DIR), folder, &path),
                false => tar.file(&name, ROOT_FILE, std::fs::read(&path).unwrap()),
            };
        }
        tar
    }
    add(Tar::new(), folder, folder).end()
}
