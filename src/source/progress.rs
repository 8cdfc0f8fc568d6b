//! A line that says how far a long run is: only on a terminal, only after a second, gone at the end.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a run may take before it says anything.
const PATIENCE: Duration = Duration::from_secs(1);
/// The least time between two drawings.
const PACE: Duration = Duration::from_millis(100);

/// How far a run is. Shared by all threads that work on it.
pub struct Progress {
    total: AtomicUsize,
    done: AtomicUsize,
    patience: Duration,
    begun: Instant,
    line: Option<Mutex<Line>>,
}

struct Line {
    out: Box<dyn Write + Send>,
    /// When it was drawn last, and how wide it is on the screen.
    drawn: Option<(Instant, usize)>,
}

impl Progress {
    /// On standard error if that is a terminal, else nowhere.
    pub fn on_stderr() -> Self {
        let stderr = std::io::stderr();
        match stderr.is_terminal() {
            true => Self::to(Some(Box::new(stderr)), PATIENCE),
            false => Self::hidden(),
        }
    }

    /// Nowhere.
    pub fn hidden() -> Self {
        Self::to(None, PATIENCE)
    }

    fn to(out: Option<Box<dyn Write + Send>>, patience: Duration) -> Self {
        let line = out.map(|out| Mutex::new(Line { out, drawn: None }));
        Self { total: AtomicUsize::new(0), done: AtomicUsize::new(0), patience, begun: Instant::now(), line }
    }

    /// Begin to count up to `total`.
    pub fn expect(&self, total: usize) {
        self.total.store(total, Relaxed);
        self.done.store(0, Relaxed);
    }

    /// One more is done.
    pub fn tick(&self) {
        let done = self.done.fetch_add(1, Relaxed) + 1;
        let Some(line) = &self.line else { return };
        if self.begun.elapsed() < self.patience {
            return;
        }
        // Whoever finds another thread drawing need not draw as well.
        let Ok(mut line) = line.try_lock() else { return };
        if line.drawn.is_none_or(|(when, _)| when.elapsed() >= PACE) {
            line.draw(&format!("{done} of {} files", self.total.load(Relaxed)));
        }
    }

    /// Take the line away, if there is one. Also happens on drop.
    pub fn finish(&self) {
        if let Some(line) = &self.line {
            line.lock().unwrap_or_else(PoisonError::into_inner).erase();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Line {
    fn draw(&mut self, text: &str) {
        // Blanks over what is longer on the screen: no escape sequence, so any terminal will do.
        let before = self.drawn.map_or(0, |(_, width)| width);
        self.write(&format!("\r{text:before$}"));
        self.drawn = Some((Instant::now(), text.len()));
    }

    fn erase(&mut self) {
        if let Some((_, width)) = self.drawn.take() {
            self.write(&format!("\r{:width$}\r", ""));
        }
    }

    fn write(&mut self, text: &str) {
        // A terminal that has gone away is no reason to stop working.
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn run(patience: Duration) -> String {
        let screen = Screen::default();
        let progress = Progress::to(Some(Box::new(screen.clone())), patience);
        progress.expect(20);
        progress.tick();
        progress.tick();
        drop(progress);
        let bytes = screen.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_quick_run_says_nothing() {
        assert_eq!(run(Duration::from_secs(60)), "");
    }

    #[test]
    fn a_long_run_is_told_at_a_pace_and_the_line_is_gone_at_the_end() {
        assert_eq!(run(Duration::ZERO), "\r1 of 20 files\r             \r");
    }
}
