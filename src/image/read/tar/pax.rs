//! Extension headers of POSIX: `LENGTH key=value` lines.

use super::super::Trouble;

/// What an extension header says of the entry after it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extension {
    pub(super) path: Option<String>,
    pub(super) link: Option<String>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) size: Option<u64>,
    pub(super) capability: Option<Vec<u8>>,
}

impl Extension {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn parse(mut rest: &[u8]) -> Result<Self, Trouble> {
        let mut found = Self::default();
        while !rest.is_empty() && rest[0] != 0 {
            let (key, value, after) =
                record(rest).ok_or_else(|| Trouble::damaged("a tar extension header is broken"))?;
            let text = || String::from_utf8_lossy(value).into_owned();
            let number = || std::str::from_utf8(value).ok()?.parse::<u64>().ok();
            match key {
                b"path" | b"GNU.sparse.name" => found.path = Some(text()),
                b"linkpath" => found.link = Some(text()),
                b"uid" => found.uid = number().map(|id| u32::try_from(id).unwrap_or(u32::MAX)),
                b"gid" => found.gid = number().map(|id| u32::try_from(id).unwrap_or(u32::MAX)),
                b"size" => found.size = number().filter(|size| *size < 1 << 60),
                b"SCHILY.xattr.security.capability" => found.capability = Some(value.to_vec()),
                _ => {}
            }
            rest = after;
        }
        Ok(found)
    }
}

/// The first record: its key, its value, and what follows it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = memchr::memchr(b' ', bytes)?;
    let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', record)?;
    Some((&record[..equals], &record[equals + 1..], &bytes[length..]))
}
