//! Why a watch ends without a verdict.

use crate::cluster::rollout::Verdict;
use crate::cluster::{Error, Live, Server};

/// Why nobody knows how the pods are.
#[derive(Debug, Clone, PartialEq)]
pub enum Lost {
    /// The object is gone, or another one of that name.
    Gone,
    /// They cannot be asked for.
    Unseen(Error),
}

/// What a watch of this object came to.
///
/// # Errors
/// See [`Lost`].
pub async fn seen_by(server: &Server, changed: &Live, watch: Result<Verdict, Error>) -> Result<Verdict, Lost> {
    match watch {
        Ok(verdict) => Ok(verdict),
        Err(error) => Err(lost(changed, server.get(&changed.reference).await, error)),
    }
}

/// What the end of a watch by an error means, given what the object is now.
fn lost(changed: &Live, now: Result<Live, Error>, error: Error) -> Lost {
    match now {
        Ok(now) if now.uid() != changed.uid() => Lost::Gone,
        Err(gone) if gone.is_not_found() => Lost::Gone,
        _ => Lost::Unseen(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    fn live(uid: &str) -> Live {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        Live::new(&resource, json!({"metadata": {"name": "web", "uid": uid}}))
    }

    fn of(now: Result<Live, Error>) -> Lost {
        lost(&live("u"), now, Error::Other("x".to_owned()))
    }

    #[test]
    fn what_is_gone_is_told_from_what_cannot_be_seen() {
        let unseen = Lost::Unseen(Error::Other("x".to_owned()));
        assert_eq!(of(Ok(live("u"))), unseen);
        assert_eq!(of(Ok(live("v"))), Lost::Gone);
        let status = serde_json::from_value(json!({"code": 404, "reason": "NotFound"})).unwrap();
        assert_eq!(of(Err(Error::Status(Box::new(status)))), Lost::Gone);
        assert_eq!(of(Err(Error::Other("y".to_owned()))), unseen);
    }
}
