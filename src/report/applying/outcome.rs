//! What is said of each object when it is done, and of the run at its end.

use super::before::{harmless, line, named};
use crate::cluster::apply::{Back, Class, Fall, Outcome};
use crate::cluster::diagnosis::Diagnosis;
use crate::cluster::rollout::Failure;
use crate::cluster::{Reference, Target};
use crate::report::Page;
use crate::report::phrase::count;
use std::time::Duration;

/// `11 s`, `2 min 5 s`.
fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// The last words of one object, in a line: what came of it. Empty where it has none.
pub fn ending(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Healthy(after) => format!("healthy after {}", seconds(*after)),
        Outcome::Unwatched(why) => harmless(why),
        _ => String::new(),
    }
}

/// An object that stays as it is, and why.
pub fn refused(reference: &Reference, whys: &[String], page: &Page) -> String {
    let red = page.palette.red;
    let mut out = format!("{red}refused{red:#} {}\n", named(reference));
    for why in whys {
        line(&mut out, "  ", &harmless(why), page);
    }
    out
}

/// A change that does not work: what was seen, and why.
pub fn fell(target: &Target, failure: &Failure, after: Duration, why: Option<&Diagnosis>, page: &Page) -> String {
    let red = page.palette.red;
    let summary = if failure.summary.is_empty() { "the new pods do not work" } else { &failure.summary };
    let reference = harmless(&target.live.reference.to_string());
    let mut out = format!("{red}{reference}{red:#}: {} (after {})\n", harmless(summary), seconds(after));
    match (why, failure.sightings.first()) {
        (Some(why), _) => out.push_str(&crate::report::diagnosis(why, &target.after, page)),
        (None, Some(seen)) => {
            let place = [seen.pod.as_ref().map(|pod| format!("pod {}", pod.name)), seen.container.clone()];
            let place: Vec<String> = place.into_iter().flatten().collect();
            let words = format!("seen at {}: {} {}", place.join(", "), seen.reason, seen.text.trim());
            line(&mut out, "  ", &harmless(&words), page);
        }
        (None, None) => {}
    }
    out
}

/// That a change is made once more, with what mends it.
pub fn once_more(reference: &Reference, round: u8, rounds: u8, advice: &str) -> String {
    format!("{}\n", harmless(&format!("{reference}: once more ({round} of {rounds}): {advice}")))
}

/// What became of a change that did not work.
pub fn back(fall: &Fall, page: &Page) -> String {
    let palette = page.palette;
    let (style, words) = match &fall.back {
        Back::Healthy(after) => (palette.green, format!("rolled back, healthy after {}", seconds(*after))),
        Back::Unwatched(why) if why.is_empty() => (palette.green, "rolled back".to_owned()),
        Back::Unwatched(why) => (palette.green, format!("rolled back; {why}")),
        Back::AsBefore => {
            (palette.yellow, "rolled back to what it was: it did not work before the change either".to_owned())
        }
        Back::Unhealthy(why) => (palette.red, format!("rolled back, but its pods do not work: {why}")),
        Back::Sticks(pods) => (palette.red, format!("rolled back; {}", pods.join("; "))),
        Back::Kept => (palette.yellow, "not rolled back, as asked for".to_owned()),
        Back::Stuck(whys) => (palette.red, format!("NOT rolled back: {}", whys.join("; "))),
    };
    let mut out = String::new();
    line(&mut out, "  ", &harmless(&words), page);
    out = format!("{style}{}{style:#}\n", out.trim_end());
    fall.left.iter().for_each(|left| line(&mut out, "  ", &harmless(left), page));
    out
}

/// The end of a run of several objects, in figures.
pub fn figures(outcomes: &[Outcome]) -> String {
    let number = |class: Class| outcomes.iter().filter(|outcome| outcome.class() == class).count();
    let untouched = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Untouched)).count();
    let unchanged = number(Class::Idle) - untouched;
    let parts = [
        (number(Class::Applied), "hardened"),
        (unchanged, "without a change"),
        (number(Class::Refused), "refused"),
        (number(Class::Failed), "with an error"),
        (number(Class::RolledBack), "rolled back"),
        (number(Class::Broken), "failed and not rolled back"),
        (untouched, "not begun"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, words)| format!("{number} {words}")).collect();
    format!("{}: {}\n", count(outcomes.len(), "object"), parts.join(", "))
}
