//! The graph as a picture that needs nothing else: no script, no font, no file beside it.
//!
//! Who calls stands left of whom it calls, each namespace is a box, and flows to the same ports of a node become one arrow that
//! says which ports. Of one graph it is always the same picture.

mod bundle;
mod draw;
mod level;
mod mesh;
mod page;
mod place;
mod rank;
mod scene;
mod size;
mod text;

pub use page::svg;
