//! Pulls images from registries: the OCI distribution specification, its reading half.
//!
//! Nobody but the registry itself, and the token server that it names, is ever sent a secret, and no message holds one.

mod challenge;
mod credentials;
mod http;

use super::archive::bounded;
use super::blobs::Blobs;
use super::manifest::{ACCEPTED, Image, Manifest, choose};
use super::{Digest, Limits, Platform, Trouble};
use crate::image::Reference;
use challenge::Challenge;
use credentials::{Credential, Credentials};
use http::{Authorization, Http};
use serde::Deserialize;
use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;
use ureq::Body;
use ureq::http::{Method, Response, StatusCode, Uri};

/// The header that says which digest a manifest has.
const CONTENT_DIGEST: &str = "Docker-Content-Digest";

/// How registries are talked to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A file of credentials that counts before all others.
    pub credentials: Option<PathBuf>,
    /// Hosts (with their ports) that are asked without TLS. This machine itself always is.
    pub plain_http: Vec<String>,
    /// A PEM file of the certificates that are trusted in place of those built in.
    pub certificates: Option<PathBuf>,
    /// How long a connection may take, and an answer three times as long.
    pub patience: Duration,
    /// How long one request may take, its data included.
    pub time: Duration,
}

/// The registries of a run.
pub(super) struct Registries {
    http: Http,
    credentials: Credentials,
    /// Hosts that could not be reached: nobody waits for them twice.
    lost: Mutex<HashMap<String, Trouble>>,
}

impl Registries {
    /// `Err` is a message for the user: a file that he named cannot be used.
    pub(super) fn new(settings: &Settings) -> Result<Self, String> {
        let credentials = Credentials::new(settings.credentials.as_deref())?;
        Ok(Self { http: Http::new(settings)?, credentials, lost: Mutex::default() })
    }

    /// An image's repository.
    pub(super) fn repository(&self, reference: &Reference) -> Repository<'_> {
        let host = reference.registry();
        // Docker Hub's registry has a name of its own.
        let authority = if host == "docker.io" { "registry-1.docker.io" } else { host };
        Repository {
            registries: self,
            host: host.to_owned(),
            base: format!("{}://{authority}/v2/{}", self.http.scheme(authority), reference.path()),
            path: reference.path().to_owned(),
            secret: Mutex::default(),
        }
    }
}

/// A repository, and what proves that we may read it.
pub(super) struct Repository<'r> {
    registries: &'r Registries,
    host: String,
    base: String,
    path: String,
    secret: Mutex<Option<Authorization>>,
}

impl Repository<'_> {
    /// What a tag or a digest names, an index or a manifest, and its digest.
    pub(super) fn named(&self, name: &str, limits: &Limits) -> Result<(Digest, Manifest), Trouble> {
        let answer = self.get(&format!("manifests/{name}"), &ACCEPTED.join(", "))?;
        let json = bounded(answer.into_body().into_reader(), limits.json)?;
        let json = match Digest::parse(name) {
            Some(digest) => digest.verify(json)?,
            None => json,
        };
        Ok((Digest::of(&json), Manifest::parse(&json, limits)?))
    }

    /// The manifest for a platform, and its digest: what is named, or what the index that is named has for it.
    pub(super) fn image(
        &self,
        named: (Digest, Manifest),
        platform: &Platform,
        limits: &Limits,
    ) -> Result<(Digest, Image), Trouble> {
        let (mut digest, mut manifest) = named;
        for _ in 0..4 {
            let images = match manifest {
                Manifest::Image(image) => return Ok((digest, image)),
                Manifest::Index(images) => images,
            };
            (digest, manifest) = self.named(choose(&images, platform)?.digest()?.as_str(), limits)?;
        }
        Err(Trouble::refused("its indexes name one another"))
    }

    /// Make sure that the registry still says that a tag names this digest: some answer another one each time.
    pub(super) fn confirm(&self, tag: &str, digest: &Digest, limits: &Limits) -> Result<(), Trouble> {
        // Registries that count what is pulled do not count a HEAD. Some know none, or leave the digest out.
        let head = self.ask(Method::HEAD, &format!("manifests/{tag}"), &ACCEPTED.join(", ")).ok();
        let told = head.and_then(|answer| Digest::parse(answer.headers().get(CONTENT_DIGEST)?.to_str().ok()?));
        let again = match told {
            Some(told) => told,
            None => self.named(tag, limits)?.0,
        };
        if again == *digest {
            return Ok(());
        }
        Err(Trouble::refused(format!("{} named two digests for its tag, asked twice", self.host)))
    }

    /// Ask for something of the repository, and prove who we are when asked back.
    fn get(&self, path: &str, accept: &str) -> Result<Response<Body>, Trouble> {
        if let Some(trouble) = self.registries.lost.lock().ok().and_then(|lost| lost.get(&self.host).cloned()) {
            return Err(trouble);
        }
        let answer = self.ask(Method::GET, path, accept);
        if let Err(trouble @ (Trouble::Unreachable { .. } | Trouble::Tls { .. })) = &answer
            && let Ok(mut lost) = self.registries.lost.lock()
        {
            lost.insert(self.host.clone(), trouble.clone());
        }
        answer
    }

    fn ask(&self, method: Method, path: &str, accept: &str) -> Result<Response<Body>, Trouble> {
        let url = format!("{}/{path}", self.base);
        let url: Uri = url.parse().map_err(|_| Trouble::NotFound(self.host.clone()))?;
        let http = &self.registries.http;
        let secret = self.secret.lock().ok().and_then(|secret| secret.clone());
        let mut answer = http.ask(&method, &self.host, &url, accept, secret.as_ref())?;
        let mut known = None;
        if answer.status() == StatusCode::UNAUTHORIZED {
            let challenges = answer.headers().get_all("www-authenticate");
            let challenge = challenges.iter().find_map(|header| Challenge::parse(header.to_str().ok()?));
            let challenge = challenge.ok_or_else(|| self.refused("it does not say how to log in"))?;
            let credential = self.registries.credentials.of(&self.host, &self.path);
            let secret = self.log_in(&challenge, credential.as_ref())?;
            answer = http.ask(&method, &self.host, &url, accept, Some(&secret))?;
            if let Ok(mut slot) = self.secret.lock() {
                *slot = Some(secret);
            }
            known = Some(credential.map(|credential| credential.origin));
        }
        match answer.status() {
            status if status.is_success() => Ok(answer),
            StatusCode::NOT_FOUND => Err(Trouble::NotFound(self.host.clone())),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(match known {
                Some(Some(origin)) => self.refused(&format!("it refuses the credentials of {origin}")),
                _ => self.refused("it does not exist, or a log-in is needed"),
            }),
            status => Err(Trouble::Unreachable { host: self.host.clone(), why: format!("it answered {status}") }),
        }
    }

    fn refused(&self, why: &str) -> Trouble {
        let advice = self.registries.credentials.trouble().map(|trouble| format!(" ({trouble})")).unwrap_or_default();
        Trouble::Unauthorised { host: self.host.clone(), why: format!("{why}{advice}") }
    }

    /// What a challenge asks for.
    fn log_in(&self, challenge: &Challenge, credential: Option<&Credential>) -> Result<Authorization, Trouble> {
        let Challenge::Bearer { realm, service, scope } = challenge else {
            return match credential.map(Credential::basic) {
                Some(Some(basic)) => Ok(basic),
                _ => Err(self.refused("it needs a log-in")),
            };
        };
        let http = &self.registries.http;
        let url: Option<Uri> = realm.parse().ok();
        let url = url.filter(|url| url.authority().is_some() && http.is_safe(url));
        let url = url.ok_or_else(|| self.refused("its token server cannot be asked safely"))?;
        let scope = scope.clone().unwrap_or_else(|| format!("repository:{}:pull", self.path));
        let service = service.as_deref().unwrap_or_default();
        let answer = match credential.and_then(Credential::identity_token) {
            Some(token) => http.post(
                &self.host,
                &url,
                &[
                    ("grant_type", "refresh_token"),
                    ("service", service),
                    ("client_id", "kubectl-harden"),
                    ("scope", &scope),
                    ("refresh_token", token),
                ],
            ),
            None => {
                let mark = if url.query().is_some() { '&' } else { '?' };
                let query = format!("{mark}service={}&scope={}", escaped(service), escaped(&scope));
                let url =
                    format!("{url}{query}").parse().map_err(|_| self.refused("its token server has no address"))?;
                let basic = credential.and_then(Credential::basic);
                http.ask(&Method::GET, &self.host, &url, "application/json", basic.as_ref())
            }
        }?;
        if !answer.status().is_success() {
            return Err(match credential {
                Some(credential) => self.refused(&format!("it refuses the credentials of {}", credential.origin)),
                None => self.refused("it does not exist, or a log-in is needed"),
            });
        }
        #[derive(Deserialize)]
        struct Answer {
            token: Option<String>,
            access_token: Option<String>,
        }
        let json = bounded(answer.into_body().into_reader(), 1 << 20)?;
        let answer: Option<Answer> = serde_json::from_slice(&json).ok();
        let token = answer.and_then(|answer| answer.token.or(answer.access_token)).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| self.refused("its token server gives no token"))?;
        Ok(Authorization(format!("Bearer {token}")))
    }
}

impl Blobs for Repository<'_> {
    fn open(&self, digest: &Digest) -> Result<Box<dyn Read + '_>, Trouble> {
        let answer = self.get(&format!("blobs/{digest}"), "*/*")?;
        Ok(Box::new(answer.into_body().into_with_config().limit(u64::MAX).reader()))
    }
}

/// A value within a query.
fn escaped(value: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b',');
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
