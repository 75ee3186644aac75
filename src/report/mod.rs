//! One self-contained HTML page per case: the answer, the variants side by side, and the way from a slow bar to the
//! frame that made it slow.
//!
//! What a variant's page needs is gathered into `data`, a struct of columns that becomes JSON, is compressed and
//! embedded as text (`pack`); [`page()`] writes the HTML around it, with what can be read without a script. The
//! scripts beside this file unpack a variant when it is looked at, and draw.
//!
//! A page embeds at most [`FRAMES`] frames, those that matter first (`choice`), and says what it left out. Of a
//! frame it has the headers and the first bytes of what they carry, never whole payloads.

mod answer;
mod choice;
mod compare;
mod data;
mod fields;
mod frames;
mod pack;
mod page;
mod sockets;
mod steps;
mod strings;
mod time;

pub use page::page;

use crate::measure::CaseResult;
use crate::record::Recording;

/// How many frames a page embeds at most, of all its variants together.
pub const FRAMES: usize = 20_000;

/// A variant as its case's page shows it.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The figures.
    result: CaseResult,
    /// What happens in it, in one line.
    about: String,
    /// The rest, compressed.
    packed: String,
}

impl Variant {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.result.variant
    }

    /// Gathers what the page shows of a run. `about` says what happens in the variant, and `frames` how many of them
    /// may be embedded: [`FRAMES`] over the number of variants on the page.
    pub fn of(recording: &Recording, result: &CaseResult, about: &str, frames: usize) -> Self {
        let data = data::Data::of(recording, result, frames);
        Self {
            result: result.clone(),
            about: about.to_owned(),
            packed: pack::pack(&data),
        }
    }
}

#[cfg(test)]
mod tests;
