//! Flags about requests and limits: what is known of what containers need, and what is set.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// What the rule `limits` may know, and what it sets.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Requests and limits")]
pub struct Limits {
    /// What containers need: krr=FILE, vpa=FILE, file=FILE or defaults; of live objects also vpa, or metrics[:5m] for what
    /// they use now; given again, the first that knows a container counts
    #[arg(long, value_name = "SOURCE")]
    pub limits_from: Vec<LimitsSource>,
    /// Whether CPU limits are set: never, auto (where pods without one are refused) or always
    #[arg(long, value_name = "WHEN", value_parser = cpu_limit(), hide_possible_values = true)]
    pub cpu_limit: Option<String>,
    /// Add this to the memory limits that krr or a VPA measured; both have added 15% already
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub memory_headroom: Option<u16>,
    /// Fail where a source has no answer, little data or low confidence
    #[arg(long)]
    pub strict_limits: bool,
}

/// A source of requests and limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitsSource {
    /// The profile's amounts, which count last in any case.
    Defaults,
    /// The output of krr.
    Krr(PathBuf),
    /// VerticalPodAutoscalers with their status.
    Vpa(PathBuf),
    /// A file that people keep.
    File(PathBuf),
    /// The VerticalPodAutoscalers of the cluster.
    LiveVpa,
    /// What the pods of the cluster are seen to use for so long.
    Metrics(Duration),
}

impl fmt::Display for LimitsSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => out.write_str("defaults"),
            Self::Krr(file) => write!(out, "krr={}", file.display()),
            Self::Vpa(file) => write!(out, "vpa={}", file.display()),
            Self::File(file) => write!(out, "file={}", file.display()),
            Self::LiveVpa => out.write_str("vpa"),
            Self::Metrics(window) if window.is_zero() => out.write_str("metrics"),
            Self::Metrics(window) => write!(out, "metrics:{}s", window.as_secs()),
        }
    }
}

impl FromStr for LimitsSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || format!("expected krr=FILE, vpa=FILE, file=FILE, vpa, metrics, metrics:5m or defaults, found {text:?}");
        match text.split_once('=') {
            None if text == "defaults" => Ok(Self::Defaults),
            None if text == "vpa" => Ok(Self::LiveVpa),
            None if text == "metrics" => Ok(Self::Metrics(Duration::ZERO)),
            None if text.starts_with("metrics:") => window(&text[8..]).map(Self::Metrics).ok_or_else(wrong),
            Some((_, "")) | None => Err(wrong()),
            Some(("krr", file)) => Ok(Self::Krr(file.into())),
            Some(("vpa", file)) => Ok(Self::Vpa(file.into())),
            Some(("file", file)) => Ok(Self::File(file.into())),
            Some(_) => Err(wrong()),
        }
    }
}

fn cpu_limit() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(["never", "auto", "always"])
}

/// `90s` or `5m`, at most an hour.
fn window(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at))?);
    let seconds = number.parse::<u64>().ok()?.checked_mul(if unit == "m" { 60 } else { 1 })?;
    (["s", "m"].contains(&unit) && (1..=3600).contains(&seconds)).then(|| Duration::from_secs(seconds))
}

/// `15%` or `15`.
fn percent(text: &str) -> Result<u16, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<u16>().ok().filter(|percent| *percent <= 1000);
    number.ok_or_else(|| format!("expected a percentage from 0% to 1000%, found {text:?}"))
}
