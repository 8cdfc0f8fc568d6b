//! NetworkPolicies: who may talk to whom.
//!
//! [`World`] is every object of a run that says something about traffic; [`Connections`] is what may pass between two peers.

mod addresses;
mod connections;
mod ports;
mod protocol;
pub mod world;

pub use addresses::{AddressError, Family, IpRange};
pub use connections::Connections;
pub use ports::{PortRange, PortSet};
pub use protocol::Protocol;
pub use world::World;

mod directory;
mod evidence;
