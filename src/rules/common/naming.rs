//! Names for what rules add to a pod.

use crate::workload::Pod;
use std::collections::HashSet;

/// The longest name of a volume or container.
pub(in crate::rules) const LONGEST_NAME: usize = 63;

/// A name for a volume that no volume of the pod has, nor any of those that are to come.
pub(in crate::rules) fn free_volume_name(pod: &Pod<'_>, wanted: &str, to_come: &HashSet<&str>) -> String {
    let wanted = label(wanted);
    let cut = |room: usize| wanted[..wanted.len().min(LONGEST_NAME - room)].trim_end_matches('-').to_owned();
    let taken = |name: &str| pod.volume(name).is_some() || pod.is_claimed(name) || to_come.contains(name);
    let mut name = cut(0);
    for number in 2.. {
        if !taken(&name) {
            break;
        }
        name = format!("{}-{number}", cut(4));
    }
    name
}

/// The same with a dash for everything that such a name must not have.
pub(in crate::rules) fn label(text: &str) -> String {
    let fine = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    text.to_ascii_lowercase().chars().map(|char| if fine(char) { char } else { '-' }).collect()
}
