//! What an object is looked at with: the Kubernetes version, the images, the neighbours.

use super::{Identity, Minor, Neighbours, NetworkNeeds, Object};
use crate::image::Images;
use crate::resources::Recommendations;

/// What is known around one object.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'w> {
    /// The Kubernetes version that a verdict is for.
    pub kubernetes: Minor,
    /// Who the object is; `None` for a pod that stands in none.
    pub identity: Option<&'w Identity>,
    /// The object itself and where it stands; `None` where it stands in no manifest.
    pub object: Option<&'w Object>,
    /// What is known of images.
    pub images: &'w Images,
    /// The other objects of the run.
    pub neighbours: &'w Neighbours,
    /// What sources say that containers need.
    pub recommendations: &'w Recommendations,
    /// What the NetworkPolicies of the run lack.
    pub network: &'w NetworkNeeds,
}

impl<'w> Surroundings<'w> {
    /// The namespace the object states.
    pub fn namespace(&self) -> Option<&'w str> {
        self.identity?.namespace.as_deref()
    }
}
