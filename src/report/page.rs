//! What a text for people is laid out for: the colours and the columns of a stream.

use super::Palette;

/// The columns of a page whose stream tells none.
const WIDTH: usize = 80;
/// Lines longer than this are hard to read, however wide the window.
const WIDEST: usize = 120;
/// No layout fits fewer columns; the terminal breaks the lines then.
const NARROWEST: usize = 40;

/// Where a text for people is going.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its colours.
    pub palette: Palette,
    /// Its columns, within what reads well.
    pub width: usize,
}

impl Page {
    /// A page of so many columns.
    pub fn new(palette: Palette, width: usize) -> Self {
        Self { palette, width: width.clamp(NARROWEST, WIDEST) }
    }
}

impl Default for Page {
    /// Without colour, 80 columns wide.
    fn default() -> Self {
        Self::new(Palette::default(), WIDTH)
    }
}
