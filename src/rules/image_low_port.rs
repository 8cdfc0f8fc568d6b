//! # What it checks
//!
//! Where the image was read (`--image-source`, `--inspect-images`): it EXPOSEs no port below 1024 while its program runs
//! as an ordinary user, unless the pod opens such ports to everybody (`net.ipv4.ip_unprivileged_port_start`). A container
//! that states root, and one whose image runs as root without the manifest saying otherwise, may open any port.
//!
//! # Why
//!
//! Without that setting only root, or a program file with a capability of its own, opens a port below 1024. Some runtimes
//! set it by themselves, others do not: the same manifest then works on one cluster and not on the next.
//!
//! # What it changes
//!
//! Nothing: which port the program really opens stands in its configuration.
//!
//! # What can break
//!
//! Nothing.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   sysctls:
//!     - name: net.ipv4.ip_unprivileged_port_start
//!       value: "0"
//! ```

use super::findings::or_except;
use super::{Check, Findings, Matter, Rule, Severity, Stage, Standard};
use crate::image::Contents;
use crate::workload::{Container, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-low-port",
    title: "the image opens a port below 1024 as an ordinary user",
    severity: Severity::Low,
    matter: Matter::Image,
    mends: "",
    risks: &[],
    standards: &[Standard::Nsa("Non-root containers and rootless container engines")],
    parameters: &[],
    stage: Stage::Files,
    check: Check::Pod(check),
};

/// The first port that everybody may open, unless the kernel is told otherwise.
const UNPRIVILEGED: i64 = 1024;

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    let first = first_open_port(pod);
    for container in pod.containers() {
        let Some(contents) = pod.image_of(container).contents else { continue };
        let low: Vec<String> =
            contents.config.ports.iter().filter(|port| i64::from(**port) < first).map(u16::to_string).collect();
        if low.is_empty() || is_root(pod, container, &contents) || is_capable(&contents) {
            continue;
        }
        let plural = if low.len() == 1 { "" } else { "s" };
        let reason =
            format!("it exposes the port{plural} {}, which an ordinary user may not open everywhere", low.join(", "));
        let decision = "let it listen on a port above 1023 (EXPOSE, containerPort and targetPort follow), or set the sysctl \
                        `net.ipv4.ip_unprivileged_port_start` to \"0\" on the pod";
        found.at(&container.field("image")).because(reason).decide(or_except(RULE.id, decision));
    }
}

/// The first port that everybody may open in the pod.
fn first_open_port(pod: &Pod<'_>) -> i64 {
    let sysctls = pod.field("securityContext/sysctls").items();
    let ours = sysctls.iter().find(|item| item.field("name").as_str() == Some("net.ipv4.ip_unprivileged_port_start"));
    ours.and_then(|item| item.field("value").as_str()?.parse().ok()).unwrap_or(UNPRIVILEGED)
}

fn is_root(pod: &Pod<'_>, container: &Container<'_>, contents: &Contents) -> bool {
    match pod.user_of(container) {
        Some(user) => user == 0,
        None => matches!(contents.config.user.split(':').next(), None | Some("" | "0" | "root")),
    }
}

/// Whether a program of the image may open low ports by a capability of its file.
fn is_capable(contents: &Contents) -> bool {
    let mut programs = contents.files.iter().flat_map(|files| files.programs.values());
    programs.any(|program| program.caps.iter().any(|cap| cap == "NET_BIND_SERVICE"))
}
