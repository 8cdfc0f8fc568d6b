//! A run over manifests or over live objects: the same from here on.

use super::words::Asked;
use super::{Console, Session};
use crate::cli::Ruling;

#[cfg(feature = "cluster")]
use super::live::LiveSession;

/// A run.
pub(super) enum Opened {
    /// Over manifests.
    Files(Box<Session>),
    /// Over live objects.
    #[cfg(feature = "cluster")]
    Live(Box<LiveSession>),
}

impl Opened {
    /// Read and plan.
    pub(super) fn open(asked: &Asked<'_>, ruling: &Ruling, console: &mut Console) -> anyhow::Result<Self> {
        asked.check(console)?;
        if asked.has_files() && !asked.is_live() && asked.objects.words.is_empty() {
            return Ok(Self::Files(Box::new(Session::open(asked.sources(), ruling, console)?)));
        }
        #[cfg(feature = "cluster")]
        return Ok(Self::Live(Box::new(LiveSession::open(asked, ruling, console)?)));
        #[cfg(not(feature = "cluster"))]
        Err(super::UsageError(
            "this build knows no clusters: name manifests with -f FILE, -f DIRECTORY, -k DIRECTORY, or -f -".to_owned(),
        )
        .into())
    }

    /// The run itself.
    pub(super) fn session(&self) -> &Session {
        match self {
            Self::Files(session) => session,
            #[cfg(feature = "cluster")]
            Self::Live(live) => &live.session,
        }
    }

    /// The run itself, to be changed.
    pub(super) fn session_mut(&mut self) -> &mut Session {
        match self {
            Self::Files(session) => session,
            #[cfg(feature = "cluster")]
            Self::Live(live) => &mut live.session,
        }
    }
}
