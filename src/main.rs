//! The `kubectl-harden` binary: read the words, run the verb, end with its exit code.

#![allow(clippy::disallowed_methods)] // The process' words come in here.

use kubectl_harden::{cli, command};
use std::process::ExitCode;

/// A large run makes and drops millions of small values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    command::quiet_panics();
    let exit = match cli::parse(std::env::args_os()) {
        Ok(invocation) => command::run(&invocation),
        Err(stop) => command::stop(&stop),
    };
    ExitCode::from(exit.code())
}
