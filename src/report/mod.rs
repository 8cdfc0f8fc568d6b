//! What people and machines read: one file a format, made from the plan and the texts it is about.
//!
//! Pure: a [`Run`] goes in, text comes out. Colour is known here only (a [`Palette`]); whether a stream takes colour
//! is decided where it is opened. All text from outside goes through [`shown`] on its way out.

#[cfg(feature = "cluster")]
pub mod applying;
#[cfg(feature = "cluster")]
mod diagnosis;
mod diff_name;
mod escape;
mod exception;
mod human;
mod image;
mod json;
#[cfg(feature = "cluster")]
mod live_change;
mod mask;
pub mod network;
mod notes;
#[cfg(feature = "cluster")]
mod owners;
mod page;
mod palette;
pub mod phrase;
mod profile;
#[cfg(feature = "cluster")]
pub mod recorded;
mod remains;
mod snippet;
mod stale;
mod steps;
mod subject;
mod summary;
mod table;
mod tally;
mod unified;

#[cfg(feature = "cluster")]
pub use diagnosis::diagnosis;
pub use diff_name::diff_name;
pub use escape::{lines_shown, shown};
pub use human::findings as human;
pub use image::{image, image_json};
pub use json::{report as json, schema as json_schema};
#[cfg(feature = "cluster")]
pub use live_change::{change, place};
pub use mask::{LazyMask, Mask};
pub use notes::{Notes, sections};
#[cfg(feature = "cluster")]
pub use owners::{Changing, elsewhere, owners};
pub use page::Page;
pub use palette::Palette;
pub use profile::profile;
pub use stale::stale;
pub use subject::{Aside, AsideSort, File, Run, Told};
pub use summary::{
    Tense, aside, changes as summary_of_changes, findings as summary_of_findings, masks as summary_of_masks,
};
pub use table::{aligned, findings as table, names};
pub use tally::Tally;
pub use unified::{Drawn, Patch, Reader, unified};

#[cfg(test)]
mod tests;
