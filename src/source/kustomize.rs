//! Build a kustomization. There is no implementation of it in Rust worth having, so kubectl does it.

use super::file::{bounded, too_large};
use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::{Command, Stdio};

/// How much of kubectl's complaint is kept, in bytes.
const COMPLAINT: u64 = 16 << 10;

/// What `kubectl kustomize FOLDER` prints. `Err` is a message for the user.
pub(super) fn build(folder: &Path, limit: u64) -> Result<Vec<u8>, String> {
    // kubectl names itself to its plugins; a version before 1.37 does not.
    let named = std::env::var_os("KUBECTL_PATH").filter(|path| !path.is_empty());
    let program = named.unwrap_or_else(|| OsString::from("kubectl"));
    let mut child = Command::new(&program)
        .arg("kustomize")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => format!(
                "-k needs kubectl, and {} was not found; install kubectl, or set KUBECTL_PATH to it",
                program.display()
            ),
            _ => format!("{} cannot be run: {error}", program.display()),
        })?;
    let complaint = child.stderr.take().map(|stderr| std::thread::spawn(move || complaint(stderr)));
    let output = child.stdout.take().map(|stdout| bounded(stdout, 0, limit)).transpose();
    if matches!(output, Ok(Some(None)) | Err(_)) {
        // It would write on for ever. A failure to kill means that it has ended.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| format!("kubectl cannot be waited for: {error}"))?;
    let complaint = complaint.and_then(|thread| thread.join().ok()).unwrap_or_default();
    match output {
        Ok(Some(None)) => Err(too_large(None, limit)),
        Err(error) => Err(format!("the output of kubectl cannot be read: {error}")),
        Ok(_) if !status.success() => Err(match without_literals(plain(&complaint)) {
            text if text.is_empty() => format!("could not be built: kubectl ended with {status}"),
            text => format!("could not be built: {text}"),
        }),
        Ok(output) => Ok(output.flatten().unwrap_or_default()),
    }
}

/// A complaint without what kubectl puts around it: `error: ` or the head of its log, with the error as a quoted value.
fn plain(complaint: &str) -> String {
    let complaint = complaint.trim();
    let complaint = complaint.strip_prefix("error: ").unwrap_or(complaint);
    let Some((head, rest)) = complaint.split_once("] ") else { return complaint.to_owned() };
    // `E1124 16:01:06.206661   21895 run.go:72] "command failed" err="..."`
    let is_log = head.starts_with(['E', 'F', 'W', 'I']) && head[1..].starts_with(|c: char| c.is_ascii_digit());
    match rest.split_once(" err=\"") {
        _ if !is_log => complaint.to_owned(),
        Some((_, error)) => error.strip_suffix('"').unwrap_or(error).replace("\\\"", "\"").replace("\\n", "\n"),
        None => rest.to_owned(),
    }
}

/// A complaint about a literal quotes it, and it may be that of a Secret.
fn without_literals(complaint: String) -> String {
    match complaint.find("literal source") {
        Some(at) => format!("{}a literal source does not read like key=value", &complaint[..at]),
        None => complaint,
    }
}

/// The beginning of what is said; the rest is read too, lest the speaker blocks.
fn complaint(mut stderr: impl Read) -> String {
    let mut bytes = Vec::new();
    // Whatever came before a failure to read is still worth showing.
    let _ = stderr.by_ref().take(COMPLAINT).read_to_end(&mut bytes);
    let _ = std::io::copy(&mut stderr, &mut std::io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{plain, without_literals};

    #[test]
    fn a_literal_is_not_quoted() {
        let told = "loading KV pairs: literal sources [pin:4812]: invalid literal source pin:4812, expected key=value";
        let shown = "loading KV pairs: a literal source does not read like key=value";
        assert_eq!(without_literals(told.to_owned()), shown);
        assert_eq!(without_literals("accumulating resources".to_owned()), "accumulating resources");
    }

    #[test]
    fn a_complaint_is_shown_without_the_head_of_a_log() {
        let log = "E1124 16:01:06.206661   21895 run.go:72] \"command failed\" err=\"no \\\"x\\\" in [a] b\"\n";
        assert_eq!(plain(log), "no \"x\" in [a] b");
        assert_eq!(plain("error: [a] b\n"), "[a] b");
        assert_eq!(plain("E1124 1:2 1 run.go:72] failed"), "failed");
        assert_eq!(plain(""), "");
    }
}
