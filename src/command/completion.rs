//! `completion`: scripts for the shells, and the shim through which kubectl asks us.

use super::{Console, Exit};
use crate::cli::{COMPLETE, Shell, definition};
use clap_complete::Shell as Script;

/// The binary's own name, which the scripts are for.
const BINARY: &str = "kubectl-harden";

pub(super) fn run(shell: Shell, console: &mut Console) -> anyhow::Result<Exit> {
    let text = match shell {
        Shell::Kubectl => format!("#!/bin/sh\nexec {BINARY} {COMPLETE} \"$@\"\n"),
        Shell::Bash => script(Script::Bash),
        Shell::Zsh => script(Script::Zsh),
        Shell::Fish => script(Script::Fish),
        Shell::Powershell => script(Script::PowerShell),
    };
    console.data(&text)?;
    Ok(Exit::Done)
}

fn script(shell: Script) -> String {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut definition(BINARY), BINARY, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
