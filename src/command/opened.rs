//! A run over manifests or over live objects: the same from here on.

use super::words::Asked;
use super::{Console, Exit, Session};
use crate::cli::Ruling;

#[cfg(feature = "cluster")]
use super::live::LiveSession;

/// What a build without clusters says to who asks for one.
#[cfg(not(feature = "cluster"))]
pub(super) const NO_CLUSTERS: &str =
    "this build knows no clusters: name manifests with -f FILE, -f DIRECTORY, -k DIRECTORY, or -f -";

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
        Err(super::UsageError(NO_CLUSTERS.to_owned()).into())
    }

    /// The run itself.
    pub(super) fn session(&self) -> &Session {
        match self {
            Self::Files(session) => session,
            #[cfg(feature = "cluster")]
            Self::Live(live) => &live.session,
        }
    }

    /// Whether any of the planned changes can be made where the objects are.
    pub(super) fn can_change(&self) -> bool {
        match self {
            Self::Files(_) => true,
            #[cfg(feature = "cluster")]
            Self::Live(live) => live.can_change(),
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

    /// Have the server say what it would make of the changes, for live objects. Gives who manages them and what becomes of
    /// the changes, for standard error.
    pub(super) fn try_out(&mut self, with_managers: bool, console: &mut Console) -> anyhow::Result<String> {
        let _ = (with_managers, &*console);
        match self {
            Self::Files(_) => Ok(String::new()),
            #[cfg(feature = "cluster")]
            Self::Live(live) => {
                let changing = live.try_out(with_managers, console)?;
                Ok(crate::report::owners(&changing, &console.err_page()))
            }
        }
    }

    /// Who manages the live objects that would change, in a line for the summary; empty where nobody else does.
    pub(super) fn managed_elsewhere(&self, console: &Console) -> String {
        let _ = console;
        match self {
            Self::Files(_) => String::new(),
            #[cfg(feature = "cluster")]
            Self::Live(live) => {
                let changing = live.changing();
                let managers = changing.iter().filter_map(|index| live.handles[*index].managed_by.as_deref());
                crate::report::elsewhere(managers, &console.err_page())
            }
        }
    }

    /// Have the user's own diff program show the changes of live objects; `None` where there is none.
    pub(super) fn show_outside(&self, console: &mut Console) -> anyhow::Result<Option<Exit>> {
        let _ = &*console;
        match self {
            Self::Files(_) => Ok(None),
            #[cfg(feature = "cluster")]
            Self::Live(live) => match super::external_diff::Program::of_environment() {
                Some(program) => live.show_outside(&program, console).map(Some),
                None => Ok(None),
            },
        }
    }
}
