//! Quantities as people write them: instants and spans of virtual time, bytes, bit rates, chances.
//!
//! Every quantity of the lab has a type here, so that a number never travels without its unit. All are
//! integers, so that every platform computes the same bytes. Parsing follows tc-netem's spelling
//! (`150ms`, `10mbit`, `1%`). This module does not know what is measured with its units.

mod amount;
mod parse;
mod time;

pub use amount::{BitRate, Bytes, Percent};
pub use parse::ParseUnitError;
pub use time::{EPOCH, SimTime, Span, from_smoltcp, to_smoltcp};

#[cfg(test)]
mod tests;
