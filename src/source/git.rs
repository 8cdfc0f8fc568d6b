//! Whether git keeps a file, or would with the next `git add`.

use std::path::Path;
use std::process::{Command, Stdio};

/// Why a file is none for secrets; `None` where git does not keep it. Where git cannot be asked, every file in a work
/// tree counts as kept.
pub fn keeps(path: &Path) -> Option<&'static str> {
    // What is written is the file that a link leads to; one that leads nowhere is not written.
    let target = path.is_symlink().then(|| path.canonicalize().ok()).flatten();
    let path = target.as_deref().unwrap_or(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name()?;
    let folder = folder.canonicalize().ok()?;
    let ask = |words: &[&str]| {
        let mut git = Command::new("git");
        // A hook's own variables would speak of another work tree.
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            git.env_remove(variable);
        }
        git.arg("-C").arg(&folder).args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let file = !words.contains(&"rev-parse");
        if file { git.arg("--").arg(name) } else { &mut git }.status().ok()?.code()
    };
    let in_work_tree = folder.ancestors().any(|folder| folder.join(".git").exists());
    if ask(&["rev-parse", "--is-inside-work-tree"]) != Some(0) {
        return in_work_tree.then_some("it lies in a git work tree, and git cannot be asked whether it is ignored");
    }
    // The name of a file is no pattern.
    if ask(&["--literal-pathspecs", "ls-files", "--error-unmatch"]) == Some(0) {
        return Some("git keeps it");
    }
    (ask(&["check-ignore", "-q"]) != Some(0)).then_some("git would keep it: it is not ignored (.gitignore)")
}
