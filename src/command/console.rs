//! The one place that prints: data to standard output, talk to standard error.

use super::{Exit, UsageError};
use crate::cli::{ColorWhen, Invocation, Stop, Talk};
use crate::report::phrase::clipped;
use crate::report::{Page, Palette, lines_shown};
use anyhow::Context;
use std::collections::BTreeSet;
use std::io::{BufWriter, ErrorKind, IsTerminal, Stdout, Write};

/// Columns of a window that does not say how wide it is.
const WIDTH: usize = 80;

/// The two streams of a run and how each is written to.
pub(super) struct Console {
    /// How the user calls this command.
    pub(super) name: String,
    /// How much to say.
    pub(super) talk: Talk,
    /// Colour for standard output.
    pub(super) out_palette: Palette,
    /// Colour for standard error.
    pub(super) err_palette: Palette,
    /// Whether a person reads standard output: a terminal, or colour was asked for.
    pub(super) for_eyes: bool,
    out: BufWriter<Stdout>,
    /// Whether standard error is a terminal: a line of progress can be drawn over there.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code))] // The verbs that change a cluster use it.
    err_terminal: bool,
    /// The columns of the line of progress that stands there now.
    drawn: usize,
    /// The reader of standard output went away, as `head` does. The work goes on, the printing does not.
    closed: bool,
    warned: BTreeSet<String>,
}

impl Console {
    /// The console for a run.
    pub(super) fn new(invocation: &Invocation) -> Self {
        let wish = invocation.talk.color;
        let out_terminal = std::io::stdout().is_terminal();
        let err_terminal = std::io::stderr().is_terminal();
        Self {
            name: invocation.name.clone(),
            talk: invocation.talk.clone(),
            out_palette: Palette::new(takes_colour(wish, out_terminal)),
            err_palette: Palette::new(takes_colour(wish, err_terminal)),
            for_eyes: out_terminal || wish == ColorWhen::Always,
            out: BufWriter::new(std::io::stdout()),
            err_terminal,
            drawn: 0,
            closed: false,
            warned: BTreeSet::new(),
        }
    }

    /// The width of the window.
    pub(super) fn width() -> usize {
        terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0))
    }

    /// What is laid out for standard output.
    pub(super) fn out_page(&self) -> Page {
        Page::new(self.out_palette, Self::width())
    }

    /// What is laid out for standard error.
    pub(super) fn err_page(&self) -> Page {
        Page::new(self.err_palette, Self::width())
    }

    /// Print data.
    pub(super) fn data(&mut self, text: &str) -> anyhow::Result<()> {
        if self.closed {
            return Ok(());
        }
        if self.drawn > 0 {
            self.tell("");
        }
        let written = self.out.write_all(text.as_bytes());
        self.settle(written)
    }

    /// Print what is still held back.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        if self.closed {
            return Ok(());
        }
        let written = self.out.flush();
        self.settle(written)
    }

    fn settle(&mut self, written: std::io::Result<()>) -> anyhow::Result<()> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other.context("cannot write to standard output"),
        }
    }

    /// Say what a run comes to. On a terminal an empty line parts it from the `data` above it.
    pub(super) fn sum_up(&mut self, data: bool, text: &str) {
        let gap = if data && self.for_eyes { "\n" } else { "" };
        self.say(&format!("{gap}{text}"));
    }

    /// Say something, unless the run is to be quiet. `text` is harmless and ends in a line break.
    pub(super) fn say(&mut self, text: &str) {
        if !self.talk.quiet {
            self.tell(text);
        }
    }

    /// Say one sentence that may hold what a server said.
    #[cfg(feature = "cluster")]
    pub(super) fn note(&mut self, text: &str) {
        self.say(&format!("{}\n", lines_shown(text)));
    }

    /// Warn, each text once.
    pub(super) fn warn(&mut self, text: &str) {
        if self.warned.insert(text.to_owned()) {
            let yellow = self.err_palette.yellow;
            self.tell(&format!("{yellow}Warning:{yellow:#} {}\n", lines_shown(text)));
        }
    }

    /// Report an error that does not end the run.
    pub(super) fn error(&mut self, text: &str) {
        let red = self.err_palette.red;
        let shown = lines_shown(text);
        match stands_alone(text) {
            true => self.tell(&format!("{shown}\n")),
            false => self.tell(&format!("{red}error:{red:#} {shown}\n")),
        }
    }

    /// Who tells, as it happens, that a request is sent again; `None` unless the run is to say more.
    #[cfg(feature = "cluster")]
    pub(super) fn retries(&self) -> Option<impl Fn(&str) + Send + Sync + 'static> {
        self.talk.verbose.then_some(|text: &str| {
            let _ = std::io::stderr().write_all(format!("  {}\n", lines_shown(text)).as_bytes());
        })
    }

    /// Report the error that ends the run.
    pub(super) fn fail(&mut self, error: &anyhow::Error, verb: &str) {
        self.error(&error.to_string());
        if self.talk.verbose {
            let causes: Vec<String> = error.chain().skip(1).map(|cause| format!("  because: {cause}\n")).collect();
            self.tell(&lines_shown(&causes.concat()));
        } else if let Some(cause) = error.chain().skip(1).last() {
            self.tell(&format!("  {}\n", lines_shown(&cause.to_string())));
        }
        if error.is::<UsageError>() {
            self.tell(&format!("See '{} {verb} -h' for help and examples\n", self.name));
        }
    }

    /// Say how far it is: a line that the next one is drawn over, or, in a log, a line of its own. `text` is harmless and
    /// has no line break.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code))] // The verbs that change a cluster use it.
    pub(super) fn progress(&mut self, text: &str) {
        if self.talk.quiet {
            return;
        }
        if !self.err_terminal {
            return self.tell(&format!("{text}\n"));
        }
        let text = clipped(text, Self::width().saturating_sub(1));
        let (before, now) = (self.drawn, text.chars().count());
        let _ = self.finish();
        let mut stderr = std::io::stderr();
        // Blanks over what is longer on the screen: no escape sequence, so any terminal will do.
        let _ = stderr.write_all(format!("\r{text:before$}").as_bytes()).and_then(|()| stderr.flush());
        self.drawn = now;
    }

    /// Show what was asked for, or what nobody may miss, however little the run is to say. `text` is harmless and ends in a
    /// line break.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code))] // The verbs that change a cluster use it.
    pub(super) fn show(&mut self, text: &str) {
        self.tell(text);
    }

    /// Whether a line of progress is drawn over by the next one.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code))] // The verbs that change a cluster use it.
    pub(super) fn redraws(&self) -> bool {
        self.err_terminal
    }

    /// Ask a person, whatever the run is told to say. `None` where there is none: standard input or standard error is no
    /// terminal. An end of the input is an empty answer.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code))] // The verbs that change a cluster use it.
    pub(super) fn ask(&mut self, question: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        self.tell(question);
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line) {
            Ok(0) | Err(_) => self.tell("\n"),
            Ok(_) => {}
        }
        Some(line.trim().to_owned())
    }

    /// Whether there is a person to ask.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code))] // The verbs that change a cluster use it.
    pub(super) fn can_ask(&self) -> bool {
        self.err_terminal && std::io::stdin().is_terminal()
    }

    /// Write to standard error, after all data that came before, in the place of a line of progress. If nobody listens there
    /// is nobody to tell.
    fn tell(&mut self, text: &str) {
        let _ = self.finish();
        let blank = match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            drawn => format!("\r{:drawn$}\r", ""),
        };
        let _ = std::io::stderr().write_all(format!("{blank}{text}").as_bytes());
    }

    /// Print help, the version or a usage error.
    pub(super) fn stop(stop: &Stop) -> Exit {
        if stop.error {
            let _ = std::io::stderr().write_all(stop.text.as_bytes());
            return Exit::Failed;
        }
        match std::io::stdout().write_all(stop.text.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Exit::Failed,
            _ => Exit::Done,
        }
    }
}

/// Whether it is one of kubectl's sentences about a server: those bear no prefix.
fn stands_alone(text: &str) -> bool {
    let openings = [
        "Error from server",
        "Error in configuration: ",
        "The connection to the server ",
        "The request is invalid",
        "Unable to connect to the server: ",
    ];
    openings.iter().any(|opening| text.starts_with(opening))
        || (text.starts_with("The ") && text.contains("\" is invalid"))
}

/// Colour on a terminal that can and wants. `NO_COLOR` counts by its presence, as in kubectl, and a console of Windows
/// can when it is Windows Terminal.
fn takes_colour(wish: ColorWhen, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some();
    match wish {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            terminal
                && !set("NO_COLOR")
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
                && (!cfg!(windows) || set("WT_SESSION"))
        }
    }
}
