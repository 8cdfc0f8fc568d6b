//! What the server makes of each change: its dry run in the place of the plan, so that defaults and admission are seen.

use super::{LiveSession, Moved};
use crate::cluster::owner::{self, Effect};
use crate::cluster::preflight::words;
use crate::cluster::{DryRun, Error, Live, Patch, Target, Write};
use crate::command::Console;
use crate::export::neat;
use crate::manifest::Stream;
use crate::report::{self, Aside, AsideSort, Changing};
use futures::StreamExt;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// How many objects are asked about at a time.
const AT_ONCE: usize = 8;
/// How often an object that changes meanwhile is tried again, as kubectl does.
const RETRIES: usize = 4;

/// What came of one object.
enum Tried {
    /// It may not be read.
    Unread,
    /// There is nothing to change any more.
    Nothing,
    /// This; of the object's values nothing is kept.
    Told {
        /// The text that it has by now, where that is another one.
        before: Option<Box<Stream>>,
        /// The text that it would have, where that is another one.
        after: Option<String>,
        /// Who manages it, and what becomes of the changes.
        changing: Box<Changing>,
        /// What is to be said.
        warning: Option<String>,
    },
}

/// What the server said of one object.
enum Answer {
    /// The object as it would be.
    Merged(Box<Live>),
    /// It would refuse the change.
    Refused(Error),
    /// The user may not try.
    Forbidden,
    /// A webhook takes no dry run.
    NoDryRun,
}

/// The resources and namespaces where the user may not do something, with its verb: asked once each.
type Barred = RefCell<BTreeSet<(&'static str, String, Option<String>)>>;

impl LiveSession {
    /// Try each change on the server, without making it. The new text of each object is what it would be then; that of the
    /// plan stays where the server does not tell, which is said. Gives who manages each, and what becomes of the changes.
    pub(in crate::command) fn try_out(
        &mut self,
        with_managers: bool,
        console: &mut Console,
    ) -> anyhow::Result<Vec<Changing>> {
        let barred = Barred::default();
        let changing = self.changing().into_iter().filter(|index| self.session.texts[*index].is_some());
        let changing: Vec<usize> = changing.collect();
        let (this, bars) = (&*self, &barred);
        let trials =
            changing.into_iter().map(|index| async move { (index, this.try_one(index, with_managers, bars).await) });
        let tried: Vec<_> = self.runtime.wait(futures::stream::iter(trials).buffered(AT_ONCE).collect());
        self.server.take_warnings().iter().for_each(|warning| console.warn(warning));
        let mut told = Vec::new();
        for (index, one) in tried {
            match one {
                Ok(Tried::Unread) => {}
                Ok(Tried::Nothing) => self.session.texts[index] = None,
                Ok(Tried::Told { before, after, changing, warning }) => {
                    warning.iter().for_each(|warning| console.warn(warning));
                    match before {
                        Some(before) => self.session.renew(index, *before, after),
                        None => self.session.texts[index] = after,
                    }
                    told.push(*changing);
                }
                Err(error @ (Moved::Gone(_) | Moved::Recreated(_))) => self.give_up(index, &error, console),
                Err(error) => return Err(error.into()),
            }
        }
        for (verb, resource, namespace) in barred.into_inner() {
            let place = namespace.map(|namespace| format!(" in {namespace}")).unwrap_or_default();
            let unknown = if verb == "get" { "who manages them, and " } else { "" };
            console.warn(&format!("may not {verb} {resource}{place}: {unknown}what the server would add is not shown"));
        }
        Ok(told)
    }

    async fn try_one(&self, index: usize, with_managers: bool, barred: &Barred) -> Result<Tried, Moved> {
        let reference = &self.handles[index].reference;
        let place = |verb| (verb, reference.resource.full_name(), reference.namespace.clone());
        for left in (0..=RETRIES).rev() {
            if barred.borrow().contains(&place("get")) {
                return Ok(Tried::Unread);
            }
            let target = match self.target(index).await {
                Ok(target) => target,
                Err(Moved::Changed(live)) => match self.target_of(index, *live) {
                    Ok(Some(target)) => target,
                    Ok(None) => return Ok(Tried::Nothing),
                    Err(error) => return Err(Error::Other(error.to_string()).into()),
                },
                Err(Moved::Server(error)) if error.is_forbidden() => {
                    barred.borrow_mut().insert(place("get"));
                    return Ok(Tried::Unread);
                }
                Err(other) => return Err(other),
            };
            let may_patch = !barred.borrow().contains(&place("patch"));
            let answer = match may_patch {
                false => Ok(Answer::Forbidden),
                true => self.ask(&target).await,
            };
            match answer {
                Err(error) if error.is_stale() && left > 0 => {}
                Err(error) if error.is_not_found() => return Err(Moved::Gone(reference.to_string())),
                Err(error) => return Err(error.into()),
                Ok(answer) => {
                    if matches!(answer, Answer::Forbidden) {
                        barred.borrow_mut().insert(place("patch"));
                    }
                    let told = self.tell(index, &target, &answer, with_managers);
                    return told.map_err(|error| Error::Other(error.to_string()).into());
                }
            }
        }
        Ok(Tried::Unread)
    }

    /// Try one change.
    async fn ask(&self, target: &Target) -> Result<Answer, Error> {
        let write = Write { dry_run: DryRun::Server, ..Write::default() };
        let patch = Patch::locked(&target.live, target.operations().0);
        match self.server.patch(&target.live.reference, &patch, write).await {
            Ok(merged) => Ok(Answer::Merged(Box::new(merged))),
            Err(error) if is_rights(&error) => Ok(Answer::Forbidden),
            Err(error) if takes_no_dry_run(&error) => Ok(Answer::NoDryRun),
            Err(error) if is_refusal(&error) => Ok(Answer::Refused(error)),
            Err(error) => Err(error),
        }
    }

    fn tell(&self, index: usize, target: &Target, answer: &Answer, with_managers: bool) -> anyhow::Result<Tried> {
        let who = target.live.reference.to_string();
        let merged = match answer {
            Answer::Merged(merged) => &merged.value,
            _ => &target.after,
        };
        let before = Stream::of_value(&seen(&target.live.value, with_managers))?;
        let after = Stream::of_value(&seen(merged, with_managers))?;
        let warning = match answer {
            Answer::NoDryRun => {
                Some(format!("{who}: a webhook takes no dry run: what the server would add is not shown"))
            }
            Answer::Refused(error) => {
                Some(format!("{who}: the server would refuse this change: {}", words(error).join("; ")))
            }
            _ if before.text() == after.text() => {
                Some(format!("{who}: the server would change nothing: admission takes the change back"))
            }
            _ => None,
        };
        let after = format!("{}{}", after.text(), self.beside(index)?);
        let after = (after != before.text()).then_some(after);
        let known = self.session.manifests[index].stream.text() == before.text();
        let changing = Box::new(changing(who, target, merged));
        Ok(Tried::Told { before: (!known).then(|| Box::new(before)), after, changing, warning })
    }

    /// The texts of the new objects that go with one, as the plan puts them behind it.
    fn beside(&self, index: usize) -> anyhow::Result<String> {
        let mut text = String::new();
        for new in self.added().into_iter().filter(|new| new.beside == index) {
            text.push_str("---\n");
            text.push_str(Stream::of_value(new.value)?.text());
        }
        Ok(text)
    }

    fn give_up(&mut self, index: usize, why: &Moved, console: &mut Console) {
        let name = self.session.manifests[index].origin.to_string();
        let one = Aside { name, position: None, why: why.to_string(), sort: AsideSort::Text };
        self.session.refuse(Some(index), one, console);
    }
}

/// Who manages an object, and what becomes of the changes.
fn changing(who: String, target: &Target, merged: &Value) -> Changing {
    let ownership = owner::told_by(&target.live);
    let effects = owner::effects(&ownership, target);
    let value = |effect: Effect| {
        let words = report::change(&target.live.value, &target.after, &effect.pointer);
        (effect, words)
    };
    let beyond = owner::differences(&target.after, merged);
    let beyond = beyond.iter().map(|pointer| report::change(&target.after, merged, pointer)).collect();
    Changing::new(who, ownership, effects.into_iter().map(value).collect(), beyond)
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

/// Whether the server would not take the change: it is invalid, or admission is against it, or a webhook cannot be reached.
fn is_refusal(error: &Error) -> bool {
    let by_webhook = || error.status().is_some_and(|status| status.message.contains("webhook"));
    matches!(error.code(), 400 | 403 | 422) || (error.code() == 500 && by_webhook())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
        assert!(is_refusal(&policy) && is_refusal(&status(500, r#"failed calling webhook "a": no endpoints"#)));
        assert!(!is_refusal(&status(500, "etcd is away")) && !is_refusal(&status(503, "webhook")));
    }
}
