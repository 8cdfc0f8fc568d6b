//! The `kubectl-harden` binary.

fn main() {}
