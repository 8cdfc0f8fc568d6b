//! A real registry (`docker-registry` of Debian) on loopback, and images in it.

use crate::build::{Parts, sha256};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A registry that ends with its test.
pub(crate) struct Registry {
    pub(crate) host: String,
    child: Child,
    _place: TempDir,
}

/// Who may read a registry that wants to know.
pub(crate) const USER: &str = "reader";
pub(crate) const PASSWORD: &str = "canary-password";
/// `USER:PASSWORD` as `htpasswd -B` writes it.
const HTPASSWD: &str = "reader:$2y$05$abcdefghijklmnopqrstuuTvmw3qcMpAvEgQGhbFMhqjD3R/evDDW\n";

impl Registry {
    /// `None`, with a message, where there is no such program.
    pub(crate) fn start(with_log_in: bool) -> Option<Self> {
        let place = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = format!("127.0.0.1:{port}");
        let mut config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '{host}'}}\n",
            place.path().join("data").display()
        );
        if with_log_in {
            let path = place.path().join("htpasswd");
            std::fs::write(&path, HTPASSWD).unwrap();
            config.push_str(&format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", path.display()));
        }
        let path = place.path().join("config.yml");
        std::fs::write(&path, config).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = match command.spawn() {
            Ok(child) => child,
            Err(_) => {
                println!("skipped: there is no docker-registry on this machine");
                return None;
            }
        };
        let registry = Self { host, child, _place: place };
        let begun = Instant::now();
        while std::net::TcpStream::connect(&registry.host).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the registry does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(registry)
    }

    /// Put an image under `repository:tag`; gives the digest of its manifest.
    pub(crate) fn push(&self, repository: &str, tag: &str, parts: &Parts, log_in: bool) -> String {
        for blob in &parts.blobs {
            let begun = self.send("POST", &format!("/v2/{repository}/blobs/uploads/"), "", &[], log_in);
            let location = begun.headers().get("location").unwrap().to_str().unwrap();
            let path = location.split_once("://").map_or(location, |(_, rest)| &rest[rest.find('/').unwrap()..]);
            let mark = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{mark}digest={}", sha256(blob));
            assert_eq!(self.send("PUT", &path, "application/octet-stream", blob, log_in).status(), 201);
        }
        let kind = "application/vnd.oci.image.manifest.v1+json";
        self.put_manifest(repository, tag, kind, &parts.manifest, log_in)
    }

    pub(crate) fn put_manifest(&self, repository: &str, tag: &str, kind: &str, json: &[u8], log_in: bool) -> String {
        let answer = self.send("PUT", &format!("/v2/{repository}/manifests/{tag}"), kind, json, log_in);
        assert_eq!(answer.status(), 201, "{answer:?}");
        sha256(json)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: &[u8],
        log_in: bool,
    ) -> ureq::http::Response<ureq::Body> {
        use base64::Engine;
        let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.host));
        if !kind.is_empty() {
            request = request.header("Content-Type", kind);
        }
        if log_in {
            let pair = base64::prelude::BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
            request = request.header("Authorization", format!("Basic {pair}"));
        }
        let agent = ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().new_agent();
        agent.run(request.body(body).unwrap()).unwrap()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file of log-ins for a host.
pub(crate) fn log_in_file(path: &Path, host: &str, user: &str, password: &str) {
    use base64::Engine;
    let auth = base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!(r#"{{"auths": {{"{host}": {{"auth": "{auth}"}}}}}}"#)).unwrap();
}
