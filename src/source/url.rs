//! Fetch a manifest over http or https, within limits of size, time and attempts.
//!
//! `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` count. An `https` address never leads to one without TLS.

use super::Limits;
use super::file::{bounded, too_large};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Why an attempt failed, and whether another may do better.
struct Failure {
    message: String,
    passing: bool,
}

/// The body of the answer. `Err` is a message for the user.
pub(super) fn fetch(url: &str, limits: &Limits) -> Result<Vec<u8>, String> {
    let deadline = Instant::now() + limits.url_time;
    let mut attempt = 1;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let failure = match try_once(url, limits.url, left) {
            Ok(bytes) => return Ok(bytes),
            Err(failure) => failure,
        };
        let time_for_another = Instant::now() + limits.url_pause < deadline;
        if !failure.passing {
            return Err(failure.message);
        }
        if attempt == Limits::URL_ATTEMPTS || !time_for_another {
            let plural = if attempt == 1 { "" } else { "s" };
            return Err(format!("{} (after {attempt} attempt{plural})", failure.message));
        }
        sleep(limits.url_pause);
        attempt += 1;
    }
}

fn try_once(url: &str, limit: u64, time: Duration) -> Result<Vec<u8>, Failure> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(time))
        .https_only(url.starts_with("https://"))
        .http_status_as_error(false)
        .user_agent(concat!("kubectl-harden/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut answer = agent.get(url).call().map_err(failure)?;
    let status = answer.status();
    if !status.is_success() {
        let message = format!("the server answered {status}");
        return Err(Failure { message, passing: status.is_server_error() });
    }
    match bounded(answer.body_mut().as_reader(), 0, limit) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Failure { message: too_large(None, limit), passing: false }),
        Err(error) => Err(failure(ureq::Error::from(error))),
    }
}

fn failure(error: ureq::Error) -> Failure {
    use ureq::Error::{ConnectionFailed, HostNotFound, Io, RequireHttpsOnly, Timeout};
    let passing = matches!(error, Io(_) | Timeout(_) | HostNotFound | ConnectionFailed);
    let message = match error {
        Timeout(_) => "cannot be fetched: it took too long".to_owned(),
        RequireHttpsOnly(_) => "cannot be fetched: the server leads to an address without TLS".to_owned(),
        Io(error) => format!("cannot be fetched: {error}"),
        error => format!("cannot be fetched: {error}"),
    };
    Failure { message, passing }
}
