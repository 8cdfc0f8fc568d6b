//! The whole way: a manifest, the `restricted` profile, every change it wants, the new text; after which the same
//! profile wants nothing more.
#![no_main]

use kubectl_harden::manifest::Stream;
use kubectl_harden::plan::{self, Limits, Plan};
use kubectl_harden::profile::{self, Profile};
use kubectl_harden::rules::Risk;
use kubectl_harden::workload::World;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    let none = |_: &str, _: Option<&str>| Err("no files here".to_owned());
    profile::load("restricted", &none).expect("a built-in profile")
});

fn planned(stream: &Stream) -> Option<(World, Plan)> {
    let (world, refused) = World::of(&[stream], &PROFILE.kinds);
    let limits = Limits { max_risk: Risk::Breaking, today: "2026-01-01".to_owned() };
    let plan = plan::make(&PROFILE, &world, &[stream], &limits).expect("the rules come to rest");
    refused.is_empty().then_some((world, plan))
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(stream) = Stream::read(text.to_owned()) else { return };
    let Some((world, plan)) = planned(&stream) else { return };
    for finding in plan.objects.iter().flat_map(|object| &object.findings) {
        let place = finding.source.expect("a manifest has a text");
        let (span, position) = (place.span(), place.position());
        assert!(text.get(span.clone()).is_some(), "a span that is no part of the text");
        assert_eq!(stream.position(span.start), position);
    }
    let Ok(after) = plan::after_values(&plan, &world, 0, &stream) else { return };
    let Ok(result) = plan::new_text(&plan, &world, 0, &stream) else { return };
    assert_eq!(plan.has_changes(), result.is_some(), "\n{text}\nbecame\n{result:?}");
    let Some(result) = result else { return };

    let again = Stream::read(result.clone()).unwrap_or_else(|error| panic!("{error}\n{text}\nbecame\n{result}"));
    for (index, value) in after {
        let read = again.document(index).map(|document| document.value());
        assert_eq!(read, Some(Ok(value)), "\n{text}\nbecame\n{result}");
    }
    let (_, plan) = planned(&again).unwrap_or_else(|| panic!("the result cannot be planned\n{result}"));
    assert!(!plan.has_changes(), "a second run changes\n{result}\nmade from\n{text}");
});
