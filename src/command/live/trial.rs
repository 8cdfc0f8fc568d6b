//! What the server makes of each change: its dry run in the place of the plan, so that defaults and admission are seen.

use super::{LiveSession, Moved};
use crate::cluster::owner::{self, Effect, Ownership};
use crate::cluster::{DryRun, Error, Live, Patch, Target, Write};
use crate::command::Console;
use crate::export::neat;
use crate::manifest::Stream;
use crate::report::{self, Aside, Changing};
use futures::StreamExt;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// How many objects are asked about at a time.
const AT_ONCE: usize = 8;
/// How often an object that changes meanwhile is tried again, as kubectl does.
const RETRIES: usize = 4;

/// What came of one object.
struct Tried {
    index: usize,
    /// As it is now, and as it would be; `None` where nothing is to change any more.
    target: Option<Target>,
    outcome: Outcome,
}

enum Outcome {
    /// The object as it would be.
    Merged(Box<Live>),
    /// The server would refuse the change.
    Refused(Error),
    /// The user may not try.
    Forbidden,
    /// A webhook takes no dry run.
    NoDryRun,
}

/// The resources and namespaces where the user may not patch: asked once each.
type Barred = RefCell<BTreeSet<(String, Option<String>)>>;

impl LiveSession {
    /// Try each change on the server, without making it. The new text of each object is what it would be then; that of the
    /// plan stays where the server does not tell, which is said. Gives who manages each, and what becomes of the changes.
    pub(in crate::command) fn try_out(
        &mut self,
        with_managers: bool,
        console: &mut Console,
    ) -> anyhow::Result<Vec<Changing>> {
        let barred = Barred::default();
        let indices: Vec<usize> =
            self.changing().into_iter().filter(|index| self.session.texts[*index].is_some()).collect();
        let trials = indices.into_iter().map(|index| {
            let barred = &barred;
            let this = &*self;
            async move { (index, this.try_one(index, barred).await) }
        });
        let mut trials = futures::stream::iter(trials).buffered(AT_ONCE);
        let mut tried = Vec::new();
        self.runtime.wait(async {
            while let Some(one) = trials.next().await {
                tried.push(one);
            }
        });
        drop(trials);
        self.server.take_warnings().iter().for_each(|warning| console.warn(warning));
        let mut changing = Vec::new();
        for (index, one) in tried {
            match one {
                Ok(one) => changing.extend(self.settle(one, with_managers, console)?),
                Err(error @ (Moved::Gone(_) | Moved::Recreated(_))) => self.give_up(index, &error, console),
                Err(Moved::Server(error)) if error.is_forbidden() => {
                    // Whoever may list and not get is shown the plan.
                    console.warn(&format!("{error}: what the server would add is not shown"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        barred.into_inner().into_iter().for_each(|(resource, namespace)| {
            let place = namespace.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
            console.warn(&format!("may not patch {resource}{place}: what the server would add is not shown"));
        });
        Ok(changing)
    }

    async fn try_one(&self, index: usize, barred: &Barred) -> Result<Tried, Moved> {
        let mut left = RETRIES;
        loop {
            let target = match self.target(index).await {
                Ok(target) => Some(target),
                Err(Moved::Changed(live)) => match self.target_of(index, *live) {
                    Ok(target) => target,
                    Err(error) => return Err(Error::Other(error.to_string()).into()),
                },
                Err(other) => return Err(other),
            };
            let Some(target) = target else {
                return Ok(Tried { index, target, outcome: Outcome::NoDryRun });
            };
            let place = (target.live.reference.resource.full_name(), target.live.reference.namespace.clone());
            if barred.borrow().contains(&place) {
                return Ok(Tried { index, target: Some(target), outcome: Outcome::Forbidden });
            }
            let write = Write { dry_run: DryRun::Server, ..Write::default() };
            let outcome = match self.server.patch(&target.live.reference, &locked(&target), write).await {
                Ok(merged) => Outcome::Merged(Box::new(merged)),
                Err(error) if error.is_stale() && left > 0 => {
                    left -= 1;
                    continue;
                }
                Err(error) if error.is_not_found() => return Err(Moved::Gone(target.live.reference.to_string())),
                Err(error) if is_rights(&error) => {
                    barred.borrow_mut().insert(place);
                    Outcome::Forbidden
                }
                Err(error) if takes_no_dry_run(&error) => Outcome::NoDryRun,
                Err(error) if error.status().is_some() => Outcome::Refused(error),
                Err(error) => return Err(error.into()),
            };
            return Ok(Tried { index, target: Some(target), outcome });
        }
    }

    /// Take what came of one object into the session.
    fn settle(&mut self, tried: Tried, with_managers: bool, console: &mut Console) -> anyhow::Result<Option<Changing>> {
        let Tried { index, target, outcome } = tried;
        let Some(target) = target else {
            self.session.texts[index] = None;
            return Ok(None);
        };
        let who = target.live.reference.to_string();
        let merged = match &outcome {
            Outcome::Merged(merged) => &merged.value,
            _ => &target.after,
        };
        let before = Stream::of_value(&seen(&target.live.value, with_managers))?;
        let after = Stream::of_value(&seen(merged, with_managers))?;
        let same = before.text() == after.text();
        let text = (!same).then(|| after.text().to_owned());
        self.session.renew(index, before, text);
        match &outcome {
            Outcome::Merged(_) | Outcome::Forbidden => {}
            Outcome::NoDryRun => {
                console.warn(&format!("{who}: a webhook takes no dry run: what the server would add is not shown"))
            }
            Outcome::Refused(error) => {
                console.warn(&format!("{who}: the server would refuse this change: {}", refusal(error)))
            }
        }
        if same {
            console.warn(&format!("{who}: the server would change nothing: admission takes the change back"));
        }
        Ok(Some(self.told(who, &target, merged)))
    }

    fn told(&self, who: String, target: &Target, merged: &Value) -> Changing {
        let ownership: Ownership = owner::told_by(&target.live);
        let effects: Vec<Effect> = owner::effects(&ownership, target);
        let before = &target.live.value;
        let words = effects.iter().map(|effect| report::change(before, &target.after, &effect.pointer)).collect();
        let beyond = owner::differences(&target.after, merged);
        let beyond = beyond.iter().map(|pointer| report::change(&target.after, merged, pointer)).collect();
        Changing { who, ownership, effects, words, beyond }
    }

    fn give_up(&mut self, index: usize, why: &Moved, console: &mut Console) {
        let name = self.session.manifests[index].origin.to_string();
        let one = Aside { name, position: None, why: why.to_string(), unbuilt: false };
        self.session.refuse(Some(index), one, console);
    }
}

/// The change as a JSON patch that holds for this `resourceVersion` alone.
fn locked(target: &Target) -> Patch {
    let lock = json!({"op": "replace", "path": "/metadata/resourceVersion", "value": target.live.resource_version()});
    let operations = serde_json::to_value(target.operations()).unwrap_or_default();
    let operations = operations.as_array().cloned().unwrap_or_default();
    Patch::Json(std::iter::once(lock).chain(operations).collect())
}

/// What is shown of an object.
fn seen(value: &Value, with_managers: bool) -> Value {
    let mut shown = neat(value);
    if let (true, Some(managers)) = (with_managers, value.pointer("/metadata/managedFields")) {
        shown["metadata"]["managedFields"] = managers.clone();
    }
    shown
}

/// Whether the user lacks the right, as authorization puts it. Admission forbids with the same code, and names itself.
fn is_rights(error: &Error) -> bool {
    error.is_forbidden() && error.status().is_some_and(|status| status.message.contains(" cannot patch resource "))
}

fn takes_no_dry_run(error: &Error) -> bool {
    error.code() == 400 && error.status().is_some_and(|status| status.message.contains("dry run"))
}

/// Why the server would refuse, in its words, less the dump of two structs that it appends for pods.
fn refusal(error: &Error) -> String {
    let text = error.status().map_or_else(|| error.to_string(), |status| status.message.clone());
    let lines = text.lines().take_while(|line| !line.contains("core.PodSpec{"));
    lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_and_refusals_are_told_apart() {
        let status = |code, message: &str| {
            let text = json!({"code": code, "message": message}).to_string();
            Error::Status(Box::new(serde_json::from_str(&text).unwrap()))
        };
        let rights = status(
            403,
            r#"deployments.apps "web" is forbidden: User "eve" cannot patch resource "deployments" in API group "apps""#,
        );
        let policy =
            status(403, r#"deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'x' denied request: no"#);
        assert!(is_rights(&rights) && !is_rights(&policy));
        assert!(takes_no_dry_run(&status(400, r#"admission webhook "a" does not support dry run"#)));
        assert!(!takes_no_dry_run(&status(422, "dry run")));
        assert_eq!(refusal(&status(422, "spec: Forbidden: no\n  core.PodSpec{\n x")), "spec: Forbidden: no");
    }
}
