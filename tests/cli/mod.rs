//! What belongs here: claims about the program as it is used, by running it.

mod diagnose;
mod explain;
mod misuse;
mod program;
mod results;
mod scratch;
mod sizes;
mod texts;
mod traces;

pub(crate) use program::wirelab;
pub(crate) use scratch::Scratch;
