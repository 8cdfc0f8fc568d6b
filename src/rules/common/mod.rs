//! What several rules share: what speaks for the use of the API, the two shapes of a security context that need more than one field to judge or to mend, and
//! the level at which a field is written.

pub(super) mod api;
pub(super) mod capability;
pub(super) mod choice;
pub(super) mod companions;
pub(super) mod confinement;
pub(super) mod extraction;
pub(super) mod image;
pub(super) mod kustomized;
pub(crate) mod mounting;
pub(super) mod naming;
pub(super) mod node_path;
pub(super) mod pinning;
pub(super) mod place;
pub(super) mod reference;
pub(super) mod secret_files;
pub(super) mod secret_variables;
pub(super) mod sharing;
pub(super) mod sightings;
pub(super) mod updater;
