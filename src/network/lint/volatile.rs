//! Labels that change with a release.

use std::sync::OnceLock;

/// Whether the value of a label changes with a release or with every pod, so that no selector should go by it.
pub fn is_volatile(key: &str) -> bool {
    static KEYS: OnceLock<Vec<String>> = OnceLock::new();
    // The file is part of the program; a test proves that it reads.
    let keys = KEYS.get_or_init(|| serde_yaml::from_str(include_str!("volatile-labels.yaml")).unwrap_or_default());
    keys.iter().any(|known| known == key)
}
