//! Ctrl-C: no half file, no litter, exit code 130.
//!
//! Every temporary file is noted here when it is made. The handler removes what is left of them and ends the process,
//! but waits for whoever [`hold`]s: so a file is either not yet renamed or wholly in its place, and a set that must be
//! written together is.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The temporary files and folders of this process. None is ever taken out: to remove one that has been renamed does no harm,
/// since its random name does not come again.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static ENDING: AtomicBool = AtomicBool::new(false);
/// What is said when the end comes now.
static LAST_WORDS: Mutex<String> = Mutex::new(String::new());

/// The exit code of a process ended by Ctrl-C, as shells report it.
const EXIT_CODE: i32 = 130;

/// Holds off the end of the process.
pub(super) type Held = MutexGuard<'static, Vec<PathBuf>>;

/// From now on SIGINT, SIGTERM, SIGHUP (or Ctrl-C on Windows) end the process cleanly. Once per process.
pub fn install() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        ENDING.store(true, SeqCst);
        for path in lock().iter() {
            // Most have been renamed long ago.
            let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        }
        let words = LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let _ = std::io::stderr().write_all(words.as_bytes());
        std::process::exit(EXIT_CODE);
    })
}

/// What to say on standard error, should the process be ended from now on: what goes on without it. Harmless text that ends
/// in a line break; empty for nothing.
pub fn last_words(words: String) {
    *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) = words;
}

/// Have a temporary folder removed with all that is in it, should the process be ended.
pub fn note(folder: &Path) {
    hold().push(folder.to_owned());
}

/// Keep the process from ending until the guard is dropped. Does not return once the end has begun.
pub(super) fn hold() -> Held {
    while ENDING.load(SeqCst) {
        std::thread::park();
    }
    lock()
}

fn lock() -> Held {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}
