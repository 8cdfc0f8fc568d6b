//! NetworkPolicies: who may talk to whom.
//!
//! [`World`] is every object of a run that says something about traffic; [`Policies`](policy::Policies) are those among
//! them that decide, and [`Evaluator`](evaluate::Evaluator) tells which [`Connections`] may pass between two [`Peer`]s.

mod addresses;
mod connections;
pub mod difference;
pub mod dressing;
pub mod evaluate;
pub mod lint;
mod peer;
pub mod policy;
mod ports;
mod protocol;
pub mod question;
pub mod world;

pub use addresses::{AddressError, Family, IpRange};
pub use connections::Connections;
pub use peer::{MadePod, Peer};
pub use ports::{PortRange, PortSet};
pub use proposal::{Proposal, propose, renewed};
pub use protocol::Protocol;
pub use run::Run;
pub use world::World;

mod api_server;
mod directory;
mod endpoints;
mod evidence;
mod exposure;
pub mod flow;
mod hidden;
pub mod known;
pub mod observed;
mod proposal;
mod run;
pub mod synthesis;
mod targets;
