//! The room `source` from outside: what is read, what is refused, and how a text gets back into its file.

// Tests stop at the first surprise, and say on standard output what they skip.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout)]

mod fixture;
mod gather;
mod hostile;
mod programs;
#[cfg(unix)]
mod replace;
#[cfg(unix)]
mod signal;
mod url;
mod walk;
