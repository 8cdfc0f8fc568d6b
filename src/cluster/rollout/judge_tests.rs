//! States as a cluster shows them, one after the other.

use super::*;
