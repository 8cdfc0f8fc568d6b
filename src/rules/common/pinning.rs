//! Digests that are known, and how sure it is that the image behind them runs.

use crate::image::{Pin, PinSource};
use crate::rules::{Assessment, Findings, Risk};
use crate::workload::Surroundings;

/// Whether an image of which no digest is known is a finding: the profile says so, or the run should know all.
pub(in crate::rules) fn is_required(found: &Findings, around: Option<&Surroundings<'_>>) -> bool {
    let all = around.is_some_and(|around| around.images.should_pin_all());
    all || found.parameter("required").as_bool() == Some(true)
}

/// The risk of writing a digest.
pub(in crate::rules) fn assessment(pin: &Pin) -> Assessment {
    let platforms = match pin.platforms.as_slice() {
        [] => "for one platform".to_owned(),
        some => format!("for {}", some.join(", ")),
    };
    let Pin { origin, resolved_at, .. } = pin;
    match pin.source {
        PinSource::Registry => Risk::Safe.because(format!("{origin} names this digest for the tag now, {platforms}")),
        PinSource::Source => {
            Risk::Likely.because(format!("{origin} has this digest, {platforms}; the registry must have it too"))
        }
        PinSource::Pod => Risk::Likely.because(format!("{origin} runs this digest; the registry must still have it")),
        PinSource::Lock if resolved_at.is_empty() => Risk::Likely.because(format!("{origin} says so, {platforms}")),
        PinSource::Lock => Risk::Likely.because(format!("{origin} says so, as of {resolved_at}, {platforms}")),
    }
}
