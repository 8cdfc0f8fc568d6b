//! `--fix`: a change that did not work and was taken back is made once more, with what mends it.

use super::item::{Item, Ready, State};
use super::rounds::rounds;
use super::survey::{LOOKS, weigh};
use super::{Run, ask, draw};
use crate::cluster::apply::{Back, Outcome};
use crate::cluster::diagnosis::Diagnosis;
use crate::cluster::journal::Journal;
use crate::cluster::{Live, Reason, Target};
use crate::command::Console;
use crate::command::hint::again;
use crate::command::words::Asked;
use crate::report::applying;
use crate::rules::Risk;
use crate::workload::lookup;
use json_patch::diff;
use serde_json::Value;
use std::cell::RefCell;

/// How many rounds are proposed: most of what is mended at all is so by then.
const ROUNDS: u8 = 3;

/// Make the changes that fell once more, as often as is wished; each time with what the last failure taught. Items of which
/// nothing more is known, or that nobody wants tried again, keep what came of them.
pub(super) fn fix(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    items: &mut [Item],
    console: &mut Console,
) -> anyhow::Result<()> {
    for round in 1..=run.args.change.fix {
        let mut ready = Vec::new();
        for (at, item) in items.iter().enumerate() {
            ready.extend(mended(run, item, round, console)?.map(|ready| (at, ready)));
        }
        if ready.is_empty() || !is_agreed(run, &ready, console) {
            return Ok(());
        }
        let mut fallen = Vec::new();
        for (at, one) in ready {
            items[at].told = false;
            fallen.push((at, std::mem::replace(&mut items[at].state, State::Ready(one))));
        }
        // What was not begun for a failure that is mended follows.
        rounds(run, journal, items, console);
        for (at, before) in fallen {
            if matches!(items[at].state, State::Ready(_)) {
                items[at].state = before;
            }
        }
    }
    Ok(())
}

/// The command that does so, where a change fell that could be mended, and nobody has asked for it.
pub(super) fn hint(run: &Run<'_>, asked: &Asked<'_>, items: &[Item], console: &Console) -> Option<String> {
    let is_wanted = run.args.change.fix == 0 && items.iter().any(|item| fallen(item).is_some());
    let command = is_wanted.then(|| again("apply", asked, &run.args.ruling, console))??;
    Some(format!("{command} --fix {ROUNDS}"))
}

/// A change that fell and was taken back without a rest, why, and what it would be mended; if anything is left of it then.
fn fallen(item: &Item) -> Option<(&Target, &Diagnosis, &Value)> {
    let (State::Over(Outcome::Fallen(fall)), Some(tried)) = (&item.state, &item.tried) else { return None };
    let is_back = matches!(fall.back, Back::Healthy(_) | Back::Unwatched(_)) && fall.left.is_empty();
    let diagnosis = fall.diagnosis.as_ref().filter(|_| is_back)?;
    let mended = diagnosis.mended.as_ref().filter(|mended| mended.get("spec") != tried.live.value.get("spec"))?;
    Some((tried, diagnosis, mended))
}

/// The change of an item with what mends it, if it fell and is understood.
fn mended(run: &Run<'_>, item: &Item, round: u8, console: &mut Console) -> anyhow::Result<Option<Box<Ready>>> {
    let Some((tried, diagnosis, mended)) = fallen(item) else { return Ok(None) };
    let mut looks = 0;
    let why = loop {
        let fresh = match run.wait(run.live.server.get(&item.reference)) {
            Ok(fresh) => fresh,
            Err(error) => break error.to_string(),
        };
        if fresh.uid() != tried.live.uid() || fresh.value.get("spec") != tried.live.value.get("spec") {
            break "somebody else has changed it meanwhile".to_owned();
        }
        let Some(target) = once_more(tried, diagnosis, mended, fresh) else { return Ok(None) };
        if looks == 0 {
            console.say(&applying::once_more(&item.reference, round, run.args.change.fix, &diagnosis.advice));
        }
        looks += 1;
        match weigh(run, item.index, target, console)? {
            Ok(State::Ready(ready)) => return Ok(Some(ready)),
            Ok(State::Over(Outcome::Refused(whys))) => {
                console.show(&applying::refused(&item.reference, &whys, &console.err_page()));
                return Ok(None);
            }
            Ok(State::Over(_)) => return Ok(None),
            // Its controller writes its status right after the change was taken back.
            Err(error) if error.is_stale() && looks < LOOKS => {}
            Err(error) => break error.to_string(),
        }
    };
    console.warn(&format!("{}: it is not tried again: {why}", item.reference));
    Ok(None)
}

/// What was tried and mended, on the object as it is after it was taken back. `None` where nothing is left of the change.
fn once_more(tried: &Target, diagnosis: &Diagnosis, mended: &Value, fresh: Live) -> Option<Target> {
    let mut after = fresh.value.clone();
    json_patch::patch(&mut after, &diff(&tried.live.value, mended)).ok()?;
    let mut reasons = tried.reasons.clone();
    let of_mend = |rule| {
        let places = diff(&tried.after, mended).0.into_iter().map(|one| one.path().to_string());
        // A failure has shown it.
        places.map(move |pointer| Reason { pointer, rule, risk: Risk::Likely })
    };
    reasons.extend(diagnosis.rule.into_iter().flat_map(of_mend));
    reasons.retain(|reason| lookup(&after, &reason.pointer) != lookup(&fresh.value, &reason.pointer));
    let changes = after != fresh.value;
    changes.then(|| Target { live: fresh, after, templates: tried.templates.clone(), reasons })
}

/// Whether the user wants it: asked again, for it is another change.
fn is_agreed(run: &Run<'_>, ready: &[(usize, Box<Ready>)], console: &mut Console) -> bool {
    let mut diff = |console: &mut Console| {
        for (_, one) in ready {
            let text = draw::difference(&one.target, console);
            console.show(&text);
        }
    };
    let question = applying::question(ready.len(), ready.len());
    run.args.change.yes || ask::agreed(&question, console, &mut diff) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use crate::cluster::rollout::{Sighting, Source};
    use serde_json::json;
    use std::sync::Arc;

    fn live(version: &str, spec: &Value) -> Live {
        let metadata = json!({"name": "web", "uid": "u", "resourceVersion": version});
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        Live::new(&resource, json!({"metadata": metadata, "spec": spec}))
    }

    fn again(mend: &Value) -> Option<Target> {
        let tried = live("1", &json!({"a": 1}));
        let mut after = tried.value.clone();
        after["spec"]["b"] = json!(2);
        let mut mended = tried.value.clone();
        mended["spec"] = mend.clone();
        let reasons = vec![Reason { pointer: "/spec/b".into(), rule: "b", risk: Risk::Safe }];
        let evidence = Sighting {
            source: Source::Log,
            pod: None,
            container: None,
            reason: String::new(),
            exit_code: None,
            text: String::new(),
        };
        let (cause, advice) = Default::default();
        let diagnosis = Diagnosis { pattern: None, cause, evidence, rule: Some("c"), advice, mended: None };
        let tried = Target { live: tried, after, templates: Vec::new(), reasons };
        once_more(&tried, &diagnosis, &mended, live("2", &json!({"a": 1})))
    }

    #[test]
    fn what_mends_comes_on_top_of_the_change_for_its_rule() {
        let target = again(&json!({"a": 1, "b": 2, "c": 3})).unwrap();
        assert_eq!(target.after["spec"], json!({"a": 1, "b": 2, "c": 3}));
        assert_eq!(target.after["metadata"]["resourceVersion"], "2");
        assert_eq!(target.reasons.iter().map(|reason| reason.rule).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn a_rule_that_is_left_out_is_no_reason_any_more_and_the_last_one_no_change() {
        let target = again(&json!({"a": 1, "c": 3})).unwrap();
        assert_eq!(target.reasons.iter().map(|reason| reason.rule).collect::<Vec<_>>(), ["c"]);
        assert!(again(&json!({"a": 1})).is_none());
    }
}
