//! `sha256:...`, and proof that what was read has it.

use super::Trouble;
use ring::digest::{Context, SHA256};
use std::fmt;
use std::io::{self, Read};

/// The name of some bytes by their content. Always `sha256:` and 64 hex digits: safe as the name of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Digest(String);

impl Digest {
    /// `None` for anything else; other algorithms are allowed by the OCI specification and used by nobody.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let right = hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        right.then(|| Self(text.to_owned()))
    }

    /// The digest of bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::from_hash(ring::digest::digest(&SHA256, bytes).as_ref())
    }

    fn from_hash(hash: &[u8]) -> Self {
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("sha256:{hex}"))
    }

    /// `sha256:...`.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits alone.
    pub(super) fn hex(&self) -> &str {
        &self.0["sha256:".len()..]
    }

    /// The bytes, if this is their digest.
    pub(super) fn verify(&self, bytes: Vec<u8>) -> Result<Vec<u8>, Trouble> {
        let found = Self::of(&bytes);
        if found == *self { Ok(bytes) } else { Err(self.differs(&found)) }
    }

    fn differs(&self, found: &Self) -> Trouble {
        Trouble::damaged(format!("what should be {self} is {found}"))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Reads on and proves at the end of the stream that it was the right one. Nothing read may be believed before.
pub(super) struct Verified<R> {
    inner: R,
    hash: Option<(Context, Digest)>,
}

impl<R: Read> Verified<R> {
    /// `None` verifies nothing.
    pub(super) fn new(inner: R, digest: Option<Digest>) -> Self {
        Self { inner, hash: digest.map(|digest| (Context::new(&SHA256), digest)) }
    }

    /// Read what is left and compare. Gives back what it read from.
    pub(super) fn finish(mut self) -> Result<R, Trouble> {
        io::copy(&mut self, &mut io::sink())?;
        if let Some((hash, digest)) = self.hash {
            let found = Digest::from_hash(hash.finish().as_ref());
            if found != digest {
                return Err(digest.differs(&found));
            }
        }
        Ok(self.inner)
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if let Some((hash, _)) = &mut self.hash {
            hash.update(&buffer[..read]);
        }
        Ok(read)
    }
}
