//! Files with the values of Secrets: the volumes and mounts that bring them into containers.

use super::image::starting_user;
use super::naming::{free_volume_name, label};
use super::secret_variables::Variable;
use crate::workload::{Container, Pod};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The mode of a file that its group may read, in decimal, which YAML and JSON read alike.
const GROUP_MAY_READ: i64 = 0o440;
/// The mode that the kubelet gives such files unless told otherwise.
const DEFAULT_MODE: i64 = 0o644;
/// Where Secrets are mounted, the first that is free: nowhere that programs write or that mounts are used to be.
const FOLDERS: [&str; 2] = ["/etc/secrets", "/secrets"];

/// What is to come into a pod.
pub(in crate::rules) struct SecretFiles<'p, 'a> {
    pod: &'p Pod<'a>,
    /// The names of the volumes by what they hold. Containers that want the same share it.
    volumes: HashMap<String, String>,
}

/// What one container gets.
#[derive(Default)]
pub(in crate::rules) struct Brought {
    /// By Secret and key: the path of the file.
    pub(in crate::rules) paths: BTreeMap<(String, String), String>,
    pub(in crate::rules) volumes: Vec<Value>,
    pub(in crate::rules) mounts: Vec<Value>,
}

impl<'p, 'a> SecretFiles<'p, 'a> {
    pub(in crate::rules) fn of(pod: &'p Pod<'a>) -> Self {
        Self { pod, volumes: HashMap::new() }
    }

    /// Bring the values of these variables into a container: a file that it has already counts. `taken` are mount paths
    /// that are to come.
    pub(in crate::rules) fn bring(
        &mut self,
        container: &Container<'a>,
        variables: &[&Variable<'a>],
        taken: &mut Vec<String>,
    ) -> Brought {
        let mut brought = Brought::default();
        let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for Variable { secret, key, .. } in variables {
            match self.existing(container, secret, key) {
                Some(path) => drop(brought.paths.insert(((*secret).to_owned(), (*key).to_owned()), path)),
                None => wanted.entry(secret).or_default().push(key),
            }
        }
        for (secret, mut keys) in wanted {
            keys.sort_unstable();
            keys.dedup();
            let folder = free_folder(container, secret, taken);
            for key in &keys {
                brought.paths.insert((secret.to_owned(), (*key).to_owned()), format!("{folder}/{key}"));
            }
            let (name, volume) = self.volume(container, secret, &keys);
            brought.mounts.push(json!({"name": name, "mountPath": folder, "readOnly": true}));
            brought.volumes.push(volume);
            taken.push(folder);
        }
        brought
    }

    /// A volume with these keys of a Secret, shared where another container wants the very same.
    fn volume(&mut self, container: &Container<'a>, secret: &str, keys: &[&str]) -> (String, Value) {
        let items: Vec<Value> = keys.iter().map(|key| json!({"key": key, "path": key})).collect();
        let mut source = json!({"secretName": secret});
        // Without a group everybody in the container may read it: a program that becomes another user would lose the file.
        if self.reads_by_group(container) {
            source["defaultMode"] = GROUP_MAY_READ.into();
        }
        source["items"] = items.into();
        let held = source.to_string();
        let name = self.volumes.get(&held).cloned().unwrap_or_else(|| {
            let to_come: HashSet<&str> = self.volumes.values().map(String::as_str).collect();
            let name = free_volume_name(self.pod, &format!("secret-{secret}"), &to_come);
            self.volumes.insert(held, name.clone());
            name
        });
        let volume = json!({"name": name, "secret": source});
        (name, volume)
    }

    /// The path of the file, where the container has the Secret mounted already and can read it.
    fn existing(&self, container: &Container<'a>, secret: &str, key: &str) -> Option<String> {
        container.mounts().into_iter().filter(|mount| !mount.is_part).find_map(|mount| {
            let source = self.pod.volume(mount.volume)?.field.field("secret");
            if source.field("secretName").as_str() != Some(secret) || source.field("optional").as_bool() == Some(true) {
                return None;
            }
            let items = source.field("items");
            let item = items.items().into_iter().find(|item| item.field("key").as_str() == Some(key));
            let (path, mode) = match item {
                Some(item) => (item.field("path").as_str()?, item.field("mode").as_i64()),
                None if items.is_stated() => return None,
                None => (key, None),
            };
            let mode = mode.or(source.field("defaultMode").as_i64()).unwrap_or(DEFAULT_MODE);
            let readable = mode & 0o004 != 0 || (mode & 0o040 != 0 && self.reads_by_group(container));
            readable.then(|| format!("{}/{path}", mount.path.trim_end_matches('/')))
        })
    }

    /// Whether the container reads the files of volumes by the pod's group: it has one and starts as no root, which
    /// programs leave without their groups.
    fn reads_by_group(&self, container: &Container<'a>) -> bool {
        let group = self.pod.field("securityContext/fsGroup").as_i64();
        let user = starting_user(self.pod, container, &self.pod.image_of(container));
        group.is_some() && user.is_some_and(|user| user > 0)
    }
}

/// A folder for a Secret that is neither in a mount nor above one.
fn free_folder(container: &Container<'_>, secret: &str, taken: &[String]) -> String {
    let within =
        |path: &str, root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    let mounts = container.mounts();
    let free = |folder: &str| {
        let stated = mounts.iter().map(|mount| mount.path.trim_end_matches('/'));
        !stated.chain(taken.iter().map(String::as_str)).any(|path| within(folder, path) || within(path, folder))
    };
    let name = label(secret);
    let more = (2..100).map(|number| format!("/secrets-{number}"));
    let mut folders = FOLDERS.map(str::to_owned).into_iter().chain(more).map(|root| format!("{root}/{name}"));
    folders.find(|folder| free(folder)).unwrap_or_else(|| format!("{}/{name}", FOLDERS[0]))
}
