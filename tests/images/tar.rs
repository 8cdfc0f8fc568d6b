//! Writes tars as image builders do, and as nobody should.

/// A tar being written.
#[derive(Clone, Default)]
pub(crate) struct Tar {
    pub(crate) bytes: Vec<u8>,
}

/// Owner and mode of an entry.
#[derive(Clone, Copy)]
pub(crate) struct By(pub(crate) u64, pub(crate) u64, pub(crate) u64);

pub(crate) const ROOT_DIR: By = By(0, 0, 0o755);
pub(crate) const ROOT_FILE: By = By(0, 0, 0o644);
pub(crate) const ROOT_PROGRAM: By = By(0, 0, 0o755);

impl Tar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn dir(self, path: &str, by: By) -> Self {
        self.entry(b'5', path, "", by, &[])
    }

    pub(crate) fn file(self, path: &str, by: By, content: impl AsRef<[u8]>) -> Self {
        self.entry(b'0', path, "", by, content.as_ref())
    }

    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        self.entry(b'2', path, target, By(0, 0, 0o777), &[])
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(b'1', path, target, ROOT_FILE, &[])
    }

    /// A FIFO.
    pub(crate) fn fifo(self, path: &str) -> Self {
        self.entry(b'6', path, "", ROOT_FILE, &[])
    }

    /// Records for the next entry.
    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let mut body = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let mut length = rest;
            while length != rest + length.to_string().len() {
                length = rest + length.to_string().len();
            }
            body.extend(format!("{length} {key}=").bytes());
            body.extend(*value);
            body.push(b'\n');
        }
        self.entry(b'x', "PaxHeaders/x", "", ROOT_FILE, &body)
    }

    /// A program with file capabilities, as `setcap` writes them.
    pub(crate) fn capable(self, path: &str, bits: u32, effective: bool) -> Self {
        let mut value = [0; 20];
        value[..4].copy_from_slice(&(0x0200_0000 | u32::from(effective)).to_le_bytes());
        value[4..8].copy_from_slice(&bits.to_le_bytes());
        self.pax(&[("SCHILY.xattr.security.capability", &value)]).file(path, ROOT_PROGRAM, "ELF")
    }

    pub(crate) fn entry(mut self, kind: u8, path: &str, link: &str, by: By, content: &[u8]) -> Self {
        self.bytes.extend(header(kind, path, link, by, content.len() as u64));
        self.bytes.extend(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    /// With the two empty blocks at the end.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.bytes.extend([0; 1024]);
        self.bytes
    }
}

/// A header alone; long paths are written in GNU's way by the caller.
pub(crate) fn header(kind: u8, path: &str, link: &str, By(uid, gid, mode): By, size: u64) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, &path.as_bytes()[..path.len().min(100)]);
    put(100, format!("{mode:07o}").as_bytes());
    put(108, format!("{uid:07o}").as_bytes());
    put(116, format!("{gid:07o}").as_bytes());
    put(124, format!("{size:011o}").as_bytes());
    put(136, b"00000000000");
    put(148, b"        ");
    put(156, &[kind]);
    put(157, &link.as_bytes()[..link.len().min(100)]);
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}
