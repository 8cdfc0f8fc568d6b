//! Programs quote what they were given: what they say is shown without the secrets that stand in their workload.

use super::Sighting;
use crate::secrets::{MASK, look};
use crate::workload::lookup;
use serde_json::Value;

/// Shorter values are words, and no secrets.
const SHORTEST: usize = 4;

/// Take the secrets of the object out of what was seen.
pub(super) fn mask(found: &mut [Sighting], object: &Value) {
    let secrets = secrets(object);
    for sighting in found {
        for secret in secrets.iter().filter(|secret| sighting.text.contains(**secret)).collect::<Vec<_>>() {
            sighting.text = sighting.text.replace(secret, MASK);
        }
    }
}

/// The longest first: one may be part of another.
fn secrets(object: &Value) -> Vec<&str> {
    let sights = look(object);
    let value = |sight: &crate::secrets::Sight| {
        let text = lookup(object, &sight.pointer)?.as_str()?;
        sight.part.clone().map_or(Some(text), |part| text.get(part))
    };
    let mut values: Vec<&str> = sights.iter().filter_map(value).filter(|value| value.len() >= SHORTEST).collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::rollout::Source;
    use serde_json::json;

    #[test]
    fn a_password_that_a_program_quotes_is_not_shown() {
        let env = json!([{"name": "DB_PASSWORD", "value": "S3cr3tHunter2"}, {"name": "MODE", "value": "production"}]);
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "spec": {"template": {"spec": {"containers": [{"name": "web", "env": env}]}}}});
        let text = "production: cannot go on with S3cr3tHunter2".to_owned();
        let (pod, container, reason, exit_code) = (None, None, String::new(), None);
        let mut found = [Sighting { source: Source::Log, pod, container, reason, exit_code, text }];
        mask(&mut found, &object);
        assert_eq!(found[0].text, "production: cannot go on with ***");
    }
}
