//! Secrets that stand in plain text: which values are some, told by their names and by their shapes.
//!
//! [`look`] goes through a value (an object, a part of one) and gives the places; [`in_text`] does so with a text, such as
//! a file in a ConfigMap or a script; [`redact`] and [`redacted`] take the secrets out. What counts is data: `words.yaml`.

mod concealed;
mod judge;
mod look;
mod name;
mod redact;
mod shape;
mod sheet;
mod text;
mod words;

pub use concealed::Concealed;
pub use look::{Sight, look, may_hold};
pub use redact::{redact, redacted};
pub use sheet::{ORIGIN, SecretValue, with_values};
pub use text::{Hit, in_text};

use std::fmt;

/// What stands in the place of a secret.
pub const MASK: &str = "***";

/// Why a value counts as a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The name it stands under.
    Name,
    /// The name, and it is a password that is tried first.
    Known,
    /// The value has the shape of this.
    Shape(&'static str),
    /// An address with user and password.
    Login,
    /// A long random value.
    Random,
    /// It stands in a Secret.
    Secret,
}

impl fmt::Display for Why {
    /// What tells the secret: `its name`, `the shape of a GitHub token`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => out.write_str("its name"),
            Self::Known => out.write_str("its name, and the value is one that is tried first"),
            Self::Shape(what) => write!(out, "the shape of {what}"),
            Self::Login => out.write_str("a password in an address"),
            Self::Random => out.write_str("a long random value"),
            Self::Secret => out.write_str("the kind of the object"),
        }
    }
}
