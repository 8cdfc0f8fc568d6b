//! Paths of the node, by what they give away.

use crate::rules::Severity;
use crate::workload::{Field, Pod};

/// What a volume of the node is worth to whoever is in the container.
pub(in crate::rules) struct NodePath {
    /// What is wrong, a clause.
    pub(in crate::rules) reason: String,
    /// How bad that is, where it is not what such volumes are as a rule.
    pub(in crate::rules) severity: Option<Severity>,
    /// What a person can do instead.
    pub(in crate::rules) way_out: &'static str,
}

/// Sockets of container runtimes, by their end. A mount that is read-only does not shut a socket.
const RUNTIMES: [&str; 4] = ["/docker.sock", "/containerd.sock", "/crio.sock", "/podman.sock"];
/// Directories that programs of the node's root are started from, configured by, or hold credentials in.
const OPEN: &[&str] = &[
    "",
    "/bin",
    "/boot",
    "/etc",
    "/etc/kubernetes",
    "/etc/kubernetes/manifests",
    "/etc/kubernetes/pki",
    "/etc/systemd",
    "/lib",
    "/lib/systemd",
    "/root",
    "/run",
    "/sbin",
    "/usr",
    "/usr/bin",
    "/usr/local/bin",
    "/usr/sbin",
    "/var",
    "/var/lib",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/run",
];
/// Files that everybody may know, by their beginning, and what takes their place.
const PUBLIC: &[(&str, &str)] = &[
    ("/etc/localtime", "state the time zone in the variable `TZ`, whose names most images know"),
    ("/etc/timezone", "state the time zone in the variable `TZ`, whose names most images know"),
    ("/usr/share/zoneinfo", "state the time zone in the variable `TZ`, or take an image that has the table of zones"),
    ("/etc/ssl/certs", "take the certificates from the image, or from a configMap"),
    ("/etc/pki", "take the certificates from the image, or from a configMap"),
    ("/usr/share/ca-certificates", "take the certificates from the image, or from a configMap"),
];
const OWN: &str = "choose a volume that belongs to the pod (persistentVolumeClaim, emptyDir, configMap)";

/// Judge the `hostPath` of a volume. `reason` is what is wrong with any.
pub(in crate::rules) fn judge(pod: &Pod<'_>, volume: &Field<'_>, reason: impl Fn(&str) -> String) -> NodePath {
    let stated = volume.field("hostPath/path").as_str().unwrap_or("a path of the node");
    let path = stated.trim_end_matches('/');
    if RUNTIMES.iter().any(|socket| path.ends_with(socket)) {
        let reason = format!("{stated} is the socket of a container runtime: whoever reaches it is root on the node");
        return NodePath { reason, severity: Some(Severity::Critical), way_out: RUNTIME };
    }
    let read_only = is_read_only(pod, volume.field("name").as_str().unwrap_or_default());
    if OPEN.contains(&path) && stated.starts_with('/') && !read_only {
        let reason = format!("it can write {stated} of the node, from which root's programs are run or configured");
        return NodePath { reason, severity: Some(Severity::Critical), way_out: OWN };
    }
    match PUBLIC.iter().find(|(public, _)| path.strip_prefix(public).is_some_and(is_end)).filter(|_| read_only) {
        Some((_, way_out)) => NodePath { reason: reason(stated), severity: Some(Severity::Low), way_out },
        None => NodePath { reason: reason(stated), severity: None, way_out: OWN },
    }
}

const RUNTIME: &str = "build images without a runtime (buildah, rootless buildkit) and ask the API server about pods";

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// Whether no container can write a volume.
fn is_read_only(pod: &Pod<'_>, name: &str) -> bool {
    let mut mounts = pod.containers().iter().flat_map(|container| container.mounts());
    mounts.all(|mount| mount.volume != name || mount.is_read_only)
}
