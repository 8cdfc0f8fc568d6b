//! Every rule there is, sorted by id.

use super::Rule;

/// Name the rules once: their constant and their source, from which the documentation is read.
macro_rules! registry {
    ($($module:ident),* $(,)?) => {
        /// All rules, sorted by id.
        pub static REGISTRY: &[&Rule] = &[$(&super::$module::RULE),*];
        const SOURCES: &[&str] = &[$(include_str!(concat!(stringify!($module), ".rs"))),*];
    };
}

registry! {
    allow_privilege_escalation,
    app_armor_profile,
    capabilities,
    capabilities_baseline,
    host_aliases,
    host_namespaces,
    host_path_volumes,
    host_ports,
    host_probes,
    image_digest,
    image_low_port,
    image_pull_policy,
    image_registry,
    image_root_user,
    image_secrets,
    image_setuid,
    image_tag,
    image_world_writable,
    init_chown,
    limits,
    literal_secrets,
    network_policies,
    pod_disruption,
    privileged,
    probes_present,
    proc_mount,
    proc_mount_restricted,
    read_only_root,
    removed_api_version,
    restricted_volumes,
    run_as_non_root,
    run_as_user,
    se_linux_options,
    seccomp_profile,
    seccomp_profile_baseline,
    secret_mounts,
    secrets_as_files,
    service_account,
    service_account_token,
    share_process_namespace,
    sysctls,
    topology,
    windows_host_process,
}

/// The rule with this id.
pub fn by_id(id: &str) -> Option<&'static Rule> {
    REGISTRY.iter().copied().find(|rule| rule.id == id)
}

/// The user's documentation of a rule, as Markdown: its module doc.
pub fn documentation(rule: &Rule) -> String {
    let source = REGISTRY.iter().position(|other| other.id == rule.id).map_or("", |index| SOURCES[index]);
    source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}
