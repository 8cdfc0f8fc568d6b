//! The 512 bytes before each entry.

use super::super::Trouble;
use super::text;

/// Bytes of a block.
pub(super) const BLOCK: usize = 512;

/// What an entry is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) enum Kind {
    #[default]
    File,
    HardLink,
    Symlink,
    Directory,
    /// A device, a FIFO, whatever else.
    Other,
    /// Says more of the next entry.
    Pax,
    /// Says more of all entries that follow: image builders put nothing there that counts.
    Global,
    /// Holds the next entry's path.
    LongPath,
    /// Holds where the next entry leads.
    LongLink,
}

/// A header's fields.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) path: String,
    pub(super) link: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mode: u16,
    pub(super) size: u64,
    /// Whether data follows an entry of kind `Other`.
    pub(super) size_counts: bool,
    /// Whether blocks with more of a sparse file's map follow.
    pub(super) sparse_continues: bool,
}

impl Header {
    /// `None` for the empty block at the end.
    pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Option<Self>, Trouble> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let no_tar = || Trouble::damaged("a layer or archive is no tar");
        let stated = number(&block[148..156]).ok_or_else(no_tar)?;
        // The field itself counts as blanks. Old programs added the bytes up with their sign.
        let field: i64 = block[148..156].iter().map(|byte| i64::from(*byte)).sum();
        let unsigned: i64 = block.iter().map(|byte| i64::from(*byte)).sum::<i64>() - field + 8 * i64::from(b' ');
        let negative = block[..148].iter().chain(&block[156..]).filter(|byte| **byte >= 0x80).count();
        let stated = i64::try_from(stated).map_err(|_| no_tar())?;
        if stated != unsigned && stated != unsigned - 256 * negative as i64 {
            return Err(no_tar());
        }
        let size = number(&block[124..136]).filter(|size| *size < 1 << 60);
        let kind = match block[156] {
            b'0' | 0 | b'7' | b'S' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::Symlink,
            b'5' => Kind::Directory,
            b'x' => Kind::Pax,
            b'g' => Kind::Global,
            b'L' => Kind::LongPath,
            b'K' => Kind::LongLink,
            _ => Kind::Other,
        };
        let name = text(&block[..100]);
        let prefix = if &block[257..263] == b"ustar\0" { text(&block[345..500]) } else { String::new() };
        Ok(Some(Self {
            kind,
            path: if prefix.is_empty() { name } else { format!("{prefix}/{name}") },
            link: text(&block[157..257]),
            uid: id(&block[108..116]),
            gid: id(&block[116..124]),
            mode: (number(&block[100..108]).unwrap_or(0) & 0o7777) as u16,
            size: size.ok_or_else(|| Trouble::damaged("a tar entry has no size"))?,
            size_counts: !matches!(block[156], b'3' | b'4' | b'6'),
            sparse_continues: block[156] == b'S' && block[482] != 0,
        }))
    }
}

/// A user or group; what is no number that Linux has is nobody's.
fn id(field: &[u8]) -> u32 {
    number(field).and_then(|id| u32::try_from(id).ok()).unwrap_or(u32::MAX)
}

/// A number in octal digits, or in base 256 when the first bit is set. An empty field is 0.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let mut value = u64::from(field[0] & 0x7f);
        for byte in &field[1..] {
            value = value.checked_mul(256)?.checked_add(u64::from(*byte))?;
        }
        return Some(value);
    }
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    let digits = std::str::from_utf8(&field[..end]).ok()?.trim();
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}
