//! What a file is besides its bytes: owner, group, mode, extended attributes.

use std::fs::File;

/// Give `copy` the owner, group, extended attributes and mode of `original`, in this order: a change of owner takes
/// special mode bits away, and an access control list changes the mode. `Err` names what cannot be kept.
pub(super) fn copy(original: &File, copy: &File) -> Result<(), String> {
    let metadata = original.metadata().map_err(|error| format!("its attributes cannot be read: {error}"))?;
    #[cfg(unix)]
    owner(&metadata, copy)?;
    #[cfg(target_os = "linux")]
    extended::copy(original, copy)?;
    copy.set_permissions(metadata.permissions()).map_err(|error| format!("its mode cannot be kept: {error}"))
}

#[cfg(unix)]
fn owner(metadata: &std::fs::Metadata, copy: &File) -> Result<(), String> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = copy.metadata().map_err(|error| format!("its owner cannot be kept: {error}"))?;
    let user = (new.uid() != metadata.uid()).then_some(metadata.uid());
    let group = (new.gid() != metadata.gid()).then_some(metadata.gid());
    if user.is_none() && group.is_none() {
        return Ok(());
    }
    fchown(copy, user, group).map_err(|_| match user {
        Some(user) => format!("belongs to user {user}, and a new file would belong to you; run as its owner"),
        None => format!("belongs to group {}, and you are not in it, so a new file would not", metadata.gid()),
    })
}

#[cfg(target_os = "linux")]
mod extended {
    use rustix::fs::{XattrFlags, fgetxattr, fgetxattr_query, flistxattr, flistxattr_query, fremovexattr, fsetxattr};
    use rustix::io::Errno;
    use std::ffi::{CStr, CString};
    use std::fs::File;

    /// Hashes and signatures of the content, which the kernel makes anew.
    const OF_THE_CONTENT: [&CStr; 2] = [c"security.ima", c"security.evm"];

    pub(super) fn copy(original: &File, copy: &File) -> Result<(), String> {
        let cannot = |name: &CStr| format!("its extended attribute {} cannot be kept", name.to_string_lossy());
        let wanted = names(original)?;
        let there = names(copy)?;
        for name in &wanted {
            let value = value(original, name).map_err(|_| cannot(name))?;
            // A security label is often right from the start, and to set it takes more rights than to have it.
            let same = there.contains(name) && self::value(copy, name).is_ok_and(|there| there == value);
            if !same {
                fsetxattr(copy, name.as_c_str(), &value, XattrFlags::empty()).map_err(|_| cannot(name))?;
            }
        }
        // A folder may give new files an access control list that the original does not have.
        for name in there.iter().filter(|name| !wanted.contains(name)) {
            fremovexattr(copy, name.as_c_str()).map_err(|_| cannot(name))?;
        }
        Ok(())
    }

    fn names(file: &File) -> Result<Vec<CString>, String> {
        let list = flistxattr_query(file).and_then(|size| filled(size, |buffer| flistxattr(file, buffer)));
        match list {
            Ok(list) => Ok(list
                .split(|byte| *byte == 0)
                .filter(|name| !name.is_empty())
                .filter_map(|name| CString::new(name).ok())
                .filter(|name| !OF_THE_CONTENT.contains(&name.as_c_str()))
                .collect()),
            // A file system without any.
            Err(Errno::NOTSUP) => Ok(Vec::new()),
            Err(error) => Err(format!("its extended attributes cannot be read: {error}")),
        }
    }

    fn value(file: &File, name: &CStr) -> Result<Vec<u8>, Errno> {
        fgetxattr_query(file, name).and_then(|size| filled(size, |buffer| fgetxattr(file, name, buffer)))
    }

    /// A buffer of `size` bytes with what `fill` puts into it.
    fn filled(size: usize, fill: impl FnOnce(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
        let mut buffer = vec![0; size];
        let length = fill(&mut buffer)?;
        buffer.truncate(length);
        Ok(buffer)
    }
}
