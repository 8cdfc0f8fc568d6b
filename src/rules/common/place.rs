//! At which level a field of the security context is written: once on the pod, or on each container.

use crate::rules::Findings;
use crate::workload::{Container, Field, Pod};

/// A place for a field, and the containers that take it from there.
pub(in crate::rules) struct Place<'p, 'a> {
    pub(in crate::rules) field: Field<'a>,
    pub(in crate::rules) reached: Vec<&'p Container<'a>>,
}

/// Where to write a field of the security context that `reached`, containers without one of their own, shall take.
///
/// One place on the pod, for the fewest fields, unless it would reach a container that an exception spares or the kind
/// takes no security context there; then one place on each container. The rule finds something in the places of spared
/// containers too: the exception excuses it there.
pub(in crate::rules) fn places<'p, 'a>(
    pod: &Pod<'a>,
    path: &str,
    reached: Vec<&'p Container<'a>>,
    found: &Findings,
) -> Vec<Place<'p, 'a>> {
    let pod_alone = reached.is_empty() || (pod.takes_security_context() && !found.spares_any(&reached));
    if pod_alone { vec![on_pod(pod, path, reached)] } else { on_each(path, &reached) }
}

/// One place on the pod.
pub(in crate::rules) fn on_pod<'p, 'a>(pod: &Pod<'a>, path: &str, reached: Vec<&'p Container<'a>>) -> Place<'p, 'a> {
    Place { field: pod.field(&format!("securityContext/{path}")), reached }
}

/// One place on each container.
pub(in crate::rules) fn on_each<'p, 'a>(path: &str, containers: &[&'p Container<'a>]) -> Vec<Place<'p, 'a>> {
    let place = |container: &&'p Container<'a>| Place {
        field: container.field(&format!("securityContext/{path}")),
        reached: vec![*container],
    };
    containers.iter().map(place).collect()
}
