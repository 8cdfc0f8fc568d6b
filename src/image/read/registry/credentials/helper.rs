//! Credential helpers: `docker-credential-NAME get`, with the registry on its standard input.

use super::Secret;
use serde::Deserialize;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A helper may ask a person; but not for ever.
const TIME: Duration = Duration::from_secs(60);
const SIZE: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// The secret for a registry; `None` when the helper has none. `Err` says what is wrong with it and nothing it printed.
pub(super) fn ask(name: &str, server: &str) -> Result<Option<Secret>, String> {
    let program = format!("docker-credential-{name}");
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Err("a credential helper has a name that is none".to_owned());
    }
    let child =
        Command::new(&program).arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.map_err(|error| format!("{program} does not start: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not read says so by its exit code.
        let _ = writeln!(input, "{server}");
    }
    let (send, receive) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut answer = Vec::new();
            let read = output.take(SIZE).read_to_end(&mut answer);
            let _ = send.send(read.map(|_| answer));
        });
    }
    let Ok(Ok(answer)) = receive.recv_timeout(TIME) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("{program} does not answer"));
    };
    // Its answer is complete: whatever it still does is of no use.
    let _ = child.kill();
    let _ = child.wait();
    let Ok(answer) = serde_json::from_slice::<Answer>(&answer) else {
        let unknown = String::from_utf8_lossy(&answer).contains("credentials not found");
        return if unknown { Ok(None) } else { Err(format!("{program} gives no answer")) };
    };
    Ok(Some(match answer.username.as_str() {
        "<token>" => Secret::Identity(answer.secret),
        _ => Secret::Password { user: answer.username, password: answer.secret },
    }))
}
