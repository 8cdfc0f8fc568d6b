//! The write of one object, with its rules for what may have happened meanwhile.

use crate::cluster::journal::{Fate, Journal, Pen};
use crate::cluster::write::{Draft, came_through, marked};
use crate::cluster::{DryRun, Error, Live, Server, Target};

/// How often a write is tried again when nothing but the object's status has moved.
const RETRIES: u32 = 4;

/// Why an object was not written.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// What is asked for is another thing by now: it has to be planned again.
    Changed,
    /// It cannot be: a sentence.
    Said(String),
    /// The server's own answer.
    Server(Error),
    /// The connection broke and stays broken: nobody knows whether it came through.
    Unknown(Error),
}

/// Write one object: note it, write it, note what the server made of it. `target` follows the object while only its status
/// moves.
///
/// # Errors
/// The journal cannot be written beforehand: then nothing is changed.
pub async fn submit(
    server: &Server,
    journal: &mut Journal,
    target: &mut Target,
    make: &dyn Fn(&Target) -> Draft,
) -> Result<Result<Live, Refusal>, Error> {
    let mut tries = 0;
    let mut noted = false;
    let refusal = loop {
        let mark = journal.mark(&target.live);
        let marked = marked(target, &mark);
        let draft = make(&marked);
        if !noted {
            journal.intend(&marked, draft.pen)?;
            noted = true;
        }
        let error = match draft.send(server, &marked, DryRun::No).await {
            Ok(changed) => {
                journal.wrote(&changed);
                return Ok(Ok(changed));
            }
            Err(error) => error,
        };
        let is_delete = draft.pen == Pen::Delete;
        if is_delete && error.is_not_found() {
            journal.wrote(&target.live);
            return Ok(Ok(target.live.clone()));
        }
        if error.is_passing() {
            match came_through(server, &marked, &mark).await {
                Ok(Some(changed)) => {
                    journal.wrote(&changed);
                    return Ok(Ok(changed));
                }
                Ok(None) => break Refusal::Server(error),
                Err(again) if again.is_not_found() && is_delete => {
                    journal.wrote(&target.live);
                    return Ok(Ok(target.live.clone()));
                }
                // It was to be made: a server that answered knows why it was not.
                Err(again) if again.is_not_found() && target.live.value.is_null() => match error.status() {
                    Some(_) => break Refusal::Server(error),
                    None => return Ok(Err(Refusal::Unknown(error))),
                },
                Err(again) if again.is_not_found() => break deleted(),
                // The journal keeps it open.
                Err(again) => return Ok(Err(Refusal::Unknown(again))),
            }
        }
        // An operation that no longer fits is 422 before the lock is looked at.
        if !error.is_stale() && error.code() != 422 || target.live.value.is_null() {
            break if error.is_not_found() { deleted() } else { Refusal::Server(error) };
        }
        match server.get(&target.live.reference).await {
            Ok(fresh) if fresh.resource_version() == target.live.resource_version() => break Refusal::Server(error),
            Ok(fresh) => match rebased(target, fresh) {
                Ok(next) if tries < RETRIES => {
                    *target = next;
                    tries += 1;
                }
                Ok(_) => break Refusal::Server(error),
                Err(refusal) => break refusal,
            },
            Err(gone) if gone.is_not_found() => break deleted(),
            Err(error) => break Refusal::Server(error),
        }
    };
    journal.settle(&target.live.reference, Fate::Refused);
    Ok(Err(refusal))
}

fn deleted() -> Refusal {
    Refusal::Said("it was deleted meanwhile".to_owned())
}

/// The same change on what the object has become, if that is the same object and asks for the same thing.
fn rebased(target: &Target, fresh: Live) -> Result<Target, Refusal> {
    if fresh.uid() != target.live.uid() {
        return Err(Refusal::Said("it was deleted and made anew meanwhile: it is another object now".to_owned()));
    }
    // Without a generation nobody can tell what has moved.
    if fresh.generation() == 0 || fresh.generation() != target.live.generation() {
        return Err(Refusal::Changed);
    }
    let mut after = fresh.value.clone();
    json_patch::patch(&mut after, &target.operations()).map_err(|_| Refusal::Changed)?;
    Ok(Target { live: fresh, after, ..target.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn live(uid: &str, generation: u64, status: Value) -> Live {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        let metadata = json!({"name": "web", "uid": uid, "generation": generation});
        Live::new(&resource, json!({"metadata": metadata, "spec": {}, "status": status}))
    }

    fn rebase(fresh: Live) -> Result<Value, Refusal> {
        let live = live("u", 3, json!(1));
        let mut after = live.value.clone();
        after["spec"]["a"] = json!(1);
        rebased(&Target { live, after, templates: Vec::new(), reasons: Vec::new() }, fresh).map(|target| target.after)
    }

    #[test]
    fn a_status_that_moves_is_no_change() {
        let after = rebase(live("u", 3, json!(2))).unwrap();
        assert_eq!((&after["spec"], &after["status"]), (&json!({"a": 1}), &json!(2)));
    }

    #[test]
    fn what_asks_for_something_else_is_planned_again() {
        assert_eq!(rebase(live("u", 4, json!(1))), Err(Refusal::Changed));
        assert_eq!(rebase(live("u", 0, json!(1))), Err(Refusal::Changed));
        assert!(matches!(rebase(live("v", 3, json!(1))), Err(Refusal::Said(_))));
    }
}
