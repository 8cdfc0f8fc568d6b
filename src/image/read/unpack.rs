//! Unpacks a layer while it is read: gzip, zstd or nothing, by its first bytes and not by what its manifest says.

use super::{Limits, Trouble};
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

/// The unpacked stream, refused when it grows far beyond what was packed.
pub(super) struct Unpacked<R: Read> {
    form: Form<Watched<R>>,
    packed: Rc<Watch>,
    /// Bytes before this layer.
    before: u64,
    here: u64,
    limits: Limits,
}

enum Form<R> {
    Plain(R),
    Gzip(Box<MultiGzDecoder<R>>),
    Zstd(Box<Zstd<R>>),
}

type Watched<R> = BufReader<Watcher<R>>;

/// What came out of the packed stream.
#[derive(Default)]
struct Watch {
    bytes: Cell<u64>,
    failure: RefCell<Option<io::Error>>,
}

/// Counts what is read, and remembers a failure that a decoder on the way would wrap beyond recognition.
struct Watcher<R> {
    inner: R,
    watch: Rc<Watch>,
}

impl<R: Read> Read for Watcher<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(read) => {
                self.watch.bytes.set(self.watch.bytes.get() + read as u64);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let told = io::Error::from(error.kind());
                self.watch.failure.replace(Some(error));
                Err(told)
            }
        }
    }
}

impl<R: Read> Unpacked<R> {
    /// `before` bytes count against the limits already.
    pub(super) fn new(packed: R, before: u64, limits: &Limits) -> Result<Self, Trouble> {
        let watch = Rc::new(Watch::default());
        let mut reader = BufReader::with_capacity(64 << 10, Watcher { inner: packed, watch: watch.clone() });
        let start = reader.fill_buf().map_err(|error| watch.failure.take().unwrap_or(error))?;
        let form = match start {
            [0x1f, 0x8b, ..] => Form::Gzip(Box::new(MultiGzDecoder::new(reader))),
            // A frame, or one to skip: that is how `zstd:chunked` carries its table.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Form::Zstd(Box::new(Zstd::new(reader)))
            }
            [b'B', b'Z', b'h', ..] => return Err(Trouble::refused("a layer is packed with bzip2")),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => return Err(Trouble::refused("a layer is packed with xz")),
            _ => Form::Plain(reader),
        };
        Ok(Self { form, packed: watch, before, here: 0, limits: limits.clone() })
    }

    /// How many bytes count against the limits now.
    pub(super) fn total(&self) -> u64 {
        self.before + self.here
    }

    /// The packed stream, at a place that does not matter any more.
    pub(super) fn into_packed(self) -> R {
        let reader = match self.form {
            Form::Plain(reader) => reader,
            Form::Gzip(decoder) => decoder.into_inner(),
            Form::Zstd(decoder) => decoder.reader,
        };
        reader.into_inner().inner
    }

    /// What a decoder dislikes is damage; what happened to the stream below it stays what it is.
    fn failure(&self, error: io::Error) -> io::Error {
        match self.packed.failure.take() {
            Some(failure) => failure,
            None if error.kind() == io::ErrorKind::UnexpectedEof => Trouble::damaged("a layer is cut off").into(),
            None => Trouble::damaged(format!("a layer cannot be unpacked: {error}")).into(),
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.form {
            Form::Plain(reader) => reader.read(buffer),
            Form::Gzip(decoder) => decoder.read(buffer),
            Form::Zstd(decoder) => decoder.read(buffer),
        };
        let read = match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            read => read.map_err(|error| self.failure(error))?,
        };
        self.here += read as u64;
        if self.total() > self.limits.unpacked {
            return Err(Trouble::refused("its layers unpack to more than is read of an image").into());
        }
        if self.here > self.limits.unpacked_free + self.limits.ratio * self.packed.bytes.get() {
            return Err(Trouble::refused("a small layer unpacks to far more than its size").into());
        }
        Ok(read)
    }
}

/// One zstd frame after the other.
struct Zstd<R> {
    reader: R,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: BufRead> Zstd<R> {
    fn new(reader: R) -> Self {
        Self { reader, decoder: FrameDecoder::new(), within: false }
    }

    /// Begin the next frame; `false` at the end.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.reader.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.reader) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.reader).take(length.into()), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.within && self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.within && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.reader, one).map_err(io::Error::other)?;
                continue;
            }
            self.within = self.begin()?;
            if !self.within {
                return Ok(0);
            }
        }
    }
}
