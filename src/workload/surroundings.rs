//! What a pod template is looked at with: the Kubernetes version, the images, the neighbours.

use super::{Minor, Neighbours};
use crate::image::Images;

/// What is known around the pods of one object.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'w> {
    /// The Kubernetes version that a verdict is for.
    pub kubernetes: Minor,
    /// The namespace the object states.
    pub namespace: Option<&'w str>,
    /// What is known of images.
    pub images: &'w Images,
    /// The other objects of the run.
    pub neighbours: &'w Neighbours,
}
