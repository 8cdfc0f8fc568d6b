//! `completion`: scripts for the shells.

use clap::{Args, ValueEnum};

/// The words of `completion`.
#[derive(Debug, Args)]
#[command(after_help = "\
'kubectl' prints a script for the file kubectl_complete-harden: made executable and put on PATH, it lets kubectl \
complete 'kubectl harden'. The others complete the binary itself.

Examples:
  # For kubectl
  kubectl harden completion kubectl > ~/.local/bin/kubectl_complete-harden
  chmod +x ~/.local/bin/kubectl_complete-harden

  # For the binary in bash
  source <(kubectl-harden completion bash)")]
pub struct CompletionArgs {
    /// bash, zsh, fish, powershell or kubectl
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    pub shell: Shell,
}

/// Who asks for candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU bash.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
    /// PowerShell.
    Powershell,
    /// kubectl, for its plugins.
    Kubectl,
}
