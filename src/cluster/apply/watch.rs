//! The watch of a rollout that others may change meanwhile: it goes on with what they asked for.

use crate::cluster::rollout::{self, Patience, Progress, Verdict};
use crate::cluster::{Error, Live, Server};

/// How often a workload that others change is looked at anew.
const CHANGES: usize = 8;

/// Why nobody knows how the pods are.
#[derive(Debug, Clone, PartialEq)]
pub enum Lost {
    /// The object is gone, or another one of that name.
    Gone,
    /// They cannot be asked for.
    Unseen(Error),
}

/// Watch the pods of a workload that was just changed, also when somebody changes it again: then those pods count.
///
/// # Errors
/// See [`Lost`].
pub async fn watched(
    server: &Server,
    changed: &Live,
    patience: Patience,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Verdict, Lost> {
    let mut changed = changed.clone();
    let mut changes = 0;
    loop {
        let error = match rollout::watch(server, &changed, patience, progress).await {
            Ok(verdict) => return Ok(verdict),
            Err(error) => error,
        };
        match after(&changed, server.get(&changed.reference).await, error) {
            Next::Again(now) if changes < CHANGES => (changed, changes) = (*now, changes + 1),
            Next::Again(_) => return Err(Lost::Unseen(Error::Other("it is changed all the time".to_owned()))),
            Next::End(lost) => return Err(lost),
        }
    }
}

/// What to do when a watch ends without a verdict.
#[derive(Debug)]
enum Next {
    /// Watch what it has become.
    Again(Box<Live>),
    End(Lost),
}

/// What the end of a watch by an error means, given what the object is now.
fn after(changed: &Live, now: Result<Live, Error>, error: Error) -> Next {
    match now {
        Ok(now) if now.uid() != changed.uid() => Next::End(Lost::Gone),
        Err(gone) if gone.is_not_found() => Next::End(Lost::Gone),
        Ok(now) if now.generation() != changed.generation() => Next::Again(Box::new(now)),
        _ => Next::End(Lost::Unseen(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    fn live(uid: &str, generation: u64) -> Live {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        Live::new(&resource, json!({"metadata": {"name": "web", "uid": uid, "generation": generation}}))
    }

    fn next(now: Result<Live, Error>) -> Next {
        after(&live("u", 2), now, Error::Other("x".to_owned()))
    }

    #[test]
    fn what_others_ask_for_is_watched_then() {
        assert!(matches!(next(Ok(live("u", 3))), Next::Again(now) if now.generation() == 3));
        assert!(matches!(next(Ok(live("u", 2))), Next::End(Lost::Unseen(_))), "it fails for another reason");
        assert!(matches!(next(Ok(live("v", 1))), Next::End(Lost::Gone)));
        let status = serde_json::from_value(json!({"code": 404, "reason": "NotFound"})).unwrap();
        assert!(matches!(next(Err(Error::Status(Box::new(status)))), Next::End(Lost::Gone)));
        assert!(
            matches!(next(Err(Error::Other("y".to_owned()))), Next::End(Lost::Unseen(Error::Other(x))) if x == "x")
        );
    }
}
