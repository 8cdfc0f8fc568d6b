//! Colour, which here is meaning only: every report reads well without it.

use crate::rules::{Risk, Severity};
use anstyle::{AnsiColor, Style};

/// The styles of one output stream; all empty where there is no colour.
#[derive(Debug, Clone, Copy, Default)]
pub struct Palette {
    /// A heading.
    pub strong: Style,
    /// Reasons and other asides.
    pub dim: Style,
    /// Removed, refused, severe.
    pub red: Style,
    /// Added, done.
    pub green: Style,
    /// Risk, warnings.
    pub yellow: Style,
    /// Places.
    pub cyan: Style,
}

impl Palette {
    /// The palette of a stream that takes colour, or of one that does not.
    pub fn new(coloured: bool) -> Self {
        if !coloured {
            return Self::default();
        }
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        Self {
            strong: Style::new().bold(),
            dim: Style::new().dimmed(),
            red: colour(AnsiColor::Red),
            green: colour(AnsiColor::Green),
            yellow: colour(AnsiColor::Yellow),
            cyan: colour(AnsiColor::Cyan),
        }
    }

    /// How a severity looks.
    pub fn severity(&self, severity: Severity) -> Style {
        let style = if severity >= Severity::High { self.red } else { self.yellow };
        if style == Style::new() { style } else { style.bold() }
    }

    /// How a risk looks.
    pub fn risk(&self, risk: Risk) -> Style {
        match risk {
            Risk::Safe => self.green,
            Risk::Likely => Style::new(),
            Risk::Unproven => self.yellow,
            Risk::Breaking => self.red,
        }
    }
}
