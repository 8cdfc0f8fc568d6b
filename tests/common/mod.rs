//! The binary as a user starts it, in a directory of its own and an environment without surprises.

// Each test program uses its own part of this.
#![allow(dead_code, unreachable_pub)]

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// A Deployment that every profile but `privileged` has something to say about.
pub const WEB: &str = "\
# The shop's front end.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: web
          image: nginx:1.27 # pinned
";

/// The same Deployment as every profile wants it.
pub const FINE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: fine
  namespace: shop
spec:
  template:
    spec:
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: web
          image: nginx:1.27
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: [ALL]
            readOnlyRootFilesystem: true
          resources:
            requests: { cpu: 50m }
            limits: { memory: 512Mi, ephemeral-storage: 1Gi }
          volumeMounts:
            - { name: run, mountPath: /run }
            - { name: cache, mountPath: /var/cache/nginx }
            - { name: tmp, mountPath: /tmp }
      volumes:
        - { name: run, emptyDir: {} }
        - { name: cache, emptyDir: {} }
        - { name: tmp, emptyDir: {} }
";

/// A directory for one test.
pub struct Place {
    dir: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Write a file, its directories included.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8(std::fs::read(self.path().join(name)).unwrap()).unwrap()
    }

    /// The binary, started as kubectl starts a plugin: by its full path.
    pub fn harden(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kubectl-harden"));
        command.env_clear().current_dir(self.path());
        for kept in ["PATH", "HOME", "TMPDIR", "SYSTEMROOT", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
    }

    /// Run the binary with these words.
    pub fn run(&self, line: &str) -> Ran {
        ran(self.harden().args(line.split_whitespace()).output().unwrap())
    }

    /// Run the binary with these words and this standard input.
    pub fn run_with(&self, line: &str, input: &str) -> Ran {
        ran(self.harden().args(line.split_whitespace()).write_stdin(input).output().unwrap())
    }

    /// Run another program here; `None` when this machine has none.
    pub fn tool(&self, program: &str, args: &[&str], input: &[u8]) -> Option<Ran> {
        let mut command = Command::new(program);
        command.current_dir(self.path()).args(args).write_stdin(input);
        // git must not find a repository or a configuration outside of this directory.
        command.env("GIT_CEILING_DIRECTORIES", self.path().parent().unwrap());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        match command.output() {
            Ok(output) => Some(ran(output)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("skipped: there is no {program} on this machine");
                None
            }
            Err(error) => panic!("{program}: {error}"),
        }
    }
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
