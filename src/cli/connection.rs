//! Which server, and as whom: kubectl's connection flags, under kubectl's names and with its words.

use clap::Args;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How to reach a server. What no flag says, the kubeconfig does.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Path to the kubeconfig file to use for CLI requests
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The name of the kubeconfig context to use
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The name of the kubeconfig cluster to use
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// The name of the kubeconfig user to use
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// If present, the namespace scope for this CLI request
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// The address and port of the Kubernetes API server
    #[arg(short, long, value_name = "URL")]
    pub server: Option<String>,
    /// Bearer token for authentication to the API server
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<Token>,
    /// Username to impersonate for the operation: a regular user or a service account in a namespace
    #[arg(long = "as", value_name = "USER")]
    pub impersonate: Option<String>,
    /// UID to impersonate for the operation
    #[arg(long, value_name = "UID")]
    pub as_uid: Option<String>,
    /// Group to impersonate for the operation, this flag can be repeated to specify multiple groups
    #[arg(long, value_name = "GROUP")]
    pub as_group: Vec<String>,
    /// User extras to impersonate for the operation, this flag can be repeated to specify multiple values for the same key
    #[arg(long, value_name = "KEY=VALUE", value_parser = extra)]
    pub as_user_extra: Vec<(String, String)>,
    /// Path to a cert file for the certificate authority
    #[arg(long, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// Path to a client certificate file for TLS
    #[arg(long, value_name = "FILE")]
    pub client_certificate: Option<PathBuf>,
    /// Path to a client key file for TLS
    #[arg(long, value_name = "FILE")]
    pub client_key: Option<PathBuf>,
    /// Server name to use for server certificate validation. If it is not provided, the hostname used to contact the server
    /// is used
    #[arg(long, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// If true, the server's certificate will not be checked for validity. This will make your HTTPS connections insecure
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        hide_possible_values = true)]
    pub insecure_skip_tls_verify: Option<bool>,
    /// The length of time to wait before giving up on a single server request, such as 1s, 2m or 3h; 0 is forever
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub request_timeout: Option<Duration>,
    /// If true, opt-out of response compression for all requests to the server
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        hide_possible_values = true)]
    pub disable_compression: Option<bool>,
    /// Proxy URL to use for requests to the API server
    #[arg(long, value_name = "URL")]
    pub proxy_url: Option<String>,
    /// Accepted as kubectl does; nothing is cached
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
}

/// A secret word. It shows itself to nobody but [`Self::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The word itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

/// `key=value`.
fn extra(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    pair.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| "expected KEY=VALUE".to_owned())
}

/// Seconds, or numbers with their units one after the other, as Go writes a duration: `1m30s`, `1.5h`, `300ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    const EXPECTED: &str = "expected a number of seconds, or a number with its unit, such as 1s, 2m or 3h";
    let none = || EXPECTED.to_owned();
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let number = rest.find(|character: char| !character.is_ascii_digit() && character != '.').ok_or_else(none)?;
        let (count, after) = rest.split_at(number);
        let unit = after.find(|character: char| character.is_ascii_digit() || character == '.').unwrap_or(after.len());
        let seconds = match &after[..unit] {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(none()),
        };
        sum += count.parse::<f64>().map_err(|_| none())? * seconds;
        rest = &after[unit..];
    }
    if text.is_empty() { Err(none()) } else { Duration::try_from_secs_f64(sum).map_err(|_| none()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        let cases = [
            ("0", 0),
            ("30", 30_000),
            ("1s", 1000),
            ("2m", 120_000),
            ("1m30s", 90_000),
            ("300ms", 300),
            ("1.5h", 5_400_000),
        ];
        for (text, milliseconds) in cases {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "-1", "s", "5 s", "1d", "1s2", "1..5s", "999999999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_token_does_not_show_itself() {
        assert_eq!(format!("{:?}", Token::from("abc")), "***");
    }
}
