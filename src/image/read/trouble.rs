//! Why an image cannot be read.

/// What went wrong. The message goes on from the image's name: `nginx:1.27: ...`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// A file or a stream cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// What was read is no image, or not what its digest says.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// It would cost more than an image may.
    #[error("is not read: {0}")]
    Refused(String),
    /// The registry has no such image.
    #[error("does not exist in {0}")]
    NotFound(String),
    /// The registry does not give it to us.
    #[error("is not given out by {host}: {why}")]
    Unauthorised {
        /// The registry.
        host: String,
        /// Which credentials it refused, or that there were none.
        why: String,
    },
    /// Nobody answers.
    #[error("cannot be had from {host}: {why}")]
    Unreachable {
        /// The registry.
        host: String,
        /// What happened.
        why: String,
    },
    /// Somebody answers who cannot prove to be the registry.
    #[error("cannot be had from {host}: TLS: {why}")]
    Tls {
        /// The registry.
        host: String,
        /// What happened.
        why: String,
    },
}

impl Trouble {
    pub(super) fn damaged(why: impl Into<String>) -> Self {
        Self::Damaged(why.into())
    }

    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }
}

/// A trouble found inside a reader travels through `std::io::Error`; anything else there is one of reading.
impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(trouble) => trouble,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Self::damaged("it is cut off"),
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }
}

impl From<Trouble> for std::io::Error {
    fn from(trouble: Trouble) -> Self {
        Self::other(trouble)
    }
}
