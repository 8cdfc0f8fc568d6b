//! The lock file of images: read before a run, or written by one.

use super::{Console, UsageError};
use crate::image::{Pin, Pins, Reference};
use crate::profile::ImagesLock;
use anyhow::Context;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// Read a lock file.
pub(super) fn read(path: &Path) -> anyhow::Result<ImagesLock> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| UsageError(format!("cannot read the lock file {}: {error}", path.display())))?;
    Ok(ImagesLock::read(&path.display().to_string(), &text)?)
}

/// Write the digests of the images that are wanted. What has none is told.
pub(super) fn write(path: &Path, wanted: &BTreeSet<String>, pins: &Pins, console: &mut Console) -> anyhow::Result<()> {
    let now = jiff::Timestamp::now().round(jiff::Unit::Second)?.to_string();
    let mut lock = ImagesLock::default();
    let mut missing = Vec::new();
    for image in wanted {
        let Ok(reference) = Reference::parse(image) else { continue };
        match pins.get(&reference) {
            _ if reference.digest().is_some() => {}
            Some(pin) if pin.resolved_at.is_empty() => {
                lock.add(&reference, Pin { resolved_at: now.clone(), ..pin.clone() });
            }
            Some(pin) => lock.add(&reference, pin.clone()),
            None => missing.push(image.as_str()),
        }
    }
    if !missing.is_empty() {
        console.warn(&format!("nothing tells the digests of {}: the lock file lacks them", missing.join(", ")));
    }
    save(path, &lock.to_yaml()).with_context(|| format!("cannot write the lock file {}", path.display()))
}

/// Write a file whole or not at all.
fn save(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // It is no secret: as any file that is committed.
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path)?;
    Ok(())
}
