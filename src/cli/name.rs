//! How the user calls us: as a plugin of kubectl or as a program of our own.

use std::ffi::OsStr;
use std::path::Path;

/// The command's name for help and hints.
///
/// kubectl starts a plugin by the full path it found on PATH (and newer ones set `KUBECTL_PATH`), a shell by the name
/// that was typed. So `/usr/local/bin/kubectl-harden` is `kubectl harden`, while `kubectl-harden` and
/// `target/debug/kubectl-harden` stay what the user can type again. In a plugin's file name a hyphen separates words
/// and an underscore stands for a hyphen.
pub(super) fn shown(argv0: &OsStr, from_kubectl: bool) -> String {
    let path = Path::new(argv0);
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = file.strip_suffix(".exe").unwrap_or(&file).to_owned();
    match file.strip_prefix("kubectl-") {
        Some(plugin) if from_kubectl || path.is_absolute() => {
            format!("kubectl {}", plugin.replace('-', " ").replace('_', "-"))
        }
        _ if file.is_empty() => "kubectl-harden".to_owned(),
        _ if path.components().count() > 1 && !path.is_absolute() => path.to_string_lossy().into_owned(),
        _ => file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_starts_plugins_by_their_full_path() {
        let shown = |argv0: &str| shown(OsStr::new(argv0), false);
        assert_eq!(shown("/usr/local/bin/kubectl-harden"), "kubectl harden");
        assert_eq!(shown("/krew/bin/kubectl-harden_workload"), "kubectl harden-workload");
        assert_eq!(shown("kubectl-harden"), "kubectl-harden");
        assert_eq!(shown("target/debug/kubectl-harden"), "target/debug/kubectl-harden");
        assert_eq!(shown("/opt/harden"), "harden");
        assert_eq!(shown(""), "kubectl-harden");
    }

    #[test]
    fn a_kubectl_that_says_so_is_believed() {
        assert_eq!(shown(OsStr::new("kubectl-harden"), true), "kubectl harden");
    }
}
