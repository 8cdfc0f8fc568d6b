//! What several rules share: the two shapes of a security context that need more than one field to judge or to mend, and
//! the level at which a field is written.

pub(super) mod capability;
pub(super) mod choice;
pub(super) mod companions;
pub(super) mod confinement;
pub(super) mod extraction;
pub(super) mod image;
pub(super) mod mounting;
pub(super) mod place;
pub(super) mod sharing;
pub(super) mod sightings;
