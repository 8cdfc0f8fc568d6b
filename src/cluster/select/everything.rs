//! All workloads there are: those of Kubernetes that nobody runs, and those of operators as far as they are served.

use super::top::Controller;
use super::{AT_ONCE, BATCH, Scope, Told, of_list};
use crate::cluster::{Error, Live, Reference, Resource};
use futures::{StreamExt, stream};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Kinds that people make as a rule: their lists are read whole.
const MADE: [(&str, &str, &str); 4] = [
    ("apps", "Deployment", "deployments"),
    ("apps", "StatefulSet", "statefulsets"),
    ("apps", "DaemonSet", "daemonsets"),
    ("batch", "CronJob", "cronjobs"),
];
/// Kinds that controllers make as a rule: who has no controller is picked out of the lists of their metadata.
const RUN: [(&str, &str, &str); 4] = [
    ("batch", "Job", "jobs"),
    ("apps", "ReplicaSet", "replicasets"),
    ("", "ReplicationController", "replicationcontrollers"),
    ("", "Pod", "pods"),
];
/// Kubernetes' own groups.
const OWN_GROUPS: [&str; 4] = ["", "apps", "batch", "extensions"];

/// What the lists came to.
#[derive(Default)]
struct Lists {
    told: Told,
    /// The resources that may not be listed, and what the server said to the first.
    forbidden: Vec<String>,
    refusal: Option<Error>,
    read: usize,
}

pub(super) async fn workloads(scope: &Scope<'_>, take: &mut dyn FnMut(Vec<Live>)) -> Result<Told, Error> {
    let mut lists = Lists::default();
    for resource in MADE.iter().map(|row| own(scope, row)) {
        let result = scope.list(&resource, &mut |live| on_top(scope, live), take).await;
        lists.note(result, scope, &resource);
    }
    for resource in RUN.iter().map(|row| own(scope, row)) {
        let result = alone(scope, &resource, take).await;
        lists.note(result, scope, &resource);
    }
    for resource in of_operators(scope) {
        match scope.list(&resource, &mut |live| on_top(scope, live), take).await {
            Err(error) if error.is_forbidden() => {
                lists.told.notes.push(format!("may not list {}: they are left out", resource.full_name()));
            }
            result => lists.note(result, scope, &resource),
        }
    }
    lists.close(scope)
}

/// The resource of a kind of Kubernetes.
fn own(scope: &Scope<'_>, (group, kind, plural): &(&str, &str, &str)) -> Arc<Resource> {
    let resource = Resource::builtin(group, "v1", kind, plural, true);
    scope.discovery.of_kind(&resource.api_version(), kind).unwrap_or_else(|| Arc::new(resource))
}

/// The first workload of each namespace that is none of these, by their uids.
///
/// # Errors
/// Where a list may not be read: then nobody can tell.
pub async fn others(scope: &Scope<'_>, known: &HashSet<&str>) -> Result<BTreeMap<String, Reference>, Error> {
    let mut found: BTreeMap<String, Reference> = BTreeMap::new();
    let kinds = MADE.iter().chain(&RUN).map(|row| own(scope, row));
    for resource in kinds.chain(of_operators(scope)) {
        let note = |live: Live| {
            if let Some(live) = on_top(scope, live).filter(|live| !known.contains(live.uid()))
                && let Some(namespace) = live.reference.namespace.clone()
            {
                found.entry(namespace).or_insert(live.reference);
            }
        };
        match scope.server.list_metadata(&resource, scope.namespace, &scope.options, note).await {
            Err(error) if !error.is_not_found() => return Err(of_list(error, &scope.options, &resource)),
            _ => {}
        }
        // One in the only namespace says it all.
        if scope.namespace.is_some() && !found.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// The object, unless another workload runs it: that one is in a list, too.
fn on_top(scope: &Scope<'_>, live: Live) -> Option<Live> {
    let is_run = Controller::of(&live).is_some_and(|controller| controller.is_workload(scope.kinds));
    (!is_run).then_some(live)
}

/// Those of a resource that no workload runs.
async fn alone(scope: &Scope<'_>, resource: &Arc<Resource>, take: &mut dyn FnMut(Vec<Live>)) -> Result<(), Error> {
    let mut wanted: Vec<Reference> = Vec::new();
    let pick = |live: Live| wanted.extend(on_top(scope, live).map(|live| live.reference));
    scope.server.list_metadata(resource, scope.namespace, &scope.options, pick).await?;
    let got = stream::iter(wanted).map(|reference| async move { scope.server.get(&reference).await });
    let mut got = got.buffered(AT_ONCE).chunks(BATCH);
    while let Some(batch) = got.next().await {
        let lives: Result<Vec<Live>, Error> = batch.into_iter().filter(|one| !is_gone(one)).collect();
        take(lives?);
    }
    Ok(())
}

/// Whether an object was deleted since it was listed.
fn is_gone(one: &Result<Live, Error>) -> bool {
    one.as_ref().is_err_and(Error::is_not_found)
}

/// The resources of operators that hold pod templates, each kind in the version that the server prefers.
fn of_operators(scope: &Scope<'_>) -> Vec<Arc<Resource>> {
    let mut found: Vec<Arc<Resource>> = Vec::new();
    for resource in scope.discovery.resources() {
        let Resource { group, kind, verbs, .. } = &**resource;
        let known = found.iter().any(|other| (&other.group, &other.kind) == (group, kind));
        let lists = verbs.iter().any(|verb| verb == "list");
        if !known && lists && !OWN_GROUPS.contains(&group.as_str()) && scope.kinds.knows(group, kind) {
            found.push(Arc::clone(resource));
        }
    }
    found
}

impl Lists {
    fn note(&mut self, result: Result<(), Error>, scope: &Scope<'_>, resource: &Resource) {
        match result {
            Ok(()) => self.read += 1,
            Err(error) if error.is_forbidden() => {
                self.forbidden.push(resource.full_name());
                self.refusal.get_or_insert(error);
            }
            Err(error) => self.told.errors.push(of_list(error, &scope.options, resource)),
        }
    }

    /// One sentence for all that may not be listed.
    fn close(mut self, scope: &Scope<'_>) -> Result<Told, Error> {
        let Some(refusal) = self.refusal else { return Ok(self.told) };
        if self.read == 0 {
            // Who may read nothing need not be told what of it.
            self.told.notes.clear();
        }
        let place =
            scope.namespace.map_or("in all namespaces".to_owned(), |namespace| format!("in namespace {namespace}"));
        let who = refusal.status().and_then(|status| user_in(&status.message)).unwrap_or("this user");
        let hint = match (scope.namespace, self.read) {
            (None, 0) => "; name a namespace with -n",
            _ => "",
        };
        self.told.errors.push(Error::Other(format!("{who} may not list {} {place}{hint}", self.forbidden.join(", "))));
        Ok(self.told)
    }
}

/// Who is refused, out of `deployments.apps is forbidden: User "jane" cannot list ...`.
fn user_in(message: &str) -> Option<&str> {
    let start = message.find("User \"")?;
    let length = message[start + 6..].find('"')? + 7;
    message.get(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refused_user_is_named_as_the_server_names_it() {
        let message = "deployments.apps is forbidden: User \"jane\" cannot list resource \"deployments\"";
        assert_eq!(user_in(message), Some("User \"jane\""));
        assert_eq!(user_in("no"), None);
    }
}
