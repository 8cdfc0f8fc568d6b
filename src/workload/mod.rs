//! What an object is: its identity, the pod templates inside it, their containers.

mod api_signs;
mod container;
mod field;
mod flux;
mod group;
mod kinds;
mod labels;
mod minor;
mod neighbours;
mod network_needs;
mod object;
mod pod;
mod pointer;
mod retired;
mod surroundings;
mod volume;
mod whole;
mod world;

pub use api_signs::ApiSign;
pub use container::{Container, List};
pub use field::Field;
pub use group::Ungrouped;
pub use kinds::{KindRow, KindTable};
pub use labels::{is_empty as is_empty_selector, selector_of, selects};
pub use minor::Minor;
pub use neighbours::{
    Claim, Grant, GroupPolicy, ImageEntry, KUSTOMIZE, Kustomization, Listed, Neighbour, Neighbours, Persistent,
    Service, Through,
};
pub use network_needs::{NeededField, NetworkMend, NetworkNeed, NetworkNeeds, PolicyFile};
pub use object::{Identity, Object};
pub use pod::Pod;
pub use pointer::{escape, lookup, lookup_mut};
pub use retired::{Exchange, Retired, Successor};
pub use surroundings::Surroundings;
pub use volume::{Mount, Volume};
pub use whole::Whole;
pub use world::World;
