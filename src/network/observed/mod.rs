//! Flows that somebody observed, as evidence of what has to pass.
//!
//! A [`Reader`] takes the lines of one listing, finds its format by its first line, and adds up what it says, so that memory
//! grows with what talks to what and not with the listing. A [`Roster`] says who is behind a name or an address. Whatever does
//! not count as a need is counted by its reason ([`LeftOut`]); what cannot be read is an error, never skipped.
//!
//! The formats, and where they are described:
//! - rows of CSV or JSON objects, by the names of their columns (`columns.yaml`): one's own, Calico's flow logs
//!   (docs.tigera.io, "Flow log data types") and those of NetObserv (docs.okd.io, "Network flows format reference");
//! - Hubble's JSON, one object a line (`api/v1/flow/flow.proto` of Cilium);
//! - listings of connection tracking (`conntrack -L`, `conntrack -E`, `/proc/net/nf_conntrack`).

mod book;
mod columns;
mod conntrack;
mod csv;
mod cut;
mod hubble;
mod pods;
mod reader;
mod record;
mod roster;
mod rows;
mod spot;
mod tally;

pub use cut::{Cut, Judged, cut};
pub use reader::Reader;
pub use record::LeftOut;
pub use roster::Roster;
pub use spot::Spot;
pub use tally::{Listing, Observed, Pair};
