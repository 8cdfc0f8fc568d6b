//! A tape of bytes that decides: the same tape gives the same text and the same edit, and a shorter or smaller tape
//! gives a simpler one, so that proptest shrinks well and a fuzzer steers well.

/// Reads decisions from bytes; an empty tape always decides for the simplest, which is 0.
#[derive(Debug)]
pub(crate) struct Tape<'t> {
    bytes: &'t [u8],
}

impl<'t> Tape<'t> {
    pub(crate) fn new(bytes: &'t [u8]) -> Self {
        Self { bytes }
    }

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % count.max(1)
    }

    /// True in `share` of 10 cases.
    pub(crate) fn tenths(&mut self, share: usize) -> bool {
        self.below(10) >= 10 - share
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}
