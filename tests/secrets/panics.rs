//! A panic tells its place and not its message. The test starts itself once more, to panic there.

use super::CANARY;
use std::process::Command;

const CHILD: &str = "KUBECTL_HARDEN_TEST_PANICS";

fn stderr_of(mode: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "panics::the_message_is_not_told", "--nocapture"])
        .env(CHILD, mode)
        .env("RUST_BACKTRACE", "full")
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_message_is_not_told() {
    match std::env::var(CHILD).as_deref() {
        Ok(mode) => {
            if mode == "quiet" {
                kubectl_harden::command::quiet_panics();
            }
            let value = serde_json::json!({ "password": format!("{CANARY}panic") });
            panic!("unexpected {value:?}");
        }
        Err(_) => {
            let told = stderr_of("quiet");
            assert!(told.contains("error: a bug, at tests/secrets/panics.rs:") && !told.contains(CANARY), "{told}");
            assert!(stderr_of("loud").contains(CANARY));
        }
    }
}
