//! Pictures: a [`Recording`](crate::record::Recording) or a table of results becomes a [`Figure`], a figure
//! becomes SVG or PNG bytes.
//!
//! [`ladder()`] draws frames between hosts, [`comparison()`] the variants of a case beside their formulas,
//! [`waterfall()`] the requests of a page, [`sequence()`] a connection's bytes over time, [`account()`] what the time of
//! each variant was spent on. All compute a layout first, a list of shapes with integer coordinates, which tests can measure; plotters
//! draws it. Nothing here opens a file, and no system font decides a byte.

mod account;
mod accuracy;
mod bands;
mod comparison;
mod diagnosis;
mod distribution;
mod draw;
mod figure;
mod font;
mod heat_map;
mod ladder;
mod losses;
mod output;
mod restyle;
mod scale;
mod sequence;
mod stack;
mod steps;
mod theme;
mod waterfall;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use account::account;
pub use accuracy::accuracy;
pub use bands::bands;
pub use comparison::comparison;
pub use diagnosis::diagnosis;
pub use distribution::distribution;
pub use figure::Figure;
pub use heat_map::heat_map;
pub use ladder::{MOST_FRAMES, conversation_ladder, ladder};
pub use losses::losses;
pub use sequence::{conversation_sequence, sequence};
pub use theme::Theme;
pub use waterfall::{MOST_ROWS, waterfall};
