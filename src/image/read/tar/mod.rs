//! Reads a tar stream entry by entry, in bounded memory.
//!
//! POSIX pax, ustar and GNU tar as image builders write them. A stream that ends right after an entry, without the two
//! empty blocks, is complete; one that ends within an entry is cut off.

mod header;
mod pax;

pub(super) use header::Kind;

use super::Trouble;
use header::{BLOCK, Header};
use std::io::{self, Read, Seek};

/// Bytes of an extension header at most: a path and the extended attributes. Linux allows 64 KiB of attributes.
const EXTENSION: u64 = 1 << 20;

/// One entry, before its data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// As it stands: `./etc/passwd`, `etc/passwd`, `/etc/passwd`.
    pub(super) path: String,
    pub(super) kind: Kind,
    /// Where a link leads.
    pub(super) link: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Permission bits, 07777.
    pub(super) mode: u16,
    /// Bytes of data that follow.
    pub(super) size: u64,
    /// The extended attribute `security.capability`.
    pub(super) capability: Option<Vec<u8>>,
}

/// What a tar can be read from: bytes, and a way past those that nobody wants.
pub(super) trait Source: Read {
    /// Go past so many bytes; fewer when the source ends before. Returns how many.
    fn skip(&mut self, count: u64) -> io::Result<u64>;
}

/// A stream: what is skipped is read.
pub(super) struct Streamed<R>(pub(super) R);

impl<R: Read> Read for Streamed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Source for Streamed<R> {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        io::copy(&mut (&mut self.0).take(count), &mut io::sink())
    }
}

impl Source for std::fs::File {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        let here = self.stream_position()?;
        let end = self.metadata()?.len();
        let count = count.min(end.saturating_sub(here));
        self.seek(io::SeekFrom::Start(here + count))?;
        Ok(count)
    }
}

/// The entries of a tar.
pub(super) struct Reader<S> {
    source: S,
    /// Bytes of the current entry's data that are still to come...
    data: u64,
    /// ...and of what fills its last block.
    padding: u64,
    /// Bytes gone past, headers included.
    position: u64,
}

impl<S: Source> Reader<S> {
    pub(super) fn new(source: S) -> Self {
        Self { source, data: 0, padding: 0, position: 0 }
    }

    /// Where the current entry's data begins.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next entry; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Trouble> {
        let mut more = pax::Extension::default();
        let mut long_path = None;
        let mut long_link = None;
        loop {
            self.leave()?;
            let header = match self.block()? {
                Some(block) => Header::parse(&block)?,
                None => None,
            };
            let Some(header) = header else {
                return if more.is_empty() && long_path.is_none() && long_link.is_none() {
                    Ok(None)
                } else {
                    Err(Trouble::damaged("a tar ends before the entry that it announces"))
                };
            };
            match header.kind {
                Kind::Pax => more = pax::Extension::parse(&self.extension(header.size)?)?,
                Kind::Global => {}
                Kind::LongPath => long_path = Some(text(&self.extension(header.size)?)),
                Kind::LongLink => long_link = Some(text(&self.extension(header.size)?)),
                _ => return self.entry(header, more, long_path, long_link).map(Some),
            }
            if header.kind == Kind::Global {
                self.expect(header.size);
            }
        }
    }

    /// The data of the current entry, up to a limit.
    pub(super) fn content(&mut self, limit: u64) -> Result<Vec<u8>, Trouble> {
        let mut content = Vec::new();
        let wanted = self.data.min(limit);
        let read = (&mut self.source).take(wanted).read_to_end(&mut content)? as u64;
        self.data -= read;
        self.position += read;
        if read < wanted { Err(cut_off()) } else { Ok(content) }
    }

    /// What the entries came from.
    pub(super) fn into_source(self) -> S {
        self.source
    }

    fn entry(
        &mut self,
        header: Header,
        more: pax::Extension,
        long_path: Option<String>,
        long_link: Option<String>,
    ) -> Result<Entry, Trouble> {
        let mut continues = header.sparse_continues;
        while continues {
            let block = self.block()?.ok_or_else(cut_off)?;
            continues = block[504] != 0;
        }
        let path = more.path.or(long_path).unwrap_or(header.path);
        let has_data = header.kind == Kind::File || header.kind == Kind::Other && header.size_counts;
        let size = if has_data { more.size.unwrap_or(header.size) } else { 0 };
        self.expect(size);
        // Before POSIX a directory was a file with a slash.
        let kind = if header.kind == Kind::File && path.ends_with('/') { Kind::Directory } else { header.kind };
        Ok(Entry {
            kind,
            link: more.link.or(long_link).unwrap_or(header.link),
            uid: more.uid.unwrap_or(header.uid),
            gid: more.gid.unwrap_or(header.gid),
            mode: header.mode,
            size,
            capability: more.capability,
            path,
        })
    }

    fn expect(&mut self, size: u64) {
        self.data = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>, Trouble> {
        if size > EXTENSION {
            return Err(Trouble::refused("a tar has an extension header of more than 1 MiB"));
        }
        self.expect(size);
        self.content(size)
    }

    /// Go to the end of the current entry.
    fn leave(&mut self) -> Result<(), Trouble> {
        let skipped = self.source.skip(self.data)?;
        self.position += skipped;
        if skipped < self.data {
            return Err(cut_off());
        }
        // Some builders leave out what fills the very last block.
        self.position += self.source.skip(self.padding)?;
        self.data = 0;
        self.padding = 0;
        Ok(())
    }

    /// The next block; `None` at the end of the source.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, Trouble> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.source.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(cut_off()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.position += BLOCK as u64;
        Ok(Some(block))
    }
}

fn cut_off() -> Trouble {
    Trouble::damaged("a tar is cut off within an entry")
}

/// Text up to the first NUL.
fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
