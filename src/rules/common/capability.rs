//! Linux capabilities: how people spell them, and the list a container adds.

use crate::rules::findings::or_except;
use crate::rules::{Assessment, Findings, Risk};
use crate::workload::{Container, Pod};
use serde_json::Value;

/// A capability as the Pod Security Standards spell it: upper case, no `CAP_`.
pub(in crate::rules) fn standard_spelling(spelled: &str) -> String {
    let upper = spelled.to_ascii_uppercase();
    upper.strip_prefix("CAP_").map(str::to_owned).unwrap_or(upper)
}

/// What a container may add.
pub(in crate::rules) struct Added<'r> {
    /// In the standard's spelling.
    pub(in crate::rules) allowed: &'r [&'r str],
    /// Why not others, a clause.
    pub(in crate::rules) why: &'r str,
    /// What its image is known to need, with the evidence.
    pub(in crate::rules) needed: Option<(&'r [String], &'r str)>,
    /// For a list that the tool itself added: how risky it is to take it away.
    pub(in crate::rules) ours: Option<Assessment>,
}

/// Find the capabilities that a container adds beyond what it may.
///
/// One that is allowed but spelled otherwise is respelled where it stands; what the image needs is for a person to decide;
/// the others leave the list.
pub(in crate::rules) fn check_added(
    pod: &Pod<'_>,
    container: &Container<'_>,
    added: &Added<'_>,
    rule: &str,
    found: &mut Findings,
) {
    let allowed = added.allowed;
    let field = container.field("securityContext/capabilities/add");
    let items = field.items();
    let wrong: Vec<_> = items.iter().filter(|item| item.as_str().is_none_or(|name| !allowed.contains(&name))).collect();
    if wrong.is_empty() {
        return;
    }
    let respelled = |name: &str| Some(standard_spelling(name)).filter(|name| allowed.contains(&name.as_str()));
    let names: Vec<_> = wrong.iter().map(|item| item.as_str().unwrap_or("null")).collect();
    let names = names.join(", ");
    if wrong.iter().all(|item| item.as_str().and_then(respelled).is_some()) && !pod.is_windows() {
        let mut draft = found
            .at(&field)
            .because(format!("the Pod Security Standards do not know the spelling {names} and refuse it"));
        for item in wrong {
            let name = item.as_str().and_then(respelled).unwrap_or_default();
            draft =
                draft.set(item, name, Risk::Safe.because("it is the same capability, spelled as the standard does"));
        }
        return;
    }
    let draft = found.at(&field);
    let needs = |name: &str| added.needed.is_some_and(|(list, _)| list.contains(&standard_spelling(name)));
    if let Some((_, evidence)) = added.needed.filter(|_| wrong.iter().all(|item| item.as_str().is_some_and(needs))) {
        draft
            .because(format!("it needs {names}, and {}", added.why))
            .decide(or_except(rule, &format!("it needs them: {evidence}")));
        return;
    }
    let (reason, risk) = match &added.ours {
        Some(assessment) => ("of the capabilities that a root start uses it may need none".into(), assessment.clone()),
        None => (
            format!("it adds {names}: {}", added.why),
            Risk::Breaking.because(format!("the manifest asks for {names}")),
        ),
    };
    let draft = draft.because(reason);
    if pod.is_windows() {
        draft.remove(&field, risk);
    } else {
        let stays = |name: &str| respelled(name).or_else(|| needs(name).then(|| standard_spelling(name)));
        let kept = items.iter().filter_map(|item| item.as_str().and_then(stays)).map(Value::from);
        draft.set(&field, kept.collect::<Vec<_>>(), risk);
    }
}

#[cfg(test)]
mod tests {
    use super::standard_spelling;

    #[test]
    fn every_spelling_has_one_name() {
        for spelled in ["NET_ADMIN", "net_admin", "CAP_NET_ADMIN", "cap_net_admin", "Cap_Net_Admin"] {
            assert_eq!(standard_spelling(spelled), "NET_ADMIN");
        }
        assert_eq!(standard_spelling("CAPACITY"), "CAPACITY");
    }
}
