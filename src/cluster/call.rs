//! One request, and when it is sent again.

use super::failure::{self, Loss};
use super::server::JSON;
use super::{Error, Server, Status};
use http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// One request.
pub(super) struct Call<'c> {
    pub(super) method: Method,
    pub(super) path: &'c str,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) accept: &'static str,
    pub(super) body: Option<(&'static str, &'c Value)>,
}

/// How often a request is sent at most.
const TRIES: u32 = 6;
/// The pause before the second try; each one is twice as long as that before it.
const PAUSE: Duration = Duration::from_millis(500);
/// No pause is longer, whatever the server asks for.
const LONGEST: Duration = Duration::from_secs(30);

/// What came of one try.
enum Try {
    Answer(Vec<u8>),
    Refused { error: Error, wait: Option<Duration> },
    Lost(Error, Loss),
}

impl<'c> Call<'c> {
    pub(super) fn get(path: &'c str) -> Self {
        Self { method: Method::GET, path, query: Vec::new(), accept: JSON, body: None }
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let mut uri = self.path.to_owned();
        for (index, (name, value)) in self.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            uri.push_str(&format!("{name}={}", escaped(value)));
        }
        let mut request = Request::builder().method(&self.method).uri(uri).header(header::ACCEPT, self.accept);
        let body = match self.body {
            Some((content_type, body)) => {
                request = request.header(header::CONTENT_TYPE, content_type);
                body.to_string().into_bytes()
            }
            None => Vec::new(),
        };
        request.body(Body::from(body)).map_err(|error| Error::Other(error.to_string()))
    }
}

impl Server {
    /// The body of the answer. Sent again is what an overloaded server did not do, and a read that got no answer.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Vec<u8>, Error> {
        let (mut tries, mut renewed) = (1, false);
        loop {
            let (error, wait) = match self.once(&call).await? {
                Try::Answer(body) => return Ok(body),
                Try::Refused { error, .. } if error.code() == 401 && !renewed => {
                    renewed = true;
                    if self.line.renew()? {
                        continue;
                    }
                    return Err(error);
                }
                Try::Refused { error, wait } if again(&call.method, error.code()) => (error, wait),
                Try::Lost(error, loss) if self.worthwhile(&call.method, loss) => (error, None),
                Try::Refused { error, .. } | Try::Lost(error, _) => return Err(error),
            };
            if tries == TRIES {
                return Err(error);
            }
            let pause = wait.unwrap_or(PAUSE * 2_u32.pow(tries - 1)).min(LONGEST);
            tries += 1;
            if let Some(tell) = &self.retries {
                tell(&format!("{error}; try {tries} of {TRIES} in {pause:?}"));
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Whether a request without an answer is sent again. A server that never answered is not waited for.
    fn worthwhile(&self, method: &Method, loss: Loss) -> bool {
        let reached = self.reached.load(Ordering::Relaxed);
        match loss {
            Loss::Unsent => reached,
            Loss::Cut => reached && method == Method::GET,
            Loss::Lasting => false,
        }
    }

    async fn once(&self, call: &Call<'_>) -> Result<Try, Error> {
        let request = call.request()?;
        let exchange = async {
            let answer = self.line.send(request).await?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await?.to_bytes().to_vec();
            Ok::<_, kube::Error>((head, body))
        };
        let exchanged = match self.timeout {
            None => exchange.await,
            Some(time) => match tokio::time::timeout(time, exchange).await {
                Ok(exchanged) => exchanged,
                Err(_) => {
                    let why = failure::unable(&format!("no answer within {time:?} (--request-timeout)"));
                    return Ok(Try::Lost(Error::Unreachable { why }, Loss::Lasting));
                }
            },
        };
        let (head, body) = match exchanged {
            Ok(exchanged) => exchanged,
            Err(error) => {
                let (error, loss) = failure::of_request(&error, &self.route);
                return Ok(Try::Lost(error, loss));
            }
        };
        self.reached.store(true, Ordering::Relaxed);
        self.note_warnings(&head.headers);
        let code = head.status.as_u16();
        if code < 300 {
            return Ok(Try::Answer(body));
        }
        let status = Status::of(code, &body);
        let wait = Some(status.details.retry_after_seconds).filter(|seconds| *seconds > 0);
        let wait = retry_after(&head.headers).or(wait).map(Duration::from_secs);
        Ok(Try::Refused { error: Error::Status(Box::new(status)), wait })
    }

    fn note_warnings(&self, headers: &HeaderMap) {
        let warned =
            headers.get_all(header::WARNING).iter().filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
        let warned = warned.filter_map(warning);
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(warned);
    }
}

/// Whether a refusal passes. 429 says that nothing was done; behind the others a write may have been.
fn again(method: &Method, code: u16) -> bool {
    code == 429 || (method == Method::GET && matches!(code, 502..=504))
}

fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// The text of a `Warning` header: `299 - "text"`, with quotes and backslashes escaped.
fn warning(header: &str) -> Option<String> {
    let quoted = header.strip_prefix("299 ")?.split_once(" \"")?.1;
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            '"' => return Some(text),
            other => text.push(other),
        }
    }
    None
}

/// A value of a query or a segment of a path, percent-encoded.
pub(super) fn escaped(value: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    value.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_unquoted() {
        assert_eq!(
            warning(r#"299 - "would violate \"restricted\" a\\b""#).as_deref(),
            Some(r#"would violate "restricted" a\b"#)
        );
        assert_eq!(warning(r#"299 - "cut off"#), None);
        assert_eq!(warning("199 - \"x\""), None);
    }

    #[test]
    fn what_a_query_cannot_hold_is_encoded() {
        assert_eq!(escaped("app=web,tier in (a, b)"), "app%3Dweb%2Ctier%20in%20%28a%2C%20b%29");
    }
}
