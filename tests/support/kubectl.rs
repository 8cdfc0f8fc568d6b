//! The real `kubectl` as judge of what a manifest says, where it is installed. It needs no cluster for this.

use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

/// Whether there is a `kubectl`; says so when there is none.
pub(crate) fn present(test: &str) -> bool {
    let found = Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|out| out.status.success());
    if !found {
        eprintln!("{test}: skipped, no kubectl on PATH");
    }
    found
}

/// What kubectl reads in one document: `Err` is its message.
pub(crate) fn read(manifest: &str) -> Result<Value, String> {
    let mut child = Command::new("kubectl")
        .args(["annotate", "--local", "-o", "json", "-f", "-", "kubectl-harden.dev/seen=1"])
        .env("KUBECONFIG", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kubectl starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let text = manifest.to_owned();
    // A thread of its own: kubectl may answer before it has read everything.
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(text.as_bytes());
    });
    let out = child.wait_with_output().expect("kubectl ends");
    writer.join().expect("the writer ends");
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into_owned());
    }
    serde_json::from_slice(&out.stdout).map_err(|error| error.to_string())
}
